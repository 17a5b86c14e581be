// Word ids kept in a file: the same bytes as without, from text that is read once less for every epoch.

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import {
  type CorpusSource,
  type Progress,
  TrainingControl,
  type TrainOptions,
  textCorpus,
  train,
  Vocabulary,
} from "wasm2vec";
import { Fingerprint } from "../../src/base/fingerprint";
import { openSpool } from "../../src/platform/node/spool";
import { type Corpus, toCorpus } from "../../src/text/corpus";
import { encode } from "../../src/text/encode";
import type { SpoolFile } from "../../src/text/spool";
import { SpooledText } from "../../src/text/spooled";
import { Vocabulary as Words } from "../../src/text/vocabulary";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(5000);
const small: TrainOptions = { dim: 12, minCount: 1, epochs: 4, threads: 1 };
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("wasm2vec-ids-"));

afterEach(() => expect(left()).toEqual([]));

describe("train with spool", () => {
  it.each<TrainOptions>([{}, { reproducible: true, threads: 2 }, { kernel: "js" }, { worker: false }])(
    "gives the bytes of training without: %o",
    async (options) => {
      const [a, b] = [
        await train(text, { ...small, ...options }),
        await train(text, { ...small, ...options, spool: true }),
      ];
      expect(b.vectors.matrix).toEqual(a.vectors.matrix);
      expect(b.history.map(({ loss, words }) => [loss, words])).toEqual(
        a.history.map(({ loss, words }) => [loss, words]),
      );
    },
  );

  describe("reads the text", () => {
    const bytes = new TextEncoder().encode(text.map((sentence) => `${sentence.join(" ")}\n`).join(""));
    let passes = 0;
    const counted = <T>(value: T) => {
      passes++;
      return value;
    };
    const sentences = () => counted(text);
    const constant = textCorpus(() => counted(new Blob([bytes])));
    const vocabulary = new Vocabulary(Object.entries({ common0: 5, common1: 4, topic0_0: 3, topic1_0: 3 }));

    it.each<[string, number, CorpusSource, TrainOptions]>([
      ["once where each pass gives the same", 1, constant, {}],
      ["once where it is to", 1, sentences, { spool: true }],
      ["anew for each epoch where it may be another", 1 + 4, sentences, {}],
      ["anew where it says that it is another", 1 + 4, { ...constant, isConstant: false }, {}],
      ["anew where it is to", 1 + 4, constant, { spool: false }],
      ["once where the words are given", 1, constant, { vocabulary }],
      ["again where counting had to forget words", 2, constant, { maxCountedWords: 20 }],
    ])("%s: %i passes", async (_, expected, source, options) => {
      passes = 0;
      await train(source, { ...small, ...options });
      expect(passes).toBe(expected);
    });

    it.each([false, true])("once to go on, updateVocabulary %s", async (updateVocabulary) => {
      const model = await train(constant, small);
      passes = 0;
      await model.train(constant, { updateVocabulary });
      expect(passes).toBe(1);
    });

    it("once to resume", async () => {
      const { write, read } = store();
      const onEpochEnd = (_: unknown, { epoch }: { epoch: number }) => {
        if (epoch === 2) throw new Error("enough");
      };
      const kept: TrainOptions = { checkpoint: { every: "1epoch", write }, onEpochEnd };
      await expect(train(constant, { ...small, ...kept })).rejects.toThrow("enough");
      passes = 0;
      await train(constant, { resume: read() });
      expect(passes).toBe(1);
    });

    it("gives each pass the same words, whatever the memory", async () => {
      const whole = await train(sentences, small);
      for (const spoolMemory of [0, undefined])
        expect((await train(constant, { ...small, spoolMemory })).vectors.matrix).toEqual(whole.vectors.matrix);
    });

    it("refuses what is no memory", async () => {
      await expect(train(constant, { spoolMemory: -1 })).rejects.toThrow('"spoolMemory" expected integer >= 0, got -1');
      await expect(train(constant, { spool: "always" as never })).rejects.toThrow('"spool" expected');
    });
  });

  it("goes on from a checkpoint in the midst of an epoch, to the bytes of a training that was not stopped", async () => {
    // long enough that progress is told within the first epochs
    const long = { ...small, epochs: 16 };
    const whole = await train(text, long);
    for (const epoch of [1, 2]) {
      const { write, read } = store();
      const control = new TrainingControl();
      const abort = new AbortController();
      let asked = false;
      const onProgress = ({ phase, words, totalWords }: Progress) => {
        if (asked || phase !== "training" || words < ((epoch - 0.5) / 16) * totalWords) return;
        asked = true;
        control.checkpoint().then(() => abort.abort(new Error("interrupted")), abort.abort.bind(abort));
      };
      const kept = { ...long, spool: true, control, onProgress, signal: abort.signal };
      await expect(train(text, { ...kept, checkpoint: { every: "1h", write } })).rejects.toThrow("interrupted");
      const resumed = await train(text, { resume: read(), spool: true });
      expect(resumed.vectors.matrix).toEqual(whole.vectors.matrix);
      expect(resumed.history).toHaveLength(16);
    }
  });

  it("leaves nothing behind when training is aborted or fails", async () => {
    for (const epoch of [1, 3]) {
      const abort = new AbortController();
      const onEpochEnd = (_: unknown, record: { epoch: number }) => {
        if (record.epoch === epoch) abort.abort(new Error("enough"));
      };
      await expect(train(text, { ...small, spool: true, signal: abort.signal, onEpochEnd })).rejects.toThrow("enough");
    }
    const failing = textCorpus(async function* () {
      yield new TextEncoder().encode("a b c\n".repeat(100_000));
      throw new Error("the wire was cut");
    });
    await expect(train(failing, { ...small, spoolMemory: 0 })).rejects.toThrow("the wire was cut");
  });
});

