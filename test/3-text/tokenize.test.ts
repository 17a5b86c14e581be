// Tokenizers: as gensim's simple_preprocess, as Intl.Segmenter, and what is common to all.

import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringCorpus, textCorpus, train } from "wasm2vec";
import type { TokenizeOptions } from "wasm2vec/types";
import { sentencesOf } from "../../src/text/sentences";
import { makeTokenizer } from "../../src/text/tokenize";

const tokens = (line: string, options: TokenizeOptions) => makeTokenizer(options)!(line).flat();

describe("simple", () => {
  interface Case {
    language: string;
    line: string;
    tokens: string[];
    plain: string[];
  }
  const cases: Case[] = JSON.parse(readFileSync("test/golden/simple-preprocess.json", "utf8"));

  it.each(cases.filter(({ line }) => !/\p{M}/u.test(line)))(
    "is gensim's simple_preprocess: $language, $line",
    (one) => {
      expect(tokens(one.line, { tokenizer: "simple" })).toEqual(one.tokens);
      const plain = { tokenizer: "simple", stripAccents: true, minLength: 1, maxLength: 40 } as const;
      expect(tokens(one.line, plain)).toEqual(one.plain);
    },
  );

  it("keeps marks in their words, where gensim parts them", () => {
    expect(tokens("कुत्ता हिन्दी", { tokenizer: "simple" })).toEqual(["कुत्ता", "हिन्दी"]);
    expect(tokens("e\u0301te\u0301", { tokenizer: "simple", normalize: "NFC" })).toEqual(["été"]);
  });

  it("keeps numbers and apostrophes where asked to", () => {
    const line = "Don't read 3rd-rate '90s rock'n'roll, l’été";
    expect(tokens(line, { tokenizer: "simple" })).toEqual(["don", "read", "rd", "rate", "rock", "roll", "été"]);
    expect(tokens(line, { tokenizer: "simple", numbers: true, apostrophes: true })).toEqual([
      "don't",
      "read",
      "3rd",
      "rate",
      "90s",
      "rock'n'roll",
      "l’été",
    ]);
  });
});

describe("segmenter", () => {
  it.each([
    ["zh", "我爱北京天安门。", ["我", "爱", "北京", "天安门"]],
    ["ja", "吾輩は猫である。名前はまだ無い。", ["吾輩", "は", "猫", "で", "ある", "名前", "は", "まだ", "無い"]],
    ["th", "ภาษาไทยง่าย", ["ภาษา", "ไทย", "ง่าย"]],
    ["en", "It's 3.14, isn't it?", ["It's", "3.14", "isn't", "it"]],
  ])("finds words and leaves out what stands between them: %s", (locale, line, expected) => {
    expect(tokens(line, { tokenizer: "segmenter", locale })).toEqual(expected);
  });
});

