/** The alias table of a distribution. To draw: choose a cell i, then take i if a u32 is below thresholds[i], else aliases[i]. */
export interface AliasTable {
  thresholds: Uint32Array;
  aliases: Uint32Array;
}

/** Quanta of a full cell. */
const FULL = 2 ** 32;

/**
 * Builds the table in linear time (Walker 1977; Vose 1991). The weights are first rounded to whole quanta that fill n cells of 2^32
 * exactly, then divided in integers. So the table draws the rounded weights exactly (for n ≤ 2^21, where n × 2^32 is an exact
 * double). Rounding changes each weight by at most 2^-32 of a cell.
 * @param weights finite, ≥ 0, at least one above 0
 */
export function aliasTable(weights: Float64Array): AliasTable {
  const n = weights.length;
  const quanta = toQuanta(weights);
  const thresholds = new Uint32Array(n);
  const aliases = new Uint32Array(n);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = n - 1; i >= 0; i--) (quanta[i] < FULL ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop()!;
    const rich = large[large.length - 1];
    thresholds[poor] = quanta[poor];
    aliases[poor] = rich;
    quanta[rich] -= FULL - quanta[poor];
    if (quanta[rich] < FULL) small.push(large.pop()!);
  }
  // full cells: both outcomes are the word itself
  for (const i of [...large, ...small]) {
    thresholds[i] = FULL - 1;
    aliases[i] = i;
  }
  return { thresholds, aliases };
}

/** Proportional integer weights with sum n × 2^32. The remainder of rounding down goes to the first words. */
function toQuanta(weights: Float64Array): Float64Array {
  const n = weights.length;
  let total = 0;
  for (const w of weights) total += w;
  const scale = (n / total) * FULL;
  const quanta = weights.map((w) => Math.floor(w * scale));
  let left = n * FULL;
  for (const q of quanta) left -= q;
  // the remainder is at most one quantum a word plus the error of the sum; the first word with weight takes it
  const first = weights.findIndex((w) => w > 0);
  quanta[first] += left;
  return quanta;
}
