import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { type Corpus, type CorpusSource, toCorpus } from "../../src/text/corpus";
import { textCorpus } from "../../src/text/lines";

/** The sentences of one pass, empty ones left out. */
async function sentencesOf(corpus: Corpus): Promise<string[][]> {
  const sentences: string[][] = [[]];
  for await (const { numbers, tokens } of corpus.chunks()) {
    for (const number of numbers) {
      if (number === Mark.sentenceEnd) sentences.push([]);
      else sentences[sentences.length - 1].push(tokens[number]);
    }
  }
  return sentences.filter((sentence) => sentence.length > 0);
}

const read = (source: CorpusSource) => sentencesOf(toCorpus(source));

const text = [["the", "cat"], ["sat"]];

it("reads sentences that are there already without holding up the event loop", async () => {
  const sentence = Array.from({ length: 1000 }, (_, i) => `w${i}`);
  const sentences = Array.from({ length: 300 }, () => sentence);
  let turns = 0;
  let turn = setImmediate(function next() {
    turns++;
    turn = setImmediate(next);
  });
  for await (const _ of toCorpus(sentences).chunks());
  const bytes = new TextEncoder().encode(`${sentence.join(" ")}\n`.repeat(300));
  const before = turns;
  expect(before).toBeGreaterThan(3);
  for await (const _ of textCorpus(() => [bytes]).chunks());
  clearImmediate(turn);
  expect(turns).toBeGreaterThan(before + 3);
});

describe("toCorpus", () => {
  it("reads arrays, iterables and functions again and again", async () => {
    async function* stream() {
      yield* text;
    }
    for (const source of [text, new Set(text), () => text, stream, () => text.values()] as CorpusSource[]) {
      const corpus = toCorpus(source);
      for (let pass = 0; pass < 2; pass++) {
        expect(await sentencesOf(corpus)).toEqual(text);
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

  it("leaves out empty tokens, which splitting at single spaces gives", async () => {
    expect(await read(["the  cat ".split(" ")])).toEqual([["the", "cat"]]);
  });

  it("numbers tokens anew when a table is full, and loses none", async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => [`w${i}`, "and", `w${i >> 1}`]);
    expect(await read(many)).toEqual(many);
    const bytes = new TextEncoder().encode(many.map((sentence) => `${sentence.join(" ")}\n`).join(""));
    expect(await sentencesOf(textCorpus(() => [bytes]))).toEqual(many);
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

function split(content: string | Uint8Array, cuts: number[] = []): Promise<string[][]> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return sentencesOf(textCorpus(() => pieces(bytes, cuts)));
}

describe("textCorpus", () => {
  it("splits tokens at whitespace and sentences at line ends", async () => {
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

  it("tells tokens apart that differ in any byte, and in length", async () => {
    const token = fc.stringMatching(/^[ab\u00e9]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(token, { minLength: 1, maxLength: 60 }), async (tokens) => {
        expect(await split(tokens.join(" "))).toEqual([tokens]);
      }),
    );
  });

  it("replaces invalid UTF-8 and leaves out a byte order mark at the start only", async () => {
    expect(await split(Uint8Array.of(0x61, 0xff, 0x62, 0x20, 0xe6, 0x0a, 0x63))).toEqual([
      ["a\ufffdb", "\ufffd"],
      ["c"],
    ]);
    expect(await split("\ufeffa \ufeffb", [1, 2])).toEqual([["a", "\ufeffb"]]);
    expect(await split("\ufeff a")).toEqual([["a"]]);
  });

  it("cuts what is too long for a token, and reads on", async () => {
    // wherever the parts end
    for (const part of [1000, 70_000, 200_000]) {
      const [tokens] = await split(`${"x".repeat(150_000)} end`, [part, part]);
      expect(tokens.map(({ length }) => length)).toEqual([65_536, 65_536, 150_000 - 2 * 65_536, 3]);
    }
  });
});
