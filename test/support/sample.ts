// A small text made from a seed, so that tests and the golden hash need no file: words in a few topics, by Zipf's law.

import { Random } from "../../src/base/random";

/** `sentences` sentences of 5 to 14 tokens over about 9 `ranks` words, the same for the same seed. */
export function sampleText(sentences: number, seed = 1, ranks = 25): string[][] {
  const random = Random.from(seed, 7);
  return Array.from({ length: sentences }, () => {
    const topic = random.below(8);
    return Array.from({ length: 5 + random.below(10) }, () => {
      const rank = Math.min(random.below(ranks), random.below(ranks));
      return random.below(4) === 0 ? `common${rank}` : `topic${topic}_${rank}`;
    });
  });
}
