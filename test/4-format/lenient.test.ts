// Lenient reading of vectors: rows that cannot be kept are skipped and counted, in every format.

import { describe, expect, it } from "vitest";
import { readVectors } from "../../src/format/vectors";
import { expectSound, npy, utf8 } from "../support/vector-files";

describe("lenient reading", () => {
  const floats = (...values: number[]) => new Uint8Array(Float32Array.of(...values).buffer);
  const { NaN: nan, POSITIVE_INFINITY: infinite } = Number;
  it.each<[string, string | Uint8Array, string[], [number, number, number], (readonly string[])?]>([
    ["word2vec-text", "6 2\na 1 2\n 3 4\nb nan 1\nc 1 -Inf\nd 1e39 1\ne 5 6\n", ["a", "e"], [0, 1, 3]],
    ["word2vec-text in the first row", "2 2\na NaN NaN\nb 1 2\n", ["b"], [0, 0, 1]],
    [
      "word2vec",
      Buffer.concat([utf8("3 2\na "), floats(1, nan), utf8("\n "), floats(1, 2), utf8("\nb "), floats(3, 4)]),
      ["b"],
      [0, 1, 1],
    ],
    ["glove", "a 1 2 3\n 4 5 6\nb nan 0 0\na 7 8 9\nc 1 2 3\n", ["a", "c"], [1, 1, 1]],
    ["glove in the first row", "a nan nan nan\nb 1 2 3\n", ["b"], [0, 0, 1]],
    ["tsv", "1\tnan\n2\t3\n4\t5\n", ["b"], [0, 1, 1], ["a", "b", ""]],
    ["json", '{"words": ["a", "b", "", "c"], "vectors": [[1, null], [1, 2], [1, 2], [1e300, 1]]}', ["b"], [0, 1, 2]],
    ["npy", Buffer.concat([npy("<f4", "2, 2"), floats(infinite, 1, 2, 3)]), ["b"], [0, 0, 1], ["a", "b"]],
  ])("%s: skips rows that are not finite or have no word", async (_, content, kept, counts, words) => {
    const bytes = typeof content === "string" ? utf8(content) : content;
    let told: unknown;
    const back = await readVectors([bytes], { words, lenient: true, onSkipped: (rows) => (told = rows) });
    expect(back.words).toEqual(kept);
    expectSound(back);
    const [repeated, empty, nonFinite] = counts;
    expect(told).toEqual({ repeated, empty, nonFinite });
    await expect(readVectors([bytes], { words })).rejects.toThrow(/: "lenient" skips such rows$/);
  });

  it("says nothing where nothing was skipped, and still refuses what is no number, and rows that are too short", async () => {
    const onSkipped = () => {
      throw new Error("told");
    };
    const read = (text: string) => readVectors([utf8(text)], { lenient: true, onSkipped });
    expect((await read("1 2\na 1 2\n")).words).toEqual(["a"]);
    await expect(read("2 2\na 1 2\nb 1 x\n")).rejects.toThrow('expected finite numbers, number 2 is "x"');
    await expect(read("2 2\na 1 2\na 1\n")).rejects.toThrow("expected 2 floats, got 1");
    await expect(read("3 2\na 1 2\na 1 2\n")).rejects.toThrow("header says 3 rows, file ends after 2");
  });

  it("is refused where it has no effect, or is of the wrong kind", async () => {
    const read = (options: object) => readVectors([utf8("1 1\na 1\n")], options);
    await expect(read({ onSkipped: () => {} })).rejects.toThrow('"onSkipped" goes with "lenient"');
    await expect(read({ lenient: "yes" })).rejects.toThrow('"lenient" expected true or false, got "yes"');
    await expect(read({ lenient: true, onSkipped: 7 })).rejects.toThrow('"onSkipped" expected a function, got 7');
  });
});