describe("all", () => {
  it("lower-case by locale, normalise, strip accents, leave out words, filter by length in characters", () => {
    expect(tokens("DIŞ Iğdır", { lowercase: true, locale: "tr" })).toEqual(["dış", "ığdır"]);
    expect(tokens("ﬁne ①", { normalize: "NFKC" })).toEqual(["fine", "1"]);
    expect(tokens("Él año", { stripAccents: true })).toEqual(["El", "ano"]);
    expect(tokens("The cat the dog", { lowercase: true, stopWords: ["the"] })).toEqual(["cat", "dog"]);
    expect(tokens("a 😀 😀😀 bb", { minLength: 2 })).toEqual(["😀😀", "bb"]);
    expect(tokens("a 😀 😀😀 bbb", { maxLength: 2 })).toEqual(["a", "😀", "😀😀"]);
  });

  it("cut lines into sentences", () => {
    const split = makeTokenizer({ tokenizer: "simple", splitSentences: true, locale: "en" })!;
    expect(split("It rained. We stayed inside! Why not?")).toEqual([
      ["it", "rained"],
      ["we", "stayed", "inside"],
      ["why", "not"],
    ]);
  });

  it("or your own function", async () => {
    const own = (line: string) => line.split("|");
    expect(tokens("a b|c", { tokenizer: own })).toEqual(["a b", "c"]);
    const model = await train(
      stringCorpus(() => Array(50).fill("a b|c|d e"), "mine", { tokenizer: own }),
      { dim: 4, threads: 1 },
    );
    expect([...model.vectors.words]).toEqual(["a b", "c", "d e"]);
    await expect(train(stringCorpus(() => ["a"], "mine", { tokenizer: () => [1 as never] }))).rejects.toThrow(
      /"tokenizer" expected to give strings, got 1/,
    );
  });

  it.each<[string, unknown]>([
    ['"cat"', "cat"],
    ["3", 3],
    ["undefined", undefined],
    ["an object (Promise)", Promise.resolve(["cat"])],
  ])("refuse what your own function returns if that is %s", (shown, returned) => {
    const tokenize = makeTokenizer({ tokenizer: () => returned as never })!;
    expect(() => tokenize("cat")).toThrow(TypeError);
    expect(() => tokenize("cat")).toThrow(
      `"tokenizer" expected a function that returns an iterable of strings, such as an array, got ${shown}`,
    );
  });

  it("give the same sentences however the bytes are cut", async () => {
    const text = "Zwölf Boxkämpfer — 我爱北京。😀\r\nnaïve İstanbul\n\nlast";
    const bytes = new TextEncoder().encode(text);
    const read = async (parts: Uint8Array[], options: TokenizeOptions) => {
      const found: string[][] = [];
      for await (const some of sentencesOf(textCorpus(() => parts, "text", options)))
        found.push(...some.map((s) => [...s]));
      return found;
    };
    for (const options of [{ tokenizer: "simple" }, { tokenizer: "segmenter" }, { lowercase: true }] as const) {
      const whole = await read([bytes], options);
      expect(whole).toHaveLength(4);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), async (cuts) => {
          const sorted = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const parts = sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
          expect(await read(parts, options)).toEqual(whole);
        }),
        { numRuns: 30 },
      );
    }
  });

  it.each<[RegExp, object]>([
    [/"tokenizer" expected one of "whitespace", "simple", "segmenter", got "words"/, { tokenizer: "words" }],
    [/"numbers" goes with "tokenizer" "simple"/, { tokenizer: "segmenter", numbers: true }],
    [/"locale" expected a language/, { lowercase: true, locale: "not a language" }],
    [/"normalize" expected/, { normalize: "nfc" }],
    [/"stopWords" expected an array/, { stopWords: "the a" }],
    [/"stopWords" expected an array of words, got 5/, { stopWords: 5 }],
    [/"locale" changes nothing without "lowercase"/, { locale: "de" }],
    [/"locale" changes nothing/, { locale: "de", tokenizer: "simple", lowercase: false }],
    [/unknown option "lowerCase": did you mean "lowercase"/, { lowerCase: true }],
    [/"minLength" 5 is above "maxLength" 2.*lower one/, { minLength: 5, maxLength: 2 }],
    [/"minLength" 20 is above "maxLength" 15.*give a "maxLength" too/, { tokenizer: "simple", minLength: 20 }],
  ])("refuse: %s", (message, options) => {
    expect(() => textCorpus(() => [], "text", options)).toThrow(message);
  });

  const shared = "../shared/data/multilingual";
  it.runIf(existsSync(shared)).each(["ar", "de", "ja", "zh"])("read a real text: %s", (language) => {
    const text = readFileSync(`${shared}/${language}-handbook.txt`, "utf8").split("\n").slice(0, 300);
    const words = text.flatMap((line) => tokens(line, { tokenizer: "segmenter", locale: language }));
    expect(words.length).toBeGreaterThan(3000);
    expect(words.every((word) => /[\p{L}\p{N}]/u.test(word))).toBe(true);
    // words, not characters and not lines
    const mean = words.reduce((sum, word) => sum + [...word].length, 0) / words.length;
    expect(mean).toBeGreaterThan(1.2);
    expect(mean).toBeLessThan(9);
  });
});
