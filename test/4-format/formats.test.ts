// All formats of vectors: what is written is read, by name and by content; what is changed is refused or read, and never worse.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVectors, train } from "wasm2vec";
import { loadVectors, saveVectors } from "wasm2vec/files";
import { FormatError } from "../../src/base/errors";
import { fromHalf, toHalf } from "../../src/format/half";
import type { VectorRows } from "../../src/format/rows";
import {
  checkWords,
  type ReadOptions,
  readVectors,
  readWords,
  VECTOR_FORMATS,
  type VectorFormat,
  WORDLESS,
  writeVectors,
} from "../../src/format/vectors";
import { filesOf } from "../../src/platform/node/vectors";
import { sampleText } from "../support/sample";
import { concat, cut, expectSound, npy, rowsOf, utf8 } from "../support/vector-files";

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const small = fc.float({ noNaN: true, min: -60_000, max: 60_000 });
const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((w) => !/[\s\p{Surrogate}]/u.test(w));
const vectorsOf = (number: fc.Arbitrary<number>) =>
  fc.integer({ min: 4, max: 9 }).chain((dim) =>
    fc
      .uniqueArray(fc.tuple(word, fc.array(number, { minLength: dim, maxLength: dim })), {
        selector: ([w]) => w,
        minLength: 1,
        maxLength: 12,
      })
      .map(
        (entries): VectorRows => ({
          words: entries.map(([w]) => w),
          ...{ dim, stride: dim },
          matrix: Float32Array.from(entries.flatMap(([, values]) => values)),
        }),
      ),
  );

