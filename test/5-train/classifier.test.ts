// Classifiers as users train them: what they learn, the same bytes wherever that is, checkpoints, files, and how well they predict.

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ClassifierModel,
  type ClassifierOptions,
  createVectors,
  DivergenceError,
  type Example,
  FormatError,
  loadClassifier,
  type Progress,
  TrainingControl,
  textCorpus,
  trainClassifier,
} from "wasm2vec";
import { type Classifier, readClassifier } from "wasm2vec/classify";
import { fileCheckpoint, fileCorpus } from "wasm2vec/files";
import { Random } from "../../src/base/random";
import { floatsOf } from "../../src/classifier/classifier-data";
import { LABEL_LOSSES } from "../../src/model/losses/registry";
import { sha256 } from "../support/same-bytes";
import { unshared } from "../support/unshared";

const TOPICS = ["sport", "music", "food", "trains"];

/** Lines of words of a topic and of words of all; some are of two topics, if they may be. */
function sample(lines: number, seed = 1, several = false): (Example & { labels: string[] })[] {
  const random = Random.from(seed, 0);
  return Array.from({ length: lines }, () => {
    // sport three times as often as any other
    const topic = Math.max(0, random.below(6) - 2);
    const topics = several && random.below(4) === 0 ? [...new Set([topic, random.below(4)])] : [topic];
    const words = Array.from({ length: 4 + random.below(9) }, () => {
      const isOwn = random.below(3) === 0;
      return isOwn ? `${TOPICS[topics[random.below(topics.length)]]}${random.below(30)}` : `word${random.below(60)}`;
    });
    return { text: words.join(" "), labels: topics.map((one) => TOPICS[one]) };
  });
}

const lines = sample(3000);
const unseen = sample(600, 2);
const small: ClassifierOptions = { dim: 12, epochs: 4, learningRate: 0.3 };

const rowsOf = ({ data }: Classifier) =>
  [data.inputs, data.outputs].map((matrix) => sha256(floatsOf(matrix, data.args.dim)));

async function bytesOf(model: ClassifierModel<never>, options = {}): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await model.save(async (chunks) => {
    for await (const chunk of chunks) parts.push(chunk.slice());
  }, options);
  return new Uint8Array(Buffer.concat(parts));
}

