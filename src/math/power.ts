// log, exp and power from + − × ÷ alone, so that every engine gives the same bits: Math.log, exp and pow differ
// between engines in the last place. Relative error below 1e-14, for expMinusAbs 1e-8.

const { LN2 } = Math;

/** Natural logarithm of a finite x > 0. */
export function log(x: number): number {
  // x = m 2^e with √½ ≤ m < √2, log m = 2 artanh((m − 1) / (m + 1))
  let exponent = 0;
  while (x >= 4294967296) {
    x /= 4294967296;
    exponent += 32;
  }
  while (x < 1 / 4294967296) {
    x *= 4294967296;
    exponent -= 32;
  }
  while (x >= Math.SQRT2) {
    x /= 2;
    exponent++;
  }
  while (x < Math.SQRT1_2) {
    x *= 2;
    exponent--;
  }
  const t = (x - 1) / (x + 1);
  const square = t * t;
  let sum = 0;
  // |t| ≤ 0.1716: t^21 / 21 is the last term above 1e-17
  for (let k = 21; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return exponent * LN2 + 2 * t * sum;
}

/** e^x for |x| ≤ 700. */
export function exp(x: number): number {
  // e^x = 2^n e^r, ln 2 in two parts so that n × the first is exact
  const n = Math.round(x / LN2);
  const r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10;
  let result = 1;
  for (let k = 18; k >= 1; k--) result = 1 + (result * r) / k;
  for (let k = 0; k < Math.abs(n); k++) result *= n > 0 ? 2 : 0.5;
  return result;
}

/** x^y for x ≥ 0 and |y log x| ≤ 700; exact for y = 0 and y = 1. 0^y is 0 for y < 0, too, so that words that never occur have no weight. */
export function power(x: number, y: number): number {
  if (y === 0) return 1;
  if (x === 0) return 0;
  return y === 1 ? x : exp(y * log(x));
}

/** 2^n for n = −126 … 0, at n + 126. */
const POWERS = Float64Array.from({ length: 127 }, (_, i) => 1 / Number(1n << BigInt(126 - i)));

/** e^−|z|, |z| limited to 87, with a relative error below 1e-8, for the kernels: (10.1) of docs/math.md. */
export function expMinusAbs(z: number): number {
  const a = z < -87 || z > 87 ? -87 : -Math.abs(z);
  const n = Math.round(a * Math.LOG2E);
  const r = a - n * Math.LN2;
  const p = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))));
  return p * POWERS[n + 126];
}
