// Models in files: saved whole, loaded to be asked, trained on and grown; files of the version before.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type Model, readCheckpoint, TrainingControl, type TrainOptions, train } from "wasm2vec";
import { loadCheckpoint } from "wasm2vec/files";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(3000);
const more = sampleText(2000, 5).map((sentence) => sentence.map((word) => word.replace("topic7", "new")));
const small: TrainOptions = { dim: 12, epochs: 2, minCount: 1, subsample: 2e-3, threads: 1 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-model-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const state = (model: Model<never>) => ({
  words: model.vocabulary.words,
  counts: model.vocabulary.counts,
  vectors: model.vectors.matrix.slice(),
  history: model.history.map(({ seconds: _, wordsPerSecond: __, ...record }) => record),
});

const ways: Record<string, TrainOptions> = {
  "skip-gram": {},
  "CBOW, in process": { model: "cbow", worker: false },
  "hierarchical softmax": { loss: "hierarchical-softmax" },
  reproducible: { reproducible: true, threads: 2 },
  "frozen words": { freeze: ["topic0_0"] },
};

it("docs/formats.md names the fields of schedule and position that files have, and no others", async () => {
  const wild = { learningRateSchedule: (progress: number) => (progress < 0.3 ? 1 : 1e5) };
  const early = { validationShare: 0.1, patience: 9, minDelta: 0.01 };
  const { vectors } = await train(text, { ...small, epochs: 1 });
  const { files, write, read } = store();
  const control = new TrainingControl();
  const asking = (async () => {
    for (;;) await control.checkpoint();
  })().catch(() => {});
  await train(text, { ...small, ...wild, ...early, initialVectors: vectors, control, checkpoint: { write } });
  await asking;
  const held = files.map((_, number) => read(number));
  for (const part of ["schedule", "position"] as const) {
    const written = new Set(held.flatMap((checkpoint) => Object.keys(checkpoint[part])));
    const [, rows] = new RegExp(`\\| \`${part}\`:.*?\\n\\| --- .*?\\n(.*?)\\n\\n`, "s").exec(
      readFileSync("docs/formats.md", "utf8"),
    )!;
    const documented = rows
      .split("\n")
      .flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect([...written].sort()).toEqual(documented.sort());
  }
});

describe("model.save and loadModel", () => {
  it.each(Object.entries(ways))("keep everything: %s", async (name, options) => {
    const model = await train(text, { ...small, ...options });
    const path = join(folder, `${name}.w2v`);
    await model.save(path, { metadata: { made: "here" } });
    const loaded = await loadModel(path, { worker: options.worker });
    expect(state(loaded)).toEqual(state(model));
    expect(loaded.vectors.mostSimilar("topic0_0")).toEqual(model.vectors.mostSimilar("topic0_0"));
    if (options.loss === undefined) expect(loaded.outputVectors.matrix).toEqual(model.outputVectors.matrix);
    expect(loaded.options).toMatchObject({ dim: 12, epochs: 2, subsample: 2e-3, model: options.model ?? "skipgram" });
    expect((await loadCheckpoint(path)).metadata).toEqual({ made: "here" });
    // what is trained on gives the bytes of the model that never was in a file
    const next = { epochs: 1, learningRate: 0.02 };
    expect(state(await loaded.train(more, next))).toEqual(state(await model.train(more, next)));
  });

  it("give a model that grows, and that is saved again", async () => {
    const model = await train(text, small);
    const { files, write } = store();
    await model.save(write);
    const loaded = await loadModel(new Uint8Array(files[0]));
    await loaded.train(more, { epochs: 1, updateVocabulary: true });
    await model.train(more, { epochs: 1, updateVocabulary: true });
    expect(loaded.vocabulary.has("new_0")).toBe(true);
    expect(state(loaded)).toEqual(state(model));
    await loaded.save(write);
    expect(state(await loadModel(readCheckpoint(files[1])))).toEqual(state(model));
  });

  it("within onEpochEnd give a file that training can go on from", async () => {
    const { files, write } = store();
    // not awaited: training waits all the same
    const model = await train(text, { ...small, onEpochEnd: (model) => void (model as Model).save(write) });
    expect(files).toHaveLength(2);
    const resumed = await train(text, { resume: readCheckpoint(files[0]) });
    expect(state(resumed)).toEqual(state(model));
  });

  it("save what an aborted training leaves, as a model that is done", async () => {
    const abort = new AbortController();
    const model = await train(text, small);
    const onProgress = ({ phase, words }: { phase: string; words: number }) => {
      if (phase === "training" && words > 0) abort.abort();
    };
    await expect(model.train(more, { epochs: 500, onProgress, signal: abort.signal })).rejects.toThrow(/abort/);
    const { write, read } = store();
    await model.save(write);
    expect(read().isFinished).toBe(true);
    expect((await loadModel(read())).vectors.matrix).toEqual(model.vectors.matrix);
  });

  it("are waited for no longer than the signal allows", async () => {
    const model = await train(text, small);
    const saving = model.save(() => new Promise(() => {}));
    saving.catch(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("stop")), 50);
    await expect(model.train(text, { epochs: 1, signal: abort.signal })).rejects.toThrow("stop");
  });

  it("refuse what they cannot do", async () => {
    const model = await train(text, small);
    await expect(model.save(5 as never)).rejects.toThrow(/"save" expected a path, or a function .*, got 5/);
    await expect(model.save(join(folder, "none", "x"))).rejects.toThrow("make it first");
    const busy = model.train(text, { epochs: 1 });
    await expect(model.save(join(folder, "busy"))).rejects.toThrow("the model is being trained");
    await expect(model.train(text, { epochs: 1 })).rejects.toThrow("the model is being trained");
    await busy;
    await expect(loadModel(join(folder, "nowhere"))).rejects.toThrow("no such file");
    await expect(loadModel({} as never)).rejects.toThrow("loadModel expected a path, a Checkpoint or the bytes");
    await expect(loadModel(Buffer.from("text"))).rejects.toThrow("a model is what Model.save wrote");
    await model.save(join(folder, "m"));
    await expect(loadModel(join(folder, "m"), { dim: 5 } as never)).rejects.toThrow('unknown option "dim"');
  });
});

