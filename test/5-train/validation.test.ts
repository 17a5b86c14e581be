// Sentences that are held out, and trainings that end early: by every engine the same, and the same again after an interruption.

import { describe, expect, it } from "vitest";
import {
  type EpochRecord,
  loadModel,
  type Model,
  type Progress,
  TrainingControl,
  type TrainOptions,
  train,
  Vocabulary,
} from "wasm2vec";
import { parseAnalogies, parseWordPairs, qualityProbe } from "wasm2vec/evaluate";
import { node2vec } from "wasm2vec/node";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";
import { unshared } from "../support/unshared";

const text = sampleText(3000);
/** words enough for two blocks */
const wide = sampleText(3000, 1, 75);
const small: TrainOptions = { dim: 10, epochs: 3, minCount: 1, threads: 1, validationShare: 0.02, learningRate: 0.025 };

/** Whether a sentence is held out with a share of 0.02. */
const isHeld = (_: unknown, i: number) => (i + 1) % 50 === 0;
/** The text with other sentences in the place of those that are held out, of the same words. */
function withOthersHeld(sentences: string[][]): string[][] {
  const words = sentences.filter(isHeld).flat().reverse();
  return sentences.map((sentence, i) => (isHeld(sentence, i) ? words.splice(0, sentence.length) : sentence));
}

const engines: [string, TrainOptions][] = [
  ["the grid", {}],
  ["the grid, two threads", { threads: 2 }],
  ["a ring of two", { threads: 2, wasm: unshared() }],
  ["in process", { worker: false }],
  ["CBOW", { model: "cbow" }],
  ["hierarchical softmax", { loss: "hierarchical-softmax" }],
  ["softmax", { loss: "softmax", epochs: 1 }],
  ["the js kernel", { kernel: "js", epochs: 1 }],
];

/** All that a training leaves, times left out. */
const traces = ({ vectors, history }: Pick<Model, "vectors" | "history">) => ({
  vectors: vectors.matrix.slice(),
  history: history.map(({ seconds: _, wordsPerSecond: __, threads: ___, ...record }) => record),
});
const losses = (model: { history: readonly EpochRecord[] }) =>
  model.history.map(({ validationLoss }) => validationLoss!);