describe("SpooledText", () => {
  /** some 6 MB of numbers; every other word is in the vocabulary */
  const words = Array.from({ length: 60_000 }, (_, i) => `w${i}`);
  const vocabulary = new Words(words.filter((_, i) => i % 2 === 0).map((word) => [word, 5]));
  const sentences = Array.from({ length: 80_000 }, (_, i) =>
    Array.from({ length: i % 40 }, (_, j) => words[(i * 7919 + j * j) % words.length]),
  );
  const corpus = toCorpus(sentences);
  const options = { minCount: 1, maxVocabulary: 1e6, maxCountedWords: 1e6 };
  const idsOf = async (read: Corpus) => {
    const fingerprint = new Fingerprint();
    for await (const { ids } of encode(read, vocabulary, 1000)) fingerprint.add(ids);
    return fingerprint.value;
  };
  const none = (message: string) => {
    throw new Error(message);
  };
  /** Passes that each give the same, also where something fails. */
  async function check(text: SpooledText, isCounted: boolean): Promise<void> {
    const expected = await idsOf(corpus);
    if (isCounted) await text.count(options);
    const read = await text.words(vocabulary);
    for (let pass = 0; pass < 3; pass++) expect(await idsOf(read)).toBe(expected);
  }

  for (const isCounted of [true, false]) {
    describe(isCounted ? "after counting" : "without counting", () => {
      /** The warnings of passes that keep their ids in a file. */
      async function told(open: () => Promise<SpoolFile>): Promise<string[]> {
        const warnings: string[] = [];
        const text = new SpooledText(corpus, { memory: 0, open }, (message) => warnings.push(message));
        await check(text, isCounted);
        await text.remove();
        return warnings;
      }

      it.each([0, 1, 2 ** 20, 2 ** 24])(
        "gives each pass the same from %i bytes of memory and a file",
        async (memory) => {
          let bytes = 0;
          const open = async () => {
            const file = await openSpool();
            return {
              ...file,
              append: (part: Uint8Array<ArrayBuffer>) =>
                file.append(part).then(() => {
                  bytes += part.length;
                }),
            };
          };
          const text = new SpooledText(corpus, { memory, open }, none);
          await check(text, isCounted);
          await text.remove();
          expect(bytes > 0).toBe(memory < 2 ** 24);
          expect(bytes % 2 ** 20).toBe(0);
        },
      );

      it("takes the rest of a pass from the text when the file cannot be read, and says so", async () => {
        for (const good of [0, 1]) {
          let reads = 0;
          const open = async () => {
            const file = await openSpool();
            const read = (from: number, to: number) =>
              reads++ < good ? file.read(from, to) : Promise.reject(new Error("a bad sector"));
            return { ...file, read };
          };
          expect(await told(open)).toEqual(["word ids are not kept, epochs read the text: a bad sector"]);
        }
      });

      it("goes on from the text when the file cannot be written, and says so", async () => {
        const broken = (fail: Partial<SpoolFile>) => async () => ({ ...(await openSpool()), ...fail });
        const full = () => Promise.reject(new Error("no space left"));
        for (const open of [full, broken({ append: full }), broken({ seal: full })]) {
          expect(await told(open)).toEqual(["word ids are not kept, epochs read the text: no space left"]);
        }
      });

      it("tells that the file could not be removed, and no more", async () => {
        const open = async () => {
          const file = await openSpool();
          const remove = () => file.remove().then(() => Promise.reject(new Error("it is locked")));
          return { ...file, remove };
        };
        expect(await told(open)).toEqual(["the temporary file of word ids was not removed: it is locked"]);
      });
    });
  }

  it("lets go of a pass that was left early, and keeps the next", async () => {
    const text = new SpooledText(corpus, { memory: 0, open: openSpool }, none);
    const read = await text.words(vocabulary);
    for await (const _ of read.chunks()) break;
    expect(left()).toEqual([]);
    await check(text, false);
    await text.remove();
  });
});