describe("a classifier learns", () => {
  it.each(LABEL_LOSSES)("labels of lines it has not seen: %s", async (loss) => {
    const model = await trainClassifier(lines, { ...small, loss });
    const losses = model.history.map((record) => record.loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
    const { precision, recall, examples } = await model.test(unseen);
    expect(examples).toBe(600);
    // a line without a word of its topic can only be guessed
    expect(precision).toBeGreaterThan(0.85);
    expect(recall).toBe(precision);
    const [best] = model.predict("word1 music3 music4");
    expect(best.label).toBe("music");
    expect(best.probability).toBeGreaterThan(0.5);
  });

  it("lines that are sorted by label, unless they are to stay in their order", async () => {
    const sorted = [...lines].sort((a, b) => (a.labels[0] < b.labels[0] ? -1 : 1));
    const precision = async (options: ClassifierOptions) =>
      (await (await trainClassifier(sorted, { ...small, ...options })).test(unseen)).precision;
    expect(await precision({})).toBeGreaterThan(0.85);
    expect(await precision({ shuffle: false })).toBeLessThan(0.7);
  });

  it("all labels of lines that have several", async () => {
    const several = sample(4000, 3, true);
    const model = await trainClassifier(several, { ...small, epochs: 10, loss: "one-vs-all" });
    const found = model.predict("food1 food2 trains3 trains4", { k: 4, threshold: 0.3 });
    expect(found.map(({ label }) => label).sort()).toEqual(["food", "trains"]);
    expect(model.predict("music1 music5 music7 music2", { k: 4, threshold: 0.5 }).map(({ label }) => label)).toEqual([
      "music",
    ]);
  });

  it("what only pairs of words tell, by n-grams of words", async () => {
    const random = Random.from(5, 0);
    const pairs = Array.from({ length: 4000 }, () => {
      const isIn = random.below(2) === 0;
      const order = isIn ? "red fish" : "fish red";
      return { text: `w${random.below(5)} ${order} w${random.below(5)}`, labels: isIn ? "noun" : "verb" };
    });
    const alone = await (await trainClassifier(pairs, small)).test(pairs);
    const withPairs = await trainClassifier(pairs, { ...small, wordNgrams: 2 });
    expect(alone.precision).toBeLessThan(0.6);
    expect((await withPairs.test(pairs)).precision).toBe(1);
    expect(withPairs.predict("red fish")[0].label).toBe("noun");
  });

  it("words that it has not seen, by their characters", async () => {
    const model = await trainClassifier(lines, { ...small, minn: 3, maxn: 5 });
    expect(model.words).not.toContain("music99");
    expect(model.predict("music99 music98")[0].label).toBe("music");
    const plain = await trainClassifier(lines, small);
    expect(plain.predict("music99")).toEqual(plain.predict("unheard"));
  });

  it("rare labels as much as frequent ones, by weights", async () => {
    // of lines that tell nothing, half are of sport, and a sixth of each other topic
    const noisy = sample(3000, 9).map((example, i) => (i % 3 === 0 ? { ...example, text: "word1 word2" } : example));
    const sport = async (classWeights?: ClassifierOptions["classWeights"]) => {
      const model = await trainClassifier(noisy, { ...small, classWeights });
      return model.predict("word1 word2", { k: 4 }).find(({ label }) => label === "sport")!.probability;
    };
    expect(Math.abs((await sport()) - 1 / 2)).toBeLessThan(0.08);
    expect(Math.abs((await sport("balanced")) - 1 / 4)).toBeLessThan(0.08);
    expect(Math.abs((await sport({ sport: 0.2 })) - 1 / 6)).toBeLessThan(0.08);
  });

  it("from vectors of words", async () => {
    const words = TOPICS.flatMap((topic) => Array.from({ length: 30 }, (_, i) => `${topic}${i}`));
    const matrix = words.flatMap((_, i) => Array.from({ length: 12 }, (_, d) => Number(d === Math.floor(i / 30))));
    const initialVectors = await createVectors(words, 12, matrix);
    const few = lines.slice(0, 60);
    const { precision } = await (await trainClassifier(few, { initialVectors, learningRate: 0.3 })).test(unseen);
    const { precision: without } = await (await trainClassifier(few, small)).test(unseen);
    expect(precision).toBeGreaterThan(without + 0.1);
  });
});

describe("a classifier's bytes", () => {
  it("are the same with simd, scalar, in process, in a worker, with shared memory or a copy", async () => {
    const ways: ClassifierOptions[] = [{}, {}, { kernel: "scalar" }, { worker: false }, { wasm: unshared() }];
    for (const loss of LABEL_LOSSES) {
      const options = { ...small, loss, epochs: 2, wordNgrams: 2, minn: 2, maxn: 3 };
      const all = await Promise.all(ways.map((way) => trainClassifier(lines, { ...options, ...way })));
      expect(new Set(all.map((model) => rowsOf(model).join())).size).toBe(1);
      for (const { history } of all) expect(history[0].reproducible).toBe(true);
    }
  });

  it("depend on the seed, and on the text, not on how it is given", async () => {
    const text = lines.map(({ text, labels }) => `__label__${labels[0]} ${text}\n`).join("");
    const path = join(mkdtempSync(join(tmpdir(), "wasm2vec-classify-")), "lines.txt");
    writeFileSync(path, text);
    const one = rowsOf(await trainClassifier(lines, small));
    expect(rowsOf(await trainClassifier(path, small))).toEqual(one);
    expect(rowsOf(await trainClassifier(fileCorpus(path), small))).toEqual(one);
    expect(
      rowsOf(
        await trainClassifier(
          textCorpus(() => new Blob([text])),
          small,
        ),
      ),
    ).toEqual(one);
    expect(rowsOf(await trainClassifier(text.trim().split("\n"), small))).toEqual(one);
    expect(rowsOf(await trainClassifier(lines, { ...small, seed: 2 }))).not.toEqual(one);
  });

  it("are those of one thread where several cannot share memory, with a warning", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const model = await trainClassifier(lines, { ...small, threads: 2, wasm: unshared(), onWarning });
    expect(model.history[0]).toMatchObject({ threads: 1, parallel: "none", reproducible: true });
    expect(warnings).toEqual([expect.stringContaining("one thread trains, not 2: several need shared memory")]);
    expect(rowsOf(model)).toEqual(rowsOf(await trainClassifier(lines, small)));
  });

  it("differ with several threads, which learn as much", async () => {
    const model = await trainClassifier(lines, { ...small, threads: 2 });
    expect(model.history[0]).toMatchObject({ threads: 2, parallel: "hogwild", reproducible: false });
    expect((await model.test(unseen)).precision).toBeGreaterThan(0.85);
  });
});

