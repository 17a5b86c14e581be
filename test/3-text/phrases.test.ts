// Phrases, held against word2phrase.c's output and gensim's phrases on the same lines, and against counting by hand.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError, learnPhrases, type Model, type TrainOptions, textCorpus, train } from "wasm2vec";
import { fileCorpus } from "wasm2vec/files";
import { type PhraseOptions, Phrases } from "wasm2vec/phrases";
import { Workbench } from "../support/command";

const lines = gunzipSync(readFileSync("demo/sample.txt.gz")).toString().split("\n").slice(0, 2000);
const sentences = lines.map((line) => line.split(" "));
const golden = (name: string) => readFileSync(`test/golden/${name}`);

describe("word2phrase.c", () => {
  it("joins the same words, byte for byte", async () => {
    const phrases = await learnPhrases(sentences, { scoring: "word2phrase", minCount: 3, threshold: 20 });
    // word2phrase.c writes a space before each word
    const text = sentences
      .map(
        (sentence) =>
          `${phrases
            .join(sentence)
            .map((word) => ` ${word}`)
            .join("")}\n`,
      )
      .join("");
    expect(text === gunzipSync(golden("phrases-word2phrase.txt.gz")).toString()).toBe(true);
  });
});

interface GensimCase {
  min_count: number;
  threshold: number;
  scoring: "default" | "npmi";
  connector_words?: string[];
  passes?: number;
  phrases: Record<string, number>;
  joined: string[];
}

describe("gensim", () => {
  const cases: GensimCase[] = JSON.parse(golden("phrases-gensim.json").toString());
  const optionsOf = ({ min_count, threshold, scoring, connector_words }: GensimCase): PhraseOptions => ({
    ...{ minCount: min_count, threshold, connectorWords: connector_words },
    scoring: scoring === "npmi" ? "npmi" : "gensim",
  });

  it.each(cases.filter((one) => one.passes === undefined))(
    "keeps the same phrases with the same scores, and joins the same words: $scoring, $threshold",
    async (one) => {
      const phrases = await learnPhrases(sentences, optionsOf(one));
      const kept = [...phrases.entries()].sort((a, b) => (a[0] < b[0] ? -1 : 1));
      expect(kept.map(([phrase]) => phrase)).toEqual(Object.keys(one.phrases));
      for (const [phrase, score] of kept) expect(score / one.phrases[phrase]).toBeCloseTo(1, 10);
      expect(sentences.slice(0, 50).map((sentence) => phrases.join(sentence).join(" "))).toEqual(one.joined);
    },
  );

  it("twice: phrases of phrases", async () => {
    const one = cases.find(({ passes }) => passes === 2)!;
    const first = await learnPhrases(sentences, optionsOf(one));
    const second = await learnPhrases(first.corpus(sentences), optionsOf(one));
    const joined = sentences.slice(0, 200).map((sentence) => second.join(first.join(sentence)).join(" "));
    expect(joined).toEqual(one.joined);
    expect(joined.join(" ")).toMatch(/ [a-z]+_[a-z]+_[a-z]+ /);
  });
});

