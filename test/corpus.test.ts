import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CorpusSource, type Sentence, toCorpus } from "../src/text/corpus";
import { splitLines } from "../src/text/lines";

async function read(source: CorpusSource): Promise<string[][]> {
  const sentences: string[][] = [];
  for await (const chunk of toCorpus(source).chunks(10_000)) sentences.push(...chunk.map((s) => [...s]));
  return sentences;
}

const text = [["the", "cat"], ["sat"]];

describe("toCorpus", () => {
  it("reads arrays, iterables and functions again and again", async () => {
    async function* stream() {
      yield* text;
    }
    for (const source of [text, new Set(text), () => text, stream, () => text.values()] as CorpusSource[]) {
      const corpus = toCorpus(source);
      for (let pass = 0; pass < 2; pass++) {
        const sentences: Sentence[] = [];
        for await (const chunk of corpus.chunks(10_000)) sentences.push(...chunk);
        expect(sentences).toEqual(text);
      }
    }
  });

  it("refuses what can be read only once, and says what to do", async () => {
    function* once() {
      yield* text;
    }
    async function* onceLater() {
      yield* text;
    }
    for (const source of [once(), onceLater(), text.values()])
      expect(() => toCorpus(source)).toThrow(
        /generator, which can be read only once.*pass a function that returns a fresh one/,
      );
  });

  it("refuses strings where tokens are expected, and names the sentence", async () => {
    expect(() => toCorpus("the cat" as never)).toThrow(/corpus expected sentences, got the string "the cat".*split/);
    await expect(read([["a"], "the cat"] as never)).rejects.toThrow(
      /sentence 1 expected an array of tokens, got the string "the cat": split it/,
    );
    await expect(read([["a", 5]] as never)).rejects.toThrow(/sentence 0 expected tokens as strings, got 5: use String/);
    await expect(read([{}] as never)).rejects.toThrow(/sentence 0 expected an array of tokens, got an object/);
    expect(() => toCorpus(5 as never)).toThrow(/expected arrays of tokens, an iterable or a function/);
    await expect(read((() => 5) as never)).rejects.toThrow(/expected arrays of tokens/);
  });
});

async function* pieces(bytes: Uint8Array, cuts: number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
  yield bytes.subarray(start);
}

async function split(string: string, cuts: number[] = [], max = 10_000): Promise<string[][]> {
  const sentences: string[][] = [];
  for await (const chunk of splitLines(pieces(new TextEncoder().encode(string), cuts), max))
    sentences.push(...chunk.map((s) => [...s]));
  return sentences;
}

describe("splitLines", () => {
  it("parts tokens at blanks and sentences at line ends", async () => {
    expect(await split("the  cat\tsat\r\n\n \non the mat")).toEqual([
      ["the", "cat", "sat"],
      ["on", "the", "mat"],
    ]);
    expect(await split("")).toEqual([]);
    expect(await split("naïve 東京 👩‍🚀\u00a0x\n")).toEqual([["naïve", "東京", "👩‍🚀\u00a0x"]]);
  });

  it("gives the same tokens wherever the bytes are cut, within a character too", async () => {
    const word = fc.constantFrom("a", "cat", "naïve", "東京", "👩‍🚀", " ", "  ", "\n", "\t");
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { maxLength: 40 }),
        fc.array(fc.nat(200), { maxLength: 10 }),
        async (words, cuts) => {
          const string = words.join("");
          const length = new TextEncoder().encode(string).length;
          expect(
            await split(
              string,
              cuts.map((c) => Math.min(c, length)),
            ),
          ).toEqual(await split(string));
        },
      ),
    );
  });

  it("splits long lines and drops nothing", async () => {
    const tokens = Array.from({ length: 25 }, (_, i) => `w${i}`);
    expect(await split(tokens.join(" "), [], 10)).toEqual([
      tokens.slice(0, 10),
      tokens.slice(10, 20),
      tokens.slice(20),
    ]);
  });
});