describe("listeners", () => {
  it("hear of progress and of each epoch, may test and save, and end training early", async () => {
    const reports: Progress[] = [];
    const scores: number[] = [];
    let saved = new Uint8Array();
    const model = await trainClassifier(lines, {
      ...small,
      onProgress: (report) => reports.push(report),
      async onEpochEnd(model, record) {
        scores.push((await model.test(unseen)).precision);
        saved = (await bytesOf(model)) as typeof saved;
        return record.epoch < 2;
      },
    });
    expect(scores).toHaveLength(2);
    expect(model.history.map(({ stopped }) => stopped)).toEqual([undefined, "onEpochEnd"]);
    expect(reports.at(-1)).toMatchObject({ phase: "training", epoch: 2, epochs: 4 });
    expect(rowsOf(readClassifier(saved))).toEqual(rowsOf(model));
  });

  it("end a training by their errors and by a signal", async () => {
    const failing = { ...small, onEpochEnd: () => Promise.reject(new Error("no")) };
    await expect(trainClassifier(lines, failing)).rejects.toThrow("no");
    const abort = new AbortController();
    const aborted = trainClassifier(lines, {
      ...small,
      signal: abort.signal,
      onEpochEnd: () => abort.abort(new Error("enough")),
    });
    await expect(aborted).rejects.toThrow("enough");
  });

  it("are told which rate was too high", async () => {
    const training = trainClassifier(lines, { ...small, learningRate: 1e30 });
    await expect(training).rejects.toThrow(DivergenceError);
    await expect(training).rejects.toThrow(/lower "learningRate" \(it was 1e\+30\)$/);
  });
});

describe("a checkpoint", () => {
  /** Trains until so many words are read, and gives the file written there. */
  async function interrupted(options: ClassifierOptions, words: number): Promise<Uint8Array> {
    const path = join(mkdtempSync(join(tmpdir(), "wasm2vec-classify-")), "training.ckpt");
    const control = new TrainingControl();
    const abort = new AbortController();
    let isAsked = false;
    const training = trainClassifier(lines, {
      ...options,
      control,
      signal: abort.signal,
      checkpoint: fileCheckpoint(path, "1h", { metadata: { of: "test" } }),
      onProgress({ phase, words: read }) {
        if (phase !== "training" || read < words || isAsked) return;
        isAsked = true;
        control.checkpoint().then(() => abort.abort(new Error("interrupted")), abort.abort.bind(abort));
      },
    });
    await expect(training).rejects.toThrow("interrupted");
    return readFileSync(path);
  }

  it.each([{}, { worker: false }, { wasm: unshared() }, { loss: "negative-sampling" as const }])(
    "goes on to the same bytes: %j",
    async (way) => {
      const options = { ...small, ...way, epochs: 30 };
      const whole = await trainClassifier(lines, options);
      const { wasm, worker } = options as ClassifierOptions;
      const model = await loadClassifier(await interrupted(options, 1));
      expect(model.metadata).toEqual({ of: "test" });
      expect(model.isFinished).toBe(false);
      expect(await bytesOf(model)).toEqual(await bytesOf(await loadClassifier(await bytesOf(model))));
      const resumed = await trainClassifier(lines, { resume: model, wasm, worker });
      expect(resumed.isFinished).toBe(true);
      expect(resumed.history).toHaveLength(30);
      expect(rowsOf(resumed)).toEqual(rowsOf(whole));
    },
  );

  it("refuses another text, and options that are those of its training", async () => {
    const model = await loadClassifier(await interrupted({ ...small, epochs: 30 }, 1));
    await expect(trainClassifier(lines.slice(1), { resume: model })).rejects.toThrow(
      "the examples is not the text that the classifier was trained on",
    );
    await expect(trainClassifier(lines, { resume: model, dim: 3 })).rejects.toThrow(
      '"dim" is what the classifier was trained with',
    );
  });
});

