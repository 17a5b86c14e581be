import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import type { TokenChunk } from "../../src/text/tokens";
import { Vocabulary, type VocabularyOptions, WordCounter } from "../../src/text/vocabulary";

const options: VocabularyOptions = { minCount: 1, maxVocabulary: 1000, maxCountedWords: 1000 };

/** With a table of tokens of its own, so that counts move to the counter's map at once. */
function chunk(sentence: readonly string[]): TokenChunk {
  const tokens = [...new Set(sentence)];
  return { numbers: Uint32Array.from([...sentence.map((token) => tokens.indexOf(token)), Mark.sentenceEnd]), tokens };
}

async function count(sentences: string[][], overrides: Partial<VocabularyOptions> = {}): Promise<Vocabulary> {
  const counter = new WordCounter({ ...options, ...overrides });
  for (const sentence of sentences) counter.add(chunk(sentence));
  return (await counter.finish("test")).vocabulary;
}

const entries = (v: Vocabulary) => v.words.map((word, id) => [word, v.counts[id]]);

describe("Vocabulary", () => {
  it("sorts by falling count, equal counts by code unit", async () => {
    expect(
      entries(
        await count([
          ["b", "c", "a", "c"],
          ["é", "c", "b"],
        ]),
      ),
    ).toEqual([
      ["c", 3],
      ["b", 2],
      ["a", 1],
      ["é", 1],
    ]);
  });

  it("leaves out by minCount, keep and maxVocabulary; totalWords counts what is left", async () => {
    const text = [["a", "a", "a", "b", "b", "c"]];
    expect(entries(await count(text, { minCount: 2 }))).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
    expect(entries(await count(text, { keep: (word, n) => word !== "a" && n < 3 }))).toEqual([
      ["b", 2],
      ["c", 1],
    ]);
    const top = await count(text, { maxVocabulary: 2 });
    expect(top.words).toEqual(["a", "b"]);
    expect(top.totalWords).toBe(5);
  });

  it("says what to do when too little is left", async () => {
    await expect(count([])).rejects.toThrow("test is empty");
    await expect(count([["a", "a", "b"]], { minCount: 2 })).rejects.toThrow(
      'training needs at least two words, test has 1 with "minCount" 2, of 2 distinct words in 3 tokens: lower "minCount"',
    );
  });

  it("counts in bounded memory: drops the rarest, keeps the counts of the others", async () => {
    // 20 frequent words among 5000 that occur once
    const sentences = Array.from({ length: 5000 }, (_, i) => [`rare${i}`, `often${i % 20}`]);
    const vocabulary = await count(sentences, { maxCountedWords: 100, minCount: 200 });
    expect(vocabulary.size).toBe(20);
    expect([...vocabulary.counts]).toEqual(new Array(20).fill(250));
  });

  it("never holds more words than maxCountedWords, and is exact below it", async () => {
    const sentence = fc.array(fc.constantFrom(..."abcdefghij"), { minLength: 2, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sentence, async (tokens) => {
        fc.pre(new Set(tokens).size >= 2);
        expect(entries(await count([tokens], { maxCountedWords: 10 }))).toEqual(entries(await count([tokens])));
        for (const bound of [2, 3, 5]) {
          const bounded = new WordCounter({ ...options, maxCountedWords: bound });
          for (const token of [...tokens, "x", "x", "y"]) {
            bounded.add(chunk([token]));
            expect(bounded.distinct).toBeLessThanOrEqual(bound);
          }
        }
      }),
    );
  });

  it("reads what it wrote", async () => {
    const vocabulary = await count([["naïve", "東京", "東京", "😀"]]);
    const read = Vocabulary.parse(vocabulary.toText());
    expect(entries(read)).toEqual(entries(vocabulary));
    // word2vec.c writes </s> with count 0 where a corpus has one line: never a noise word
    expect([...Vocabulary.parse("a 5\n</s> 0\n").noiseWeights(0.75)].map((weight) => weight > 0)).toEqual([
      true,
      false,
    ]);
    expect(() => Vocabulary.parse("a 0\n")).toThrow("vocabulary expected counts from 0, not all of them 0");
    expect(() => Vocabulary.parse("a 5\nb x\n", "v.txt")).toThrow('v.txt: line 2 expected "word count", got "b x"');
  });

  it("keeps words by word2vec.c's formula, the share of a word being counted in the vocabulary", async () => {
    const vocabulary = new Vocabulary([
      ["the", 900],
      ["cat", 100],
    ]);
    const [the, cat] = vocabulary.keepProbabilities(0.01);
    // sN = 10: √(10/900) + 10/900, √(10/100) + 10/100
    expect(the).toBeCloseTo(0.10540926 + 0.01111111, 7);
    expect(cat).toBeCloseTo(0.31622777 + 0.1, 7);
    expect([...vocabulary.keepProbabilities(0)]).toEqual([1, 1]);
    expect([...vocabulary.keepProbabilities(1)]).toEqual([1, 1]);
  });
});