describe("what is held out", () => {
  it.each(engines)("is not trained on, but its loss is told: %s", async (_, options) => {
    const given = { ...small, ...options };
    const model = await train(wide, given);
    const other = await train(withOthersHeld(wide), given);
    expect(other.vectors.matrix).toEqual(model.vectors.matrix);
    expect(other.history.map(({ loss }) => loss)).toEqual(model.history.map(({ loss }) => loss));
    for (const [i, loss] of losses(model).entries()) expect(loss).not.toBe(losses(other)[i]);
    // of the same kind as that of training
    const { loss, validationLoss } = model.history.at(-1)!;
    expect(Math.abs(validationLoss! / loss - 1)).toBeLessThan(0.2);
    const words = wide.filter((_, i) => !isHeld(_, i)).flat().length;
    expect(model.history.map((record) => record.words)).toEqual(model.history.map(() => words));
  });

  it.each<[string, TrainOptions]>([
    ["CBOW", { model: "cbow" }],
    ["the grid", {}],
  ])("leaves what a text without it would leave, with the same vocabulary: %s", async (_, options) => {
    const without = text.filter((_, i) => !isHeld(_, i));
    const counts = new Map(text.flat().map((word) => [word, 0]));
    for (const word of without.flat()) counts.set(word, counts.get(word)! + 1);
    const given = { ...small, ...options, minCount: undefined, vocabulary: new Vocabulary([...counts]) };
    const plain = await train(without, { ...given, validationShare: 0 });
    const held = await train(text, given);
    expect(held.vectors.matrix).toEqual(plain.vectors.matrix);
    expect(held.history.map(({ loss }) => loss)).toEqual(plain.history.map(({ loss }) => loss));
    expect(plain.history[0]).not.toHaveProperty("validationLoss");
  });

  it("is the same in all engines with the same vectors, and changes none", async () => {
    const same = engines.slice(0, 4);
    const all = [];
    for (const [, options] of same) all.push(traces(await train(wide, { ...small, ...options })));
    for (const other of all.slice(1)) expect(other).toEqual(all[0]);
  });

  it("is read once or in each pass, counted here or elsewhere, with the same result", async () => {
    const { vectors, history, vocabulary } = await train(text, small);
    const read = await train(text, { ...small, spool: false });
    expect(traces(read)).toEqual(traces({ vectors, history }));
    const drawn = await train(() => text, { ...small, spool: true });
    expect(traces(drawn)).toEqual(traces({ vectors, history }));
    const elsewhere = await train(text, { ...small, minCount: undefined, vocabulary });
    expect(losses(elsewhere)).toEqual(losses({ history }));
  });

  it("is told of threads without locks, too", async () => {
    const model = await train(text, { ...small, model: "cbow", threads: 2 });
    expect(model.history[0].parallel).toBe("hogwild");
    const [first, , last] = losses(model);
    expect(last).toBeLessThan(first);
  });

  it("is told while the next epoch is trained", async () => {
    const seen = new Map<number, number | undefined>();
    const onProgress = ({ phase, epoch, validationLoss }: Progress) =>
      phase === "training" && seen.set(epoch, validationLoss);
    const model = await train(text, { ...small, onProgress });
    expect(seen.get(1)).toBeUndefined();
    expect([seen.get(2), seen.get(3)]).toEqual(losses(model).slice(0, 2));
  });

  it("warns of nothing that changed", async () => {
    const warnings: string[] = [];
    await train(text, { ...small, validationShare: 0.1, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([]);
  });
});

describe("is refused, or warned of, with the remedy:", () => {
  it.each<[string, TrainOptions, RegExp]>([
    [
      "half of the text and more",
      { validationShare: 0.51 },
      /"validationShare" expected finite number 0 to 0.5, got 0.51/,
    ],
    [
      "too small a share",
      { validationShare: 0.0001 },
      /holds out none of the 3000 sentences of corpus: give 0.00034 or more/,
    ],
    [
      "patience with nothing to go by",
      { validationShare: 0, patience: 1 },
      /"patience" has nothing to go by: give "validationShare"/,
    ],
    ["no patience at all", { patience: 0 }, /"patience" expected integer >= 1, got 0/],
    ["minDelta without it", { minDelta: 0.1 }, /"minDelta" goes with "patience"/],
    [
      "a listener without a score",
      { validationShare: 0, patience: 1, onEpochEnd: () => 3 },
      /"onEpochEnd" expected to return/,
    ],
    [
      "a score that is none",
      { onEpochEnd: async () => ({ score: Number.NaN }) },
      /"score" .* expected a finite number, got NaN/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(train(text, { ...small, ...options })).rejects.toThrow(message);
  });

  it("texts of one sentence, and shares that hold out words alone", async () => {
    await expect(train([["a", "b", "a", "b"]], { validationShare: 0.1 })).rejects.toThrow(
      "holds out none of the 1 sentences of corpus: leave it out",
    );
    const lonely = Array.from({ length: 1000 }, (_, i) => (i % 10 === 9 ? ["a"] : ["a", "b"]));
    await expect(train(lonely, { validationShare: 0.1, subsample: 0 })).rejects.toThrow(
      /no word .* has another beside it/,
    );
  });

  it("texts that may be drawn anew", async () => {
    const expected = '"validationShare" needs a text that is the same in each pass';
    await expect(train(() => text, small)).rejects.toThrow(expected);
    const edges = Array.from({ length: 200 }, (_, i): [string, string] => [`n${i}`, `n${(3 * i + 1) % 200}`]);
    const given = { dim: 4, validationShare: 0.1, threads: 1, onWarning: () => {} };
    await expect(node2vec(edges, given)).rejects.toThrow(/set "spool" to true/);
    const { history } = await node2vec(edges, { ...given, spool: true });
    expect(history[1].validationLoss).toBeGreaterThan(0);
  });

  it("a sentence or two", async () => {
    const warnings: string[] = [];
    await train(text, { ...small, validationShare: 0.001, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([
      expect.stringMatching(/holds out \d+ words, 3 of 3000 sentences: a loss of so few hangs on/),
    ]);
  });
});

describe("training ends early", () => {
  const long = { ...small, epochs: 40, learningRate: 0.05, learningRateSchedule: "constant" } as const;
  const scored = (...scores: number[]) => {
    let epoch = 0;
    return () => ({ score: scores[epoch++] });
  };

  it("as soon as the held-out loss has not improved for so long, and not before", async () => {
    const all = losses(await train(text, long));
    const model = await train(text, { ...long, patience: 2 });
    const best = all.findIndex((loss, i) => Math.min(...all.slice(i + 1, i + 3)) >= loss);
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(37);
    expect(losses(model)).toEqual(all.slice(0, best + 3));
    expect(model.history.map(({ stopped }) => stopped)).toEqual([...Array(best + 2).fill(undefined), "validationLoss"]);
    // an improvement must be one
    const strict = await train(text, { ...long, patience: 2, minDelta: 1 });
    expect(strict.history).toHaveLength(3);
  });

  it("by a score, rather than by the loss", async () => {
    const { history } = await train(text, { ...long, patience: 2, onEpochEnd: scored(1, 3, 2, 4, 4, 3.5, 9) });
    expect(history.map(({ score }) => score)).toEqual([1, 3, 2, 4, 4, 3.5]);
    expect(history.map(({ stopped }) => stopped)).toEqual([...Array(5).fill(undefined), "score"]);
    const without = { ...long, validationShare: 0, patience: 2 };
    expect((await train(text, { ...without, onEpochEnd: scored(3, 2, 1) })).history).toHaveLength(3);
  });

  it("by the score of a probe", async () => {
    const wordPairs = parseWordPairs("topic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_1\t1\ntopic3_0\ttopic3_2\t8\n");
    const probe = qualityProbe({ wordPairs });
    const { history } = await train(text, { ...long, validationShare: 0, patience: 3, onEpochEnd: probe.onEpochEnd });
    expect(history.at(-1)!.stopped).toBe("score");
    expect(history.map(({ score }) => score)).toEqual(probe.curve.map(({ spearman }) => spearman));
    const scores = probe.curve.map(({ score }) => score);
    expect(scores.length - 1 - scores.indexOf(Math.max(...scores))).toBe(3);
  });

  it.each([
    ["pairs", { wordPairs: parseWordPairs("a\tb\t9\nc\td\t1\n") }, "at least 2 with both words among the"],
    ["ratings", { wordPairs: parseWordPairs("topic0_0\ttopic0_1\t1\ntopic0_0\ttopic3_1\t1\n") }, "ratings expected"],
    ["questions", { analogies: parseAnalogies(": s\ntopic0_0 a b c\n") }, "at least 1 question with all four words"],
    [
      "frequent words",
      { analogies: parseAnalogies(": s\ntopic0_0 topic0_1 topic3_0 topic3_1\n"), restrictVocabulary: 3 },
      "among the 3 known, got 0 of 1",
    ],
  ])("a probe without known %s is refused before anything is trained", async (_, options, message) => {
    const { onVocabulary, onEpochEnd } = qualityProbe(options);
    const phases = new Set<string>();
    const onProgress = ({ phase }: Progress) => void phases.add(phase);
    await expect(train(text, { ...small, onVocabulary, onEpochEnd, onProgress })).rejects.toThrow(message);
    expect(phases.has("training")).toBe(false);
    // as the scoring itself would have said
    await expect(train(text, { ...small, onEpochEnd, onProgress })).rejects.toThrow(message);
    expect(phases.has("training")).toBe(true);
  });

  it("by false, as ever; the last epoch is no early end", async () => {
    const ended = await train(text, { ...long, onEpochEnd: (_, { epoch }) => epoch < 2 });
    expect(ended.history.map(({ stopped }) => stopped)).toEqual([undefined, "onEpochEnd"]);
    const last = await train(text, { ...long, epochs: 2, patience: 1, onEpochEnd: scored(2, 1) });
    expect(last.history.map(({ stopped }) => stopped)).toEqual([undefined, undefined]);
  });

  it("of a call of Model.train, which has its own options", async () => {
    const model = await train(text, { ...small, patience: 1, onEpochEnd: scored(1, 2, 3) });
    await model.train(text.slice(0, 3), { epochs: 1 });
    expect(model.history.at(-1)).not.toHaveProperty("validationLoss");
    const again = { epochs: 30, validationShare: 0.1, patience: 1, learningRate: 0.05 };
    await model.train(text, { ...again, learningRateSchedule: "constant" });
    const { stopped, validationLoss, epoch } = model.history.at(-1)!;
    expect({ stopped, told: validationLoss! > 0, early: epoch < 34 }).toEqual({
      stopped: "validationLoss",
      told: true,
      early: true,
    });
    await expect(model.train(text, { patience: 1 })).rejects.toThrow('"patience" has nothing to go by');
    await expect(model.train(text.slice(0, 3), { validationShare: 0.1 })).rejects.toThrow("holds out none of the 3");
  });
});

describe("what is resumed ends as what was not interrupted", () => {
  const long = { ...small, epochs: 30, learningRate: 0.05, learningRateSchedule: "constant", patience: 2 } as const;

  it.each<[string, TrainOptions]>([
    ["the grid", {}],
    ["the grid, two threads", { threads: 2 }],
    ["CBOW", { model: "cbow" }],
  ])("in the midst of epochs and between them: %s", async (_, options) => {
    const given = { ...long, ...options };
    const whole = await train(wide, given);
    expect(whole.history.at(-1)!.stopped).toBe("validationLoss");
    const [control, { files, write, read }] = [new TrainingControl(), store()];
    const asking = (async () => {
      for (;;) await control.checkpoint();
    })().catch(() => {});
    await train(wide, { ...given, control, checkpoint: { every: "1epoch", write } });
    await asking;
    const places = [1, 0.25, 0.5, 0.75].map((share) => Math.floor(share * (files.length - 2)));
    for (const place of places) {
      const resume = read(place);
      expect(resume.isFinished).toBe(false);
      expect(traces(await train(wide, { resume }))).toEqual(traces(whole));
    }
    const finished = read();
    expect(finished.isFinished).toBe(true);
    expect(finished.history.at(-1)!.stopped).toBe("validationLoss");
    expect(traces(await train(wide, { resume: finished }))).toEqual(traces(whole));
  });

  it("by scores that are kept, too", async () => {
    const scores = [1, 3, 2.5, 2, 5];
    const onEpochEnd = (_: unknown, { epoch }: EpochRecord) => ({ score: scores[epoch - 1] });
    const given = { ...small, epochs: 5, patience: 2, validationShare: 0 };
    const whole = await train(text, { ...given, onEpochEnd });
    expect(whole.history).toHaveLength(4);
    const { write, read } = store();
    await train(text, { ...given, onEpochEnd, checkpoint: { every: "1epoch", write } });
    // the best score was before the interruption
    expect(traces(await train(text, { resume: read(2), onEpochEnd }))).toEqual(traces(whole));
    await expect(train(text, { resume: read(2) })).rejects.toThrow('"patience" has nothing to go by');
  });

  it("from what onEpochEnd saves in the last epoch, before it is known to be the last", async () => {
    const { files, write, read } = store();
    const whole = await train(text, { ...long, onEpochEnd: (model) => (model as Model).save(write) });
    expect(files).toHaveLength(whole.history.length);
    expect(read().isFinished).toBe(false);
    expect(traces(await train(text, { resume: read() }))).toEqual(traces(whole));
  });

  it("refuses a text in which what is held out has changed, and other options", async () => {
    const { write, read } = store();
    await train(text, { ...small, checkpoint: { every: "1epoch", write } });
    const resume = read(0);
    await expect(train(withOthersHeld(text), { resume })).rejects.toThrow(
      "sentences of it that are held out have changed",
    );
    await expect(train(text, { resume, validationShare: 0.1 })).rejects.toThrow(
      '"validationShare" clashes with "resume": stored was trained with validationShare 0.02, got 0.1',
    );
    const held = { write, read: async () => resume };
    const other = train(withOthersHeld(text), { ...small, checkpoint: held });
    await expect(other).rejects.toThrow("sentences of it that are held out have changed");
    const same = await train(text, { ...small, checkpoint: held });
    expect(traces(same)).toEqual(traces(await train(text, small)));
  });

  it("an interrupted call of Model.train", async () => {
    const first = store();
    await (await train(text, { ...small, epochs: 1 })).save(first.write);
    const begin = () => loadModel(first.read());
    const call = {
      epochs: 30,
      validationShare: 0.1,
      patience: 1,
      learningRate: 0.1,
      learningRateSchedule: "constant",
    } as const;
    const whole = await (await begin()).train(text, call);
    const { write, read } = store();
    await (await begin()).train(text, { ...call, checkpoint: { every: "1epoch", write } });
    const held = { write, read: async () => read(0) };
    expect(traces(await (await begin()).train(text, { ...call, checkpoint: held }))).toEqual(traces(whole));
    expect(traces(await train(text, { resume: read(0) }))).toEqual(traces(whole));
  });
});

it("an abort ends a training that holds sentences out", async () => {
  const abort = new AbortController();
  const reason = new Error("stop it");
  const onEpochEnd = () => abort.abort(reason);
  await expect(train(text, { ...small, signal: abort.signal, onEpochEnd })).rejects.toBe(reason);
});
