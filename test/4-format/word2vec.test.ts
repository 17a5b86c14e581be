import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors";
import { formatFloat, parseDecimal } from "../../src/format/number";
import type { VectorRows } from "../../src/format/rows";
import { type ReadOptions, readVectors, writeVectors } from "../../src/format/vectors";
import { decodeUtf8 } from "../../src/text/utf8";
import { concat, cut, expectSound, utf8 } from "../support/vector-files";

const FORMATS = ["word2vec", "word2vec-text"] as const;
/** Row i of what was read. */
const row = ({ matrix, stride, dim }: VectorRows, i: number) => [...matrix.subarray(i * stride, i * stride + dim)];
const rows = (read: VectorRows) => read.words.map((word, i) => [word, row(read, i)]);

function read(content: string | Uint8Array, options: ReadOptions = {}): Promise<VectorRows> {
  return readVectors([typeof content === "string" ? utf8(content) : content], { name: "vectors", ...options });
}

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const word = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((w) => !/[ \t\r\n\p{Surrogate}]/u.test(w)),
  fc
    .uint8Array({ minLength: 1, maxLength: 8 })
    .filter((b) => !b.some((x) => [32, 9, 10, 13].includes(x)))
    .map(decodeUtf8),
);
const vectors = fc
  .integer({ min: 1, max: 9 })
  .chain((dim) =>
    fc.tuple(
      fc.constant(dim),
      fc.uniqueArray(fc.tuple(word, fc.array(finite, { minLength: dim, maxLength: dim })), {
        selector: ([w]) => w,
        maxLength: 12,
      }),
    ),
  )
  .map(([dim, entries]) => ({
    words: entries.map(([w]) => w),
    dim,
    stride: dim,
    matrix: Float32Array.from(entries.flatMap(([, values]) => values)),
  }));

