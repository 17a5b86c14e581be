// A cosine from + − × ÷ alone, so that every engine gives the same bits: Math.cos differs between engines in the last place.

/** (1 + cos πx) / 2 for x from 0 to 1: from 1 down to 0. Absolute error below 1e-15. */
export function halfCosine(x: number): number {
  // cos πx = −sin π(x − ½), whose angle is at most π/2: its term t^23 / 23! is below 2e-18
  const t = Math.PI * (x - 0.5);
  const square = t * t;
  let sum = 1;
  for (let k = 20; k >= 2; k -= 2) sum = 1 - (square / (k * (k + 1))) * sum;
  return (1 - t * sum) / 2;
}