describe.each(VECTOR_FORMATS)("%s", (format) => {
  const lossless = format !== "safetensors-f16" && format !== "safetensors-i8";
  const words = (given: VectorRows) => (WORDLESS.includes(format) ? given.words : undefined);

  it("reads what it wrote, named or told by its content, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(vectorsOf(lossless ? finite : small), fc.integer({ min: 1, max: 50 }), async (given, size) => {
        const bytes = concat(writeVectors(given, format));
        for (const how of [format, "auto"] as const) {
          const back = await readVectors(cut(bytes, size), { format: how, words: words(given) });
          expect(back.words).toEqual(given.words);
          if (lossless) expect(rowsOf(back)).toEqual(rowsOf(given));
          for (let i = 0; i < given.matrix.length; i++) {
            const most = Math.max(
              ...given.matrix.subarray(i - (i % given.dim), i - (i % given.dim) + given.dim).map(Math.abs),
            );
            const step =
              format === "safetensors-f16" ? 2 ** -11 * Math.abs(given.matrix[i]) + 2 ** -25 : most / 253 + 2 ** -142; // factors of tiny rows have few bits
            if (!lossless) expect(Math.abs(back.matrix[i] - given.matrix[i])).toBeLessThanOrEqual(step);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("reads only so many rows", async () => {
    const given = {
      words: ["a", "b", "c"],
      dim: 2,
      stride: 4,
      matrix: Float32Array.of(1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0),
    };
    const back = await readVectors([concat(writeVectors(given, format))], { format, limit: 2, words: words(given) });
    expect(back.words).toEqual(["a", "b"]);
  });

  it("gives a FormatError or a result for 10,000 changed files, and takes no more memory than they are worth", async () => {
    const given = {
      words: ["ab", "c", "défg"],
      dim: 5,
      stride: 5,
      matrix: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
    };
    const file = concat(writeVectors(given, format));
    const huge = [0xff, 0x7f, 0x80, 0x39, 0x22, 0x7d, 0x00];
    let refused = 0;
    let reserved = 0;
    const reserve: ReadOptions["reserve"] = (rows, dim) => {
      reserved = Math.max(reserved, rows * dim * 4);
      const matrix = new Float32Array(rows * dim);
      matrix.set(room.subarray(0, matrix.length));
      room = matrix;
      return { matrix, stride: dim };
    };
    let room = new Float32Array();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...huge)),
        fc.nat({ max: 9 }),
        fc.nat(),
        fc.boolean(),
        async (at, byte, kind, other, lenient) => {
          const changed = [...file];
          const place = at % changed.length;
          if (kind === 0) changed.length = place;
          else if (kind === 1) changed.splice(place, 0, ...changed.slice(0, other % 40));
          else if (kind === 2) changed.splice(place, other % 20);
          else if (kind === 3) for (let i = 0; i < 4; i++) changed[(place + i) % changed.length] = byte;
          else changed[place] = byte;
          room = new Float32Array();
          const reading = readVectors([Uint8Array.from(changed)], {
            format: kind === 9 ? "auto" : format,
            words: words(given),
            reserve,
            lenient,
          });
          await reading.then(expectSound, (error) => {
            if (!(error instanceof FormatError)) throw error;
            refused++;
          });
        },
      ),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(500);
    // rows are reserved a thousand at a time at most
    expect(reserved).toBeLessThan(4 * 1024 * 1024);
  }, 120_000);

  it("refuses what it cannot hold, by one list of rules, before anything is written", () => {
    const bad = { words: ["a"], dim: 1, stride: 1, matrix: Float32Array.of(Number.NaN) };
    expect(() => writeVectors(bad, format)).toThrow(/"a" \(row 1\) expected finite floats/);
    for (const one of ["", "a b", "a\tb", "a\rb", "a\nb", "\ud83d", "fine"]) {
      const rows = { words: [one], dim: 1, stride: 1, matrix: Float32Array.of(1) };
      const outcome = (attempt: () => unknown) => {
        try {
          attempt();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return (error as Error).message;
        }
      };
      const message = outcome(() => checkWords(rows.words, format));
      expect(outcome(() => writeVectors(rows, format))).toBe(message);
      expect(message === undefined).toBe(HELD[format].includes(one));
    }
    expect(() => checkWords([7] as never, format)).toThrow(new TypeError("word of row 1 expected a string, got 7"));
  });

  it("skips rows that cannot be kept, if it may, and counts them", async () => {
    const given = {
      words: ["a", "b", "c", "d", "e"],
      ...{ dim: 4, stride: 4 },
      matrix: Float32Array.from({ length: 20 }, (_, i) => i + 0.5),
    };
    const list = ["a", "b", "a", "d", "e"];
    let bytes = concat(writeVectors(given, format));
    // row 3 is named as row 1
    if (format === "json") bytes = Buffer.from(bytes.toString().replace('"c"', '"a"'));
    else if (!WORDLESS.includes(format)) bytes[bytes.indexOf(format.startsWith("safe") ? "c\nd" : "c")] = 0x61;
    const skipped: unknown[] = [];
    const lenient = { lenient: true, onSkipped: (rows: unknown) => skipped.push(rows) };
    const options = { format, words: WORDLESS.includes(format) ? list : undefined };
    const back = await readVectors(cut(bytes, 7), { ...options, ...lenient });
    expect(back.words).toEqual(["a", "b", "d", "e"]);
    expect(Math.abs(back.matrix[2 * back.stride] - 12.5)).toBeLessThan(0.2);
    expect(skipped).toEqual([{ repeated: 1, empty: 0, nonFinite: 0 }]);
    expect((await readVectors([bytes], { ...options, lenient: true, limit: 3 })).words).toEqual(["a", "b", "d"]);
    await expect(readVectors([bytes], options)).rejects.toThrow(
      /row 3 expected a new word, got "a", which is row 1: "lenient" skips such rows$/,
    );
  });
});

/** Of the words that are tried, those that each format can hold. */
const HELD: Record<VectorFormat, string[]> = {
  word2vec: ["fine"],
  "word2vec-text": ["fine"],
  glove: ["fine"],
  safetensors: ["a b", "a\tb", "a\rb", "fine"],
  "safetensors-f16": ["a b", "a\tb", "a\rb", "fine"],
  "safetensors-i8": ["a b", "a\tb", "a\rb", "fine"],
  npy: ["a b", "fine"],
  tsv: ["a b", "fine"],
  json: ["a b", "a\tb", "a\rb", "a\nb", "\ud83d", "fine"],
};

