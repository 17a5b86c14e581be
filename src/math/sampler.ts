// Noise words for the pure functions.

import { Random } from "../base/random.js";
import { aliasTable } from "./alias.js";
import { power } from "./power.js";

/** Draws the K noise words of a prediction. */
export type NegativeSampler = (outsideIndex: number) => number[];

/**
 * A sampler of noise words with P(w) ∝ count_w^0.75, never the true word, which is drawn again (004, getNegativeSamples).
 * The same seed gives the same words on every machine.
 * @param counts of the words; at least two above 0
 * @param negatives K
 * @param seed integer from 0
 * @param exponent of the counts. Default 0.75
 * @throws RangeError if fewer than two counts are above 0
 */
export function negativeSampler(
  counts: ArrayLike<number>,
  negatives: number,
  seed: number,
  exponent = 0.75,
): NegativeSampler {
  const weights = Float64Array.from(counts, (count) => power(count, exponent));
  if (weights.filter((weight) => weight > 0).length < 2)
    throw new RangeError('"counts" expected at least two above 0: a noise word must differ from the true word');
  const { thresholds, aliases } = aliasTable(weights);
  const random = Random.from(seed, 0);
  const draw = () => {
    const cell = random.below(counts.length);
    return random.next() < thresholds[cell] ? cell : aliases[cell];
  };
  return (outsideIndex) =>
    Array.from({ length: negatives }, () => {
      for (;;) {
        const word = draw();
        if (word !== outsideIndex) return word;
      }
    });
}