describe("learnPhrases", () => {
  it("counts as by hand", async () => {
    const text = [["new", "york", "is", "new"], ["new", "york"], ["york"]];
    const score = async (options: PhraseOptions) =>
      Object.fromEntries((await learnPhrases(text, { minCount: 1, threshold: 0, ...options })).entries());
    // new 3, york 3, is 1; new york 2, york is 1, is new 1: 6 distinct, 7 words
    expect(await score({})).toEqual({ new_york: ((2 - 1) / 9) * 6 });
    expect((await score({ scoring: "npmi" })).york_is).toBeCloseTo(Math.log(1 / 7 / (3 / 49)) / -Math.log(1 / 7), 12);
    // across sentences: new new, york york besides
    expect(await score({ scoring: "word2phrase" })).toEqual({
      new_york: Math.fround(Math.fround(Math.fround(1 / 3) / 3) * 7),
    });
  });

  it("reads text, and gives a corpus to train on", async () => {
    const bytes = new TextEncoder().encode("a b c\n\na b d\nd c a b");
    const corpus = textCorpus(() => [bytes]);
    const phrases = await learnPhrases(corpus, { minCount: 1, threshold: 1 });
    expect([...phrases.entries()].map(([phrase]) => phrase)).toEqual(["a_b"]);
    const joined: string[] = [];
    for await (const { numbers, tokens } of phrases.corpus(corpus).chunks())
      for (const number of numbers) joined.push(tokens[number] ?? "|");
    expect(joined.join(" ")).toBe("a_b c | | a_b d | d c a_b |");
  });

  it("stays within its memory, and keeps what is frequent", async () => {
    const many = Array.from({ length: 400 }, (_, i) => [`x${i}`, "of", "san", "francisco", `y${i % 7}`]);
    const counted = async (maxCounted: number) =>
      [...(await learnPhrases(many, { minCount: 2, threshold: 0.01, maxCounted })).entries()].map(([phrase]) => phrase);
    expect(await counted(60)).toContain("san_francisco");
    expect(await counted(1_000_000)).toContain("san_francisco");
  });

  it("joins no word twice and loses none, whatever the text", async () => {
    const sentence = fc.array(fc.constantFrom("a", "b", "c", "of", "the"), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(sentence, { minLength: 1, maxLength: 20 }), async (text) => {
        const phrases = await learnPhrases(text, { minCount: 1, threshold: 0, connectorWords: ["of", "the"] });
        for (const words of text) expect(phrases.join(words).flatMap((token) => token.split("_"))).toEqual(words);
      }),
    );
  });

  it("names what it cannot use", async () => {
    const wrong = (options: PhraseOptions) => learnPhrases([["a", "b"]], options);
    await expect(wrong({ scoring: "pmi" as "npmi" })).rejects.toThrow(/"scoring" expected .*"npmi".*got "pmi"/);
    await expect(wrong({ scoring: "npmi", threshold: 2 })).rejects.toThrow(/"threshold" expected/);
    await expect(wrong({ threads: 0 })).rejects.toThrow('"threads" expected integer 1 to 64, got 0');
    await expect(wrong({ worker: 1 as never })).rejects.toThrow('"worker" expected true or false, got 1');
    await expect(wrong({ worker: false, threads: 2 })).rejects.toThrow('"threads" above 1 needs workers, got 2');
    await expect(wrong({ minCount: 0 })).rejects.toThrow(/"minCount" expected/);
    await expect(wrong({ mincount: 1 } as PhraseOptions)).rejects.toThrow(/mincount.*did you mean "minCount"/);
    await expect(wrong({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    await expect(wrong({ signal: {} as AbortSignal })).rejects.toThrow('"signal" expected an AbortSignal');
    await expect(wrong({ onWords: 3 as never })).rejects.toThrow('"onWords" expected a function, got 3');
    await expect(wrong({ onWarning: 3 as never })).rejects.toThrow('"onWarning" expected a function, got 3');
    await expect(wrong({ connectorWords: "and" })).rejects.toThrow('"connectorWords" expected words, such as');
    await expect(wrong({ connectorWords: [5] as never })).rejects.toThrow('"connectorWords" expected words that are');
    await expect(wrong({ delimiter: 5 as never })).rejects.toThrow('"delimiter" expected a string, such as "_", got 5');
    await expect(wrong(null as never)).rejects.toThrow(/options? expected an object, got null/);
  });

  it("ends with the signal's reason while the source waits", async () => {
    const abort = new AbortController();
    const reason = new Error("stop it");
    async function* source() {
      yield ["a", "b"];
      setTimeout(() => abort.abort(reason));
      await new Promise(() => {});
    }
    await expect(learnPhrases(source, { signal: abort.signal })).rejects.toBe(reason);
  });

  it("fails with the error of onWords, which may be asynchronous", async () => {
    const failure = new Error("no listener");
    await expect(learnPhrases([["a", "b"]], { onWords: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  describe("of a text that workers read", () => {
    const path = "demo/sample.txt.gz";
    /** Workers that read since this was called. */
    const readersOf = async (work: () => Promise<unknown>) => {
      let started = 0;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.type === "read") started++;
        return postMessage.call(this, message, ...rest);
      };
      await work().finally(() => {
        Worker.prototype.postMessage = postMessage;
      });
      return started;
    };

    it.each<PhraseOptions>([
      {},
      { scoring: "word2phrase", connectorWords: ["of", "the"] },
      // words are dropped on the way
      { scoring: "npmi", minCount: 1, maxCounted: 50_000 },
    ])("are those of one read in process: %o", async (options) => {
      const learn = async (threads: PhraseOptions) => {
        let phrases: Phrases | undefined;
        const started = await readersOf(async () => {
          phrases = await learnPhrases(path, { ...options, ...threads });
        });
        return { text: phrases!.toText(), size: phrases!.size, started };
      };
      const here = await learn({ worker: false });
      expect(here.started).toBe(0);
      expect(here.size).toBeGreaterThan(100);
      for (const threads of [1, 3, "auto"] as const) {
        const { text, started } = await learn({ threads });
        expect(text === here.text, `${threads} threads`).toBe(true);
        expect(started).toBeGreaterThanOrEqual(1);
        if (threads !== "auto") expect(started).toBeLessThanOrEqual(threads);
      }
    });

    it("are joined in it by workers too, for training and for phrases of phrases", async () => {
      const phrases = await learnPhrases(path);
      const joined = () => phrases.corpus(fileCorpus(path));
      const options: TrainOptions = { dim: 4, epochs: 1, negatives: 1, window: 1 };
      const models: Model<unknown>[] = [];
      const twice: Phrases[] = [];
      const read = (threads: PhraseOptions) => async () => {
        models.push(await train(joined(), { ...options, ...threads }));
        twice.push(await learnPhrases(joined(), threads));
      };
      expect(await readersOf(read({ worker: false }))).toBe(0);
      expect(await readersOf(read({ threads: 2 }))).toBeGreaterThanOrEqual(2);
      const [here, there] = models;
      expect(here.vocabulary.words.some((word) => word.includes("_"))).toBe(true);
      expect(there.vocabulary.words).toEqual(here.vocabulary.words);
      expect(there.vectors.matrix).toEqual(here.vectors.matrix);
      expect(twice[1].toText() === twice[0].toText()).toBe(true);
    });
  });

  it("says what it skipped in a folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm2vec-phrases-"));
    writeFileSync(join(folder, "text"), "a b\n");
    writeFileSync(join(folder, ".hidden"), "a b\n");
    const warnings: string[] = [];
    await learnPhrases(folder, { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([`${folder}: skipped ".hidden" (hidden)`]);
    rmSync(folder, { recursive: true });
  });
});

describe("Phrases", () => {
  it("reads what it wrote", async () => {
    const phrases = await learnPhrases(sentences, { minCount: 2, connectorWords: ["of"], delimiter: "~" });
    const read = Phrases.parse(phrases.toText());
    expect([...read.entries()]).toEqual([...phrases.entries()]);
    expect(sentences.map((sentence) => read.join(sentence))).toEqual(sentences.map((s) => phrases.join(s)));
  });

  it.each([
    ["no JSON", "{"],
    ['format "x"', '{"format":"x"}'],
    ["format undefined", "null"],
    ["version 9: update", '{"format":"wasm2vec phrases","version":9}'],
    ["no delimiter", '{"format":"wasm2vec phrases","version":1}'],
    ["no phrases", '{"format":"wasm2vec phrases","version":1,"delimiter":"_","connectorWords":[]}'],
    [
      "the phrase",
      '{"format":"wasm2vec phrases","version":1,"delimiter":"_","connectorWords":[],"phrases":[[["a"],1]]}',
    ],
  ])("refuses: %s", (message, text) => {
    expect(() => Phrases.parse(text, "file")).toThrow(FormatError);
    expect(() => Phrases.parse(text, "file")).toThrow(message);
  });
});

describe("wasm2vec phrases", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
    writeFileSync(bench.path("lines.txt"), `${lines.join("\n")}\n`);
  });
  afterAll(() => bench.remove());
  const read = (name: string) => readFileSync(bench.path(name), "utf8");

  it("writes word2phrase's bytes", async () => {
    const options = ["--scoring", "word2phrase", "--min-count", "3", "--threshold", "20"];
    const { code, stdout } = await bench.run(["phrases", "lines.txt", "-o", "joined.txt", ...options]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^wrote joined.txt: \d+ phrases/) });
    expect(read("joined.txt") === gunzipSync(golden("phrases-word2phrase.txt.gz")).toString()).toBe(true);
  });

  it("joins in several passes, saves, and joins again from the file", async () => {
    const options = ["--passes", "2", "--threshold", "20,10", "--min-count", "3", "--connector-words", "english"];
    const { code, stdout } = await bench.run([
      "phrases",
      "lines.txt",
      "-o",
      "a.txt",
      "--save",
      "p.json",
      "--json",
      ...options,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      output: "a.txt",
      save: "p.json",
      phrases: [expect.any(Number), expect.any(Number)],
    });
    expect(await bench.run(["phrases", "lines.txt", "-o", "b.txt", "--load", "p.json"])).toMatchObject({ code: 0 });
    expect(read("b.txt")).toBe(read("a.txt"));
    expect(read("a.txt").replaceAll("_", " ")).toBe(read("lines.txt"));
    expect(read("a.txt")).toMatch(/ [a-z]+_(of|the|and|in)_[a-z]+/);
  });

  it("reads with workers, to the same bytes as without", async () => {
    const sample = join(process.cwd(), "demo/sample.txt.gz");
    for (const [name, flags] of [
      ["one", ["--no-worker"]],
      ["two", ["--threads", "2"]],
    ] as const)
      expect(await bench.run(["phrases", sample, "-o", name, "--save", `${name}.json`, ...flags])).toMatchObject({
        code: 0,
      });
    for (const ending of ["", ".json"]) expect(read(`two${ending}`) === read(`one${ending}`), ending).toBe(true);
  });

  it.each([
    [2, "--threads above 1 needs workers, got 2", ["lines.txt", "-o", "x", "--threads", "2", "--no-worker"]],
    [2, "needs an output", ["lines.txt"]],
    [2, "2 numbers for --passes 1", ["lines.txt", "-o", "x", "--threshold", "1,2"]],
    [2, "leave out --min-count", ["lines.txt", "-o", "x", "--load", "p.json", "--min-count", "2"]],
    [1, "no such file", ["none.txt", "-o", "x"]],
    [1, "no folder", ["lines.txt", "-o", "no/x"]],
  ])("exits with %i: %s", async (code, message, args) => {
    expect(await bench.run(["phrases", ...args])).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });
});
