// Vectors in groups, as those of words are: 50 centres, and noise around them.

import { createVectors, type WordVectors } from "wasm2vec";
import { Random } from "../../src/base/random";

/** Words w0, w1 …; the same for the same sizes. */
export function grouped(size: number, dim: number): Promise<WordVectors> {
  const random = Random.from(3, 0);
  const draw = () => Float32Array.from({ length: dim }, () => random.next() / 2 ** 32 - 0.5);
  const centres = Array.from({ length: 50 }, draw);
  const rows = Array.from({ length: size }, (_, i) => draw().map((value, d) => value + centres[i % 50][d]));
  const words = rows.map((_, i) => `w${i}`);
  return createVectors(words, dim, Float32Array.from(rows.flatMap((row) => [...row])));
}
