// All formats of vectors: what is written is read, by name and by content; what is changed is refused or read, and never worse.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVectors, loadFastText, loadVectors, saveVectors, train } from "wasm2vec";
import { fromHalf, toHalf } from "../src/format/half";
import type { VectorRows } from "../src/format/rows";
import {
  type ReadOptions,
  readVectors,
  readWords,
  VECTOR_FORMATS,
  WORDLESS,
  writeVectors,
  writeWords,
} from "../src/format/vectors";
import { FormatError } from "../src/math/error";
import { sampleText } from "./sample";

const utf8 = (text: string) => new TextEncoder().encode(text);
const concat = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]);
const rowsOf = ({ words, matrix, stride, dim }: VectorRows) =>
  words.map((word, i) => [word, ...matrix.subarray(i * stride, i * stride + dim)]);

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

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

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
        async (at, byte, kind, other) => {
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
          });
          await reading.catch((error) => {
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

  it("refuses what it cannot hold", () => {
    const bad = { words: ["a"], dim: 1, stride: 1, matrix: Float32Array.of(Number.NaN) };
    expect(() => concat(writeVectors(bad, format))).toThrow(/"a" \(row 1\) expected finite floats/);
    const broken = { words: ["a\nb"], dim: 1, stride: 1, matrix: Float32Array.of(1) };
    const write = () => concat(WORDLESS.includes(format) ? writeWords(broken.words) : writeVectors(broken, format));
    if (format === "json") expect(write().length).toBeGreaterThan(0);
    else expect(write).toThrow(RangeError);
  });
});

describe("what others write", () => {
  const read = (content: string | Uint8Array, options: ReadOptions = {}) =>
    readVectors([typeof content === "string" ? utf8(content) : content], { name: "file", ...options });

  it("GloVe's words with blanks, and numbers as words", async () => {
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
    const npy = (descr: string, data: Uint8Array, shape = "2, 2", order = "False") => {
      const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
      const line = utf8(`${header.padEnd(117)}\n`);
      return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), line, data]);
    };
    const words = ["a", "b"];
    const doubles = new Uint8Array(Float64Array.of(1, 2, 3, 0.1).buffer);
    expect(rowsOf(await read(npy("<f8", doubles), { words }))).toEqual([
      ["a", 1, 2],
      ["b", 3, Math.fround(0.1)],
    ]);
    expect(
      rowsOf(await read(npy("<f2", new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer)), { words })),
    ).toEqual([
      ["a", 1, -2],
      ["b", 2 ** -24, 65504],
    ]);
    await expect(read(npy("<i4", doubles), { words })).rejects.toThrow(
      'file: expected floats (<f4, <f8, <f2), got "<i4"',
    );
    await expect(read(npy("<f8", doubles, "2, 2", "True"), { words })).rejects.toThrow("ascontiguousarray");
    await expect(read(npy("<f8", doubles, "4,"), { words })).rejects.toThrow("expected a matrix");
    await expect(read(npy("<f8", doubles), { words: ["a"] })).rejects.toThrow("has 2 rows for 1 words");
    await expect(read(npy("<f8", doubles))).rejects.toThrow('"npy" holds no words: give the file of its words too');
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

  it("are refused if quantised", async () => {
    const { words } = await readVectors([model]);
    const shape = Buffer.from(new BigInt64Array([BigInt(words.length + 40), 4n]).buffer);
    const quantised = Buffer.from(model);
    quantised[model.indexOf(shape) - 1] = 1;
    await expect(readVectors([quantised])).rejects.toThrow(/quantised \(\.ftz\), which is not read/);
  });

  it("give a FormatError or a result for 10,000 changed files", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(model.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat({ max: 5 }),
        async (at, byte, kind) => {
          const changed = [...model];
          if (kind === 0) changed.length = at;
          else if (kind === 1) for (let i = 0; i < 4; i++) changed[(at + i) % changed.length] = byte;
          else if (kind === 2) changed.splice(at, 3);
          // the header more often than the floats
          else changed[kind === 3 ? at % 200 : at] = byte;
          await readVectors([Uint8Array.from(changed)], { format: "fasttext" }).catch((error) => {
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