describe("the file of a classifier", () => {
  it("holds all of it, for pages that only predict too", async () => {
    const options: ClassifierOptions = {
      ...{ ...small, loss: "hierarchical-softmax", wordNgrams: 2, minn: 2, maxn: 3, tokenize: { lowercase: true } },
    };
    const model = await trainClassifier(lines, options);
    const bytes = await bytesOf(model, { metadata: { who: "me" } });
    const loaded = await loadClassifier(bytes);
    const light = readClassifier(bytes);
    expect(loaded.metadata).toEqual({ who: "me" });
    expect(loaded.options).toMatchObject({
      loss: "hierarchical-softmax",
      tokenize: { lowercase: true },
      wordNgrams: 2,
    });
    expect(loaded.history).toEqual(model.history);
    for (const text of ["MUSIC1 word3 sport2", "music99", "", "nothing of this"])
      for (const other of [loaded, light]) expect(other.predict(text, { k: 9 })).toEqual(model.predict(text, { k: 9 }));
    expect(await loaded.test(unseen)).toEqual(await model.test(unseen));
    expect(rowsOf(light)).toEqual(rowsOf(model));
    expect(await bytesOf(loaded, { metadata: { who: "me" } })).toEqual(bytes);
  });

  it("is refused if any of its bytes differs", async () => {
    const bytes = await bytesOf(await trainClassifier(lines.slice(0, 300), { dim: 4, epochs: 1, wordNgrams: 2 }));
    const random = Random.from(8, 0);
    for (let i = 0; i < 300; i++) {
      const damaged = bytes.slice(0, i % 3 === 0 ? random.below(bytes.length) : bytes.length);
      const at = random.below(damaged.length || 1);
      if (i % 3 !== 0) damaged[at] ^= 1 + random.below(255);
      try {
        const read = readClassifier(damaged);
        // spaces that pad the header may be others
        expect(rowsOf(read)).toEqual(rowsOf(readClassifier(bytes)));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    await expect(loadClassifier(new Uint8Array(40))).rejects.toThrow("expected a classifier");
  });
});

describe("predictions", () => {
  it("are the probabilities of a softmax over all labels, best first", async () => {
    const model = await trainClassifier(lines, small);
    const all = model.predict("word1 music2", { k: Number.POSITIVE_INFINITY });
    expect(all).toHaveLength(4);
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    expect([...all].sort((a, b) => b.probability - a.probability)).toEqual(all);
    expect(model.predict("word1 music2", { k: 4, threshold: all[1].probability })).toEqual(all.slice(0, 2));
    // by hand: the mean of the rows, products, softmax
    const { inputs, outputs, words, labels } = model.data;
    const hidden = Float64Array.from({ length: 12 }, (_, d) =>
      ["word1", "music2", "</s>"].reduce((sum, word) => sum + inputs.row(words.indexOf(word))[d] / 3, 0),
    );
    const powers = labels.map((_, row) => Math.exp(hidden.reduce((sum, x, d) => sum + x * outputs.row(row)[d], 0)));
    const sum = powers.reduce((a, b) => a + b, 0);
    for (const { label, probability } of all) expect(probability).toBeCloseTo(powers[labels.indexOf(label)] / sum, 6);
  });

  it("are scored by precision, recall and what is taken for what", async () => {
    const model = await trainClassifier(lines, small);
    const given: Example[] = [
      { text: "music1 music2 music3", labels: ["music"] },
      { text: "music1 music2 music4", labels: ["music", "food"] },
      { text: "sport1 sport2 sport3", labels: "food" },
      { text: "sport1 sport2 sport3", labels: "unheard of" },
    ];
    const score = await model.test(given);
    expect(score).toMatchObject({ examples: 3, skipped: 1, k: 1, precision: 2 / 3, recall: 2 / 4 });
    const at = (label: string) => model.labels.indexOf(label);
    expect(score.labels[at("music")]).toEqual({
      label: "music",
      precision: 1,
      recall: 1,
      f1: 1,
      examples: 2,
      predicted: 2,
    });
    expect(score.labels[at("food")]).toEqual({
      label: "food",
      precision: 0,
      recall: 0,
      f1: 0,
      examples: 2,
      predicted: 0,
    });
    expect(score.confusion![at("food")][at("music")]).toBe(1);
    expect(score.confusion![at("food")][at("sport")]).toBe(1);
    const two = await model.test(given, { k: 2 });
    expect(two.precision * 6).toBeCloseTo(two.recall * 4, 10);
  });

  it("of nothing known are none", async () => {
    const model = await trainClassifier(lines, { ...small, minCount: 3001 }).catch((error) => error);
    expect(model).toBeInstanceOf(RangeError);
    const plain = await trainClassifier(lines, small);
    expect(plain.predict("")).toHaveLength(1);
    await expect(plain.test([{ text: "a", labels: "unheard of" }])).rejects.toThrow(
      "has no line with a label of the classifier",
    );
  });
});

it.each<[ClassifierOptions, string]>([
  [{ dim: 0 }, '"dim" expected integer'],
  [{ minn: 4, maxn: 3 }, '"maxn" expected at least "minn" 4, got 3'],
  [{ minn: 4 }, '"minn" goes with "maxn"'],
  [{ negatives: 3 }, '"negatives" goes with "loss" "negative-sampling", got "softmax"'],
  [{ classWeights: { sport: -1 } }, '"classWeights.sport" expected finite number >= 0, got -1'],
  [{ classWeights: { sports: 1 } }, '"classWeights" names "sports", which is no label of the text'],
  [{ tokenize: { tokenizer: (line) => [line] } } as ClassifierOptions, '"tokenize" expected the name of a tokenizer'],
  [{ loss: "hs" } as never, '"loss" expected one of "negative-sampling"'],
  [{ wordngrams: 2 } as never, 'unknown option "wordngrams": did you mean "wordNgrams"?'],
  [{ minCountLabel: 4000 }, 'lower "minCountLabel"'],
])("refuses %j", async (options, message) => {
  await expect(trainClassifier(lines, options)).rejects.toThrow(message);
});