describe("a checkpoint of version 2", () => {
  // written at commit 10cebb1, in the midst of the first of two epochs
  const bytes = readFileSync("test/golden/checkpoint-v2.ckpt");

  it("is not gone on with, since training goes another way now", async () => {
    const resume = readCheckpoint(new Uint8Array(bytes));
    expect(resume.position).toMatchObject({ epochs: 0, batches: 1, words: 9998, steps: 0 });
    await expect(train(sampleText(3000), { resume })).rejects.toThrow(
      '"resume" checkpoint was begun by an older wasm2vec, which trained in another way',
    );
    const { write } = store();
    await expect(train(sampleText(3000), { checkpoint: { write, read: async () => resume } })).rejects.toThrow(
      "an older wasm2vec began it",
    );
  });

  it("is a model, which is trained on and written anew as version 6", async () => {
    const model = await loadModel(new Uint8Array(bytes));
    expect(model.vectors.size).toBe(129);
    await model.train(sampleText(100), { epochs: 1 });
    const { files, write } = store();
    await model.save(write);
    expect(Buffer.from(files[0]).toString("latin1")).toContain('"format":"wasm2vec.model","version":"6"');
  });
});

describe.each([
  ["4", undefined],
  ["5", 8],
])("a file of version %s", (version, parts) => {
  /** The state of version 6 is that of version 5 and 4. */
  const asOlder = (file: Uint8Array) =>
    new Uint8Array(
      Buffer.from(Buffer.from(file).toString("latin1").replace('"version":"6"', `"version":"${version}"`), "latin1"),
    );

  it("is a model; a training that had not ended is refused, since its chunks were others", async () => {
    const text = sampleText(3000);
    const options = { dim: 8, epochs: 2, worker: false, parts: 8 };
    const { files, write } = store();
    const model = await train(text, { ...options, checkpoint: { write, every: "1epoch" } });
    const [interrupted, finished] = files.map(asOlder);
    const loaded = await loadModel(finished);
    expect(loaded.vectors.matrix).toEqual(model.vectors.matrix);
    expect(readCheckpoint(finished).mode).toBe("grid");
    expect(readCheckpoint(finished).options.parts).toBe(parts);
    await expect(train(text, { ...options, resume: readCheckpoint(interrupted) })).rejects.toThrow(
      "was begun by an older wasm2vec, which trained in another way",
    );
  });
});