describe("what others write", () => {
  const read = (content: string | Uint8Array, options: ReadOptions = {}) =>
    readVectors([typeof content === "string" ? utf8(content) : content], { name: "file", ...options });

  it("GloVe's words with spaces, and numbers as words", async () => {
    const glove = "the 0.1 -0.2 3e-1\n. . . 1 2 3\n2000 4 5 6";
    expect((await read(glove)).words).toEqual(["the", ". . .", "2000"]);
  });

  it("JSON with an array for each word", async () => {
    expect(rowsOf(await read('{"b": [1, 2],\n "a": [3, 4]}'))).toEqual([
      ["b", 1, 2],
      ["a", 3, 4],
    ]);
  });

  it("NumPy's doubles and halves", async () => {
    const file = (descr: string, data: Uint8Array, shape = "2, 2", order?: string) =>
      Buffer.concat([npy(descr, shape, order), data]);
    const words = ["a", "b"];
    const doubles = new Uint8Array(Float64Array.of(1, 2, 3, 0.1).buffer);
    expect(rowsOf(await read(file("<f8", doubles), { words }))).toEqual([
      ["a", 1, 2],
      ["b", 3, Math.fround(0.1)],
    ]);
    expect(
      rowsOf(await read(file("<f2", new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer)), { words })),
    ).toEqual([
      ["a", 1, -2],
      ["b", 2 ** -24, 65504],
    ]);
    await expect(read(file("<i4", doubles), { words })).rejects.toThrow(
      'file: expected floats (<f4, <f8, <f2), got "<i4"',
    );
    await expect(read(file("<f8", doubles, "2, 2", "True"), { words })).rejects.toThrow("ascontiguousarray");
    await expect(read(file("<f8", doubles, "4,"), { words })).rejects.toThrow("expected a matrix");
    await expect(read(file("<f8", doubles), { words: ["a"] })).rejects.toThrow("has 2 rows for 1 words");
    await expect(read(file("<f8", doubles))).rejects.toThrow('"npy" holds no words: give the file of its words too');
  });

  it("refuses a list of words that would be ignored", async () => {
    const vectors = await createVectors(["a", "b"], 2, [1, 2, 3, 4]);
    for (const format of VECTOR_FORMATS.filter((format) => format !== "npy" && format !== "tsv")) {
      const bytes = concat(writeVectors(vectors, format));
      await expect(read(bytes, { words: ["c", "d"] })).rejects.toThrow(/holds its own words: leave out the list/);
      const { words } = await read(bytes, { words: () => Promise.reject(new Error("asked for")) });
      expect(words).toEqual(["a", "b"]);
    }
  });

  it("safetensors in another order, with tensors that are none of ours, words from elsewhere", async () => {
    const data = new Uint8Array(Float32Array.of(9, 1, 2, 3, 4).buffer);
    const header =
      '{"bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"vectors":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]}}';
    const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
    const file = Buffer.concat([length, utf8(header), data]);
    expect(rowsOf(await read(file, { words: ["a", "b"] }))).toEqual([
      ["a", 1, 2],
      ["b", 3, 4],
    ]);
    await expect(read(file)).rejects.toThrow('no tensor "words" before "vectors"');
  });
});

it("halves: every float16 comes back, and every float32 goes to the nearest", () => {
  for (let half = 0; half < 65_536; half++) {
    const value = fromHalf(half);
    if (Number.isNaN(value)) expect(toHalf(value) & 0x7c00).toBe(0x7c00);
    else expect(toHalf(value)).toBe(half);
  }
  fc.assert(
    fc.property(small, (x) => {
      const near = toHalf(x);
      const own = Math.abs(fromHalf(near) - x);
      for (const other of [near - 1, near + 1])
        if ((other & 0x7c00) !== 0x7c00 && (other ^ near) < 0x8000 && other >= 0)
          expect(own).toBeLessThanOrEqual(Math.abs(fromHalf(other) - x));
    }),
  );
  expect([65_504, 65_519, 65_520, 1e9, 1 + 2 ** -11, 1 + 3 * 2 ** -11].map(toHalf)).toEqual([
    0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x3c00, 0x3c02,
  ]);
});

