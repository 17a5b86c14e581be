// Models of fastText: golden/ holds one, and the vectors that fastText itself prints.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadFastText, loadVectors } from "wasm2vec/files";
import { FormatError } from "../../src/base/errors";
import { readVectors } from "../../src/format/vectors";
import { cut, expectSound } from "../support/vector-files";

describe("fastText's models", () => {
  const model = readFileSync("test/golden/fasttext.bin");
  const printed = readFileSync("test/golden/fasttext-words.txt", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" "));

  it("give the vectors that fastText prints, for words it has never seen too", async () => {
    const { vectors, subwords } = await loadFastText("test/golden/fasttext.bin");
    expect([...vectors.words].sort()).toEqual(
      printed
        .slice(0, vectors.size)
        .map(([w]) => w)
        .sort(),
    );
    expect(printed.length).toBeGreaterThan(vectors.size + 3);
    for (const [w, ...numbers] of printed) {
      numbers.forEach((number, d) => expect(subwords.get(w)[d]).toBeCloseTo(Number(number), 5));
      if (vectors.has(w)) expect(vectors.get(w)).toEqual(subwords.get(w));
    }
  });

  it("are told by their content, and converted; labels are no words", async () => {
    const { words } = await readVectors(cut(model, 7), { limit: 3 });
    expect(words).toHaveLength(3);
    const { words: supervised, dim } = await loadVectors("test/golden/fasttext-supervised.bin");
    expect({ words: [...supervised].sort(), dim }).toEqual({ words: ["</s>", "cat", "dog", "ran", "sat"], dim: 4 });
  });

  it("with a word named twice are refused, or read without the second row", async () => {
    const { vectors } = await loadFastText("test/golden/fasttext.bin");
    const [one, other] = vectors.words.filter((word) => word.length === 3);
    const at = model.indexOf(`${other}\0`);
    const changed = Buffer.from(model);
    changed.write(one, at);
    await expect(readVectors([changed])).rejects.toThrow(`expected a new word, got "${one}"`);
    const read = await readVectors([changed], { lenient: true });
    expect(read.words).toEqual(vectors.words.filter((word) => word !== other));
    const row = read.words.length - 1;
    expect(read.matrix.subarray(row * read.stride, row * read.stride + read.dim)).toEqual(vectors.get(read.words[row]));
  });

  it("are refused if quantized", async () => {
    const { words } = await readVectors([model]);
    const shape = Buffer.from(new BigInt64Array([BigInt(words.length + 40), 4n]).buffer);
    const quantized = Buffer.from(model);
    quantized[model.indexOf(shape) - 1] = 1;
    await expect(readVectors([quantized])).rejects.toThrow(/quantized \(\.ftz\), which is not supported/);
  });

  it("give a FormatError or a result for 10,000 changed files", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(model.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat({ max: 5 }),
        fc.boolean(),
        async (at, byte, kind, lenient) => {
          const changed = [...model];
          if (kind === 0) changed.length = at;
          else if (kind === 1) for (let i = 0; i < 4; i++) changed[(at + i) % changed.length] = byte;
          else if (kind === 2) changed.splice(at, 3);
          // the header more often than the floats
          else changed[kind === 3 ? at % 200 : at] = byte;
          await readVectors([Uint8Array.from(changed)], { format: "fasttext", lenient }).then(expectSound, (error) => {
            if (!(error instanceof FormatError)) throw error;
            refused++;
          });
        },
      ),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(1000);
  }, 120_000);
});