describe.each(FORMATS)("%s", (format) => {
  it("reads what it wrote, to the bit, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(vectors, fc.integer({ min: 1, max: 50 }), async (given, size) => {
        const bytes = concat(writeVectors(given, format));
        for (const how of [format, "auto"] as const) {
          // four bytes of a float can spell a number: with few dimensions the format must be named
          if (how === "auto" && given.dim < 4) continue;
          const back = await readVectors(cut(bytes, size), { format: how });
          expect(rows(back)).toEqual(rows(given));
          expect(
            Buffer.from(back.matrix.buffer, 0, given.matrix.byteLength).equals(Buffer.from(given.matrix.buffer)),
          ).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("tells the format although the first float of a row spells a number", async () => {
    // 0x20 0x38 0x20 0xe8: space, 8, space, …
    const matrix = new Float32Array(new Uint8Array([0x20, 0x38, 0x20, 0xe8, ...new Uint8Array(12)]).buffer);
    const given = { words: ["a"], dim: 4, stride: 4, matrix };
    const bytes = concat(writeVectors(given, format));
    expect(rows(await readVectors(cut(bytes, 50), { format: "auto" }))).toEqual(rows(given));
  });

  it("reads limit rows and no further", async () => {
    const given = { words: ["a", "b", "c"], dim: 2, stride: 2, matrix: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const bytes = concat(writeVectors(given, format));
    expect(rows(await read(bytes.subarray(0, bytes.length - 4), { limit: 2 }))).toEqual(rows(given).slice(0, 2));
    expect((await read(bytes, { limit: 9 })).words).toHaveLength(3);
  });

  it("lets go of the stream at the limit", async () => {
    let open = true;
    const given = { words: ["a", "b"], dim: 1, stride: 1, matrix: Float32Array.of(1, 2) };
    const chunks = (function* () {
      try {
        yield* cut(concat(writeVectors(given, format)), 1);
      } finally {
        open = false;
      }
    })();
    await readVectors(chunks, { format, limit: 1 }).catch(() => {});
    expect(open).toBe(false);
  });

  it.each(["", "new york", "a\tb", "a\nb", "\ud83d"])("refuses to write the word %j", (bad) => {
    const given = { words: ["a", bad], dim: 1, stride: 1, matrix: Float32Array.of(1, 2) };
    expect(() => writeVectors(given, format).next()).toThrow(RangeError);
    expect(() => writeVectors(given, format).next()).toThrow(JSON.stringify(bad));
  });

  it("refuses to write what is not finite", () => {
    const given = { words: ["a", "b"], dim: 2, stride: 2, matrix: Float32Array.of(1, 2, 3, Number.NaN) };
    expect(() => concat(writeVectors(given, format))).toThrow(
      'word "b" (row 2) expected finite floats, float 2 is NaN',
    );
  });
});

describe("files of the peers (golden/make-word2vec.py)", () => {
  const golden = (name: string) => new Uint8Array(readFileSync(new URL(`../golden/${name}`, import.meta.url)));
  const words = ["the", "naïve", "東京", "a.b,c", "🙂"];
  const values = [
    [0.1, -0.2, 0.3, 1],
    [1e-7, -1e-3, 123456.789, 0],
    [1 / 3, 2 / 3, -4 / 3, 5 / 3],
    [3.4e38, -1.2e-38, 1e-45, -0],
    [-1.5, 2.25, -3.125, 4.0625],
  ].map((r) => r.map(Math.fround));

  it.each(["word2vec-gensim.bin", "word2vec-gensim.txt", "word2vec-c.bin"])(
    "%s, to the bit, cut anywhere",
    async (name) => {
      const bytes = golden(name);
      for (let size = 1; size <= bytes.length; size++) {
        const back = await readVectors(cut(bytes, size));
        expect(back.words.slice(0, 4)).toEqual(words.slice(0, 4));
        expect(back.words[4]).toBe(name === "word2vec-c.bin" ? "\udcc3x" : words[4]);
        expect(values.map((_, i) => row(back, i))).toEqual(values);
      }
    },
  );

  it("word2vec-c.txt, to its six decimals", async () => {
    const back = await read(golden("word2vec-c.txt"));
    expect(back.words[4]).toBe("\udcc3x");
    values[2].forEach((value, d) => expect(back.matrix[8 + d]).toBeCloseTo(value, 6));
    expect(row(back, 3)[0]).toBe(values[3][0]);
  });

  it("writes the bytes of word2vec.c's binary", async () => {
    const bytes = golden("word2vec-c.bin");
    expect(concat(writeVectors(await read(bytes)))).toEqual(Buffer.from(bytes));
  });
});

describe("lenient where the peers are", () => {
  it.each([
    ["CR LF", "2 2\r\na 1 2\r\nb 3 4\r\n"],
    ["no newline at the end", "2 2\na 1 2\nb 3 4"],
    ["trailing spaces", "2 2\na 1 2 \nb 3 4 \n"],
    ["tabs and runs of spaces", "2 2\na\t1  2\nb \t3\t4\n"],
    ["newlines at the end", "2 2\na 1 2\nb 3 4\n\n\n"],
    ["exponents, signs, bare points", "2 2\na +1e0 .2e1\nb 3. 40E-1\n"],
  ])("text with %s", async (_, text) => {
    expect(rows(await read(text))).toEqual([
      ["a", [1, 2]],
      ["b", [3, 4]],
    ]);
  });

  it("words of any characters but ASCII whitespace", async () => {
    expect((await read("2 1\na\u00a0b\u3000c 1\n0.5 2\n")).words).toEqual(["a\u00a0b\u3000c", "0.5"]);
  });

  it("no rows", async () => {
    expect((await read("0 5\n")).words).toEqual([]);
  });
});

describe("FormatError", () => {
  const binary = (head: string, ...parts: (string | number[])[]) =>
    Buffer.concat([
      utf8(head),
      ...parts.map((p) => (typeof p === "string" ? utf8(p) : new Uint8Array(Float32Array.from(p).buffer))),
    ]);

  it.each<[string, string | Uint8Array, string]>([
    ["an empty file", "", 'vectors: line 1 expected "rows dim", the header of word2vec\'s formats, got ""'],
    ["no header", "hello world\n", "line 1 expected"],
    ["a header without end", "9".repeat(100), "line 1 expected"],
    ["an absurd header", "99999999999999 4\n", "line 1 expected rows and dim of at least 1 below 4 GB"],
    ["dim 0", "3 0\n", "line 1 expected rows and dim of at least 1"],
    [
      "truncated binary",
      binary("2 3\n", "a ", [1, 2, 3], "\nparis ", [1, 2]),
      'vectors: row 2 ("paris") expected 3 floats, file ends after 2',
    ],
    [
      "binary cut in a word",
      binary("2 3\n", "a ", [1, 2, 3], "\npar"),
      "vectors: row 2 expected a word and a space, got no space",
    ],
    [
      "missing binary rows",
      binary("3 1\n", "a ", [0.1], "\nb ", [0.2], "\n"),
      "vectors: header says 3 rows, file ends after 2",
    ],
    [
      "over-long binary",
      binary("1 1\n", "a ", [0.1], "\nb ", [0.2], "\n"),
      'header says 1 rows, but the file goes on after row 1 ("a")',
    ],
    ["binary NaN", binary("1 2\n", "a ", [0.1, Number.NaN]), 'row 1 ("a") expected finite floats, float 2 is NaN'],
    ["an empty binary word", binary("1 1\n", " ", [0.1]), "row 1 expected a word, got none"],
    ["a word twice", "3 1\na 1\nb 2\na 3\n", 'row 3 expected a new word, got "a", which is row 1'],
    ["truncated text", "2 3\na 1 2 3\nparis 1 2", 'vectors: row 2 ("paris") expected 3 floats, file ends after 2'],
    ["too few numbers", "2 3\na 1 2 3\nparis 1 2\n", 'row 2 ("paris") expected 3 floats, got 2'],
    ["too many numbers", "2 3\na 1 2 3\nparis 1 2 3 4\n", 'row 2 ("paris") expected 3 floats, got 4'],
    ["missing text rows", "3 1\na 1\nb 2\n", "header says 3 rows, file ends after 2"],
    ["over-long text", "1 1\na 1\nb 2\n", 'header says 1 rows, but the file goes on after row 1 ("a")'],
    ["an empty line", "2 1\na 1\n\nb 2\n", "row 2 expected a word, got none"],
    ["not a number", "2 2\na 1 2\nb 1 x2\n", 'row 2 ("b") expected finite numbers, number 2 is "x2"'],
    ["nan", "2 1\na 1\nb nan\n", 'row 2 ("b") expected finite numbers, number 1 is "nan"'],
    ["a number beyond float32", "2 1\na 1\nb 1e39\n", "expected finite numbers"],
    ["hexadecimal", "2 1\na 1\nb 0x10\n", "expected finite numbers"],
  ])("for %s", async (_, content, message) => {
    const error = await read(content).catch((e) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
  });

  it("does not make room for rows that a header only claims", async () => {
    const asked: number[] = [];
    const reserve = (count: number, dim: number) => {
      asked.push(count);
      return { matrix: new Float32Array(count * dim), stride: dim };
    };
    await expect(read("4000000 4\na 1 2 3 4\n", { reserve })).rejects.toThrow("file ends after 1");
    expect(asked).toEqual([1024]);
  });

  it("or a result, whatever is changed in a file", async () => {
    const given = {
      words: ["ab", "c", "défg"],
      dim: 5,
      stride: 5,
      matrix: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
    };
    const files = FORMATS.map((format) => concat(writeVectors(given, format)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(),
        fc.boolean(),
        async (file, at, byte, end, lenient) => {
          const changed = Uint8Array.from(file.subarray(0, end % 7 ? undefined : end % file.length));
          if (changed.length > 0) changed[at % changed.length] = byte;
          await read(changed, { lenient }).then(expectSound, (error) => expect(error).toBeInstanceOf(FormatError));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("numbers", () => {
  it("parseDecimal gives the double that Number gives", () => {
    const decimal = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      finite.map((x) => x.toFixed(6)),
      fc
        .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.integer({ min: 0, max: 30 }))
        .map(([m, k]) => `0.${"0".repeat(k)}${m}`),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `-${a}.${b}`),
    );
    fc.assert(
      fc.property(decimal, (text) => {
        expect(parseDecimal(utf8(text), 0, text.length)).toBe(Number(text));
      }),
      { numRuns: 5000 },
    );
  });

  it.each(["", "-", ".", "-.", "+", "1e", "e5", "1.2.3", "--1", "0x1", "Infinity", "1_0", "1,5", "٣"])(
    "parseDecimal refuses %j",
    (text) => {
      expect(parseDecimal(utf8(text), 0, utf8(text).length)).toBeNaN();
    },
  );

  it("formatFloat reads back to the bit with at most 9 digits", () => {
    fc.assert(
      fc.property(finite, (x) => {
        const text = formatFloat(x);
        expect(Object.is(Math.fround(Number(text)), x)).toBe(true);
        expect(text.replace(/e.*|[-.]/g, "").replace(/^0+|0+$/g, "").length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 5000 },
    );
    expect([0.1, -0.25, 1 / 3, 1e-7].map((x) => formatFloat(Math.fround(x)))).toEqual([
      "0.1",
      "-0.25",
      "0.33333334",
      "1e-7",
    ]);
  });
});