describe("files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wasm2vec-formats-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(VECTOR_FORMATS)("%s: saved and loaded, its words beside it if it has none", async (format) => {
    const vectors = await createVectors(
      ["one", "two three"].map((w) => w.replace(" ", "_")),
      4,
      Float32Array.of(1, 2, 3, 4, 0.5, 0.25, -1, 2),
    );
    const path = join(folder, `vectors${format === "npy" ? ".npy" : format === "tsv" ? ".tsv" : ".any"}`);
    await saveVectors(vectors, path, { format });
    const back = await loadVectors(path);
    expect(back.words).toEqual(vectors.words);
    for (const one of vectors.words) back.get(one).forEach((x, d) => expect(x).toBeCloseTo(vectors.get(one)[d], 0));
    if (format === "npy")
      expect(readWords(readFileSync(join(folder, "vectors.words.txt"), "utf8"))).toEqual(vectors.words);
    if (format === "tsv") expect(readFileSync(join(folder, "vectors.metadata.tsv"), "utf8")).toBe("one\ntwo_three\n");
  });

  it("are compressed where their names end in .gz, lists of words too", async () => {
    const vectors = await createVectors(["a", "b"], 2, [0.5, 2, 3, 4]);
    for (const [name, format, beside] of [
      ["c.txt.gz", "word2vec-text"],
      ["c.npy.gz", "npy", "c.words.txt.gz"],
      ["c.tsv.gz", "tsv", "c.metadata.tsv.gz"],
    ] as const) {
      await saveVectors(vectors, join(folder, name), { format });
      for (const file of [name, beside])
        if (file !== undefined) expect(readFileSync(join(folder, file)).subarray(0, 2).toString("hex")).toBe("1f8b");
      expect((await loadVectors(join(folder, name))).words).toEqual(["a", "b"]);
    }
  });

  it("in pairs are both written or none", async () => {
    const [old, next] = [await createVectors(["a"], 1, [1]), await createVectors(["b"], 1, [2])];
    for (const format of ["npy", "tsv"] as const) {
      const path = join(folder, `pair.${format}`);
      await saveVectors(old, path, { format });
      const [, list] = filesOf(path, { format });
      // the list of words cannot be replaced
      chmodSync(list, 0o444);
      await expect(saveVectors(next, path, { format })).rejects.toThrow("the file there is read-only");
      expect((await loadVectors(path, { format })).get("a")[0]).toBe(1);
      chmodSync(list, 0o644);
      await expect(saveVectors(next, path, { format, words: path })).rejects.toThrow("would be written twice");
      expect((await loadVectors(path, { format })).get("a")[0]).toBe(1);
    }
  });

  it("words may lie elsewhere", async () => {
    const vectors = await createVectors(["a"], 4, Float32Array.of(1, 2, 3, 4));
    await saveVectors(vectors, join(folder, "matrix"), { format: "npy", words: join(folder, "list") });
    expect((await loadVectors(join(folder, "matrix"), { words: join(folder, "list") })).words).toEqual(["a"]);
    writeFileSync(join(folder, "list"), "a\nb\n");
    await expect(loadVectors(join(folder, "matrix"), { words: join(folder, "list") })).rejects.toThrow(
      "1 rows for 2 words",
    );
  });

  it("half and a quarter of the bytes find the same neighbours", async () => {
    const { vectors } = await train(sampleText(4000), { dim: 32, minCount: 1, subsample: 2e-3, threads: 1 });
    const near = (all: typeof vectors, one: string) =>
      all.mostSimilar(one, { topN: 10 }).map((neighbour) => neighbour.word);
    const recall = async (format: "safetensors-f16" | "safetensors-i8") => {
      const path = join(folder, format);
      await saveVectors(vectors, path, { format });
      const back = await loadVectors(path);
      const found = vectors.words.map(
        (one) => near(back, one).filter((other) => near(vectors, one).includes(other)).length,
      );
      return found.reduce((a, b) => a + b) / (10 * found.length);
    };
    expect(await recall("safetensors-f16")).toBeGreaterThan(0.99);
    expect(await recall("safetensors-i8")).toBeGreaterThan(0.95);
  });
});
