// A checkpoint's place keeps a training that has not ended: the same one goes on, another does not overwrite it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadModel, type TrainOptions, train } from "wasm2vec";
import { fileCheckpoint, loadCheckpoint } from "wasm2vec/files";
import { sampleText } from "../support/sample";

const text = sampleText(3000);
const small: TrainOptions = { dim: 12, epochs: 3, minCount: 1, subsample: 2e-3, threads: 1 };
let folder: string;
let file: string;
let warnings: string[];
const onWarning = (message: string) => void warnings.push(message);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-held-"));
  file = join(folder, "training.ckpt");
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Leaves a checkpoint of one epoch of three. */
async function interrupt(options: TrainOptions = {}): Promise<void> {
  const onEpochEnd = (_: unknown, { epoch }: { epoch: number }) => {
    if (epoch === 2) throw new Error("the power went");
  };
  const training = train(text, { ...small, ...options, checkpoint: fileCheckpoint(file, "1epoch"), onEpochEnd });
  await expect(training).rejects.toThrow("the power went");
  expect((await loadCheckpoint(file)).history).toHaveLength(1);
}

it("the same training goes on, with other threads too, to the bytes of one that was not interrupted", async () => {
  for (const options of [{}, { reproducible: true, threads: 2 }, { freeze: ["common1"] }] as TrainOptions[]) {
    const whole = await train(text, { ...small, ...options });
    await interrupt(options);
    const again = { ...small, ...options, ...(options.reproducible && { threads: 3 }) };
    const model = await train(text, { ...again, checkpoint: fileCheckpoint(file), onWarning });
    expect(warnings.splice(0)).toEqual([`going on with the training in ${file}, epoch 2 of 3`]);
    expect(model.vectors.matrix).toEqual(whole.vectors.matrix);
    expect(model.history).toHaveLength(3);
    rmSync(file);
  }
});

it.each<[string, TrainOptions, string[][]]>([
  ["options", { dim: 8 }, text],
  ["words that are frozen", { freeze: ["common1"] }, text],
  ["text", {}, sampleText(3000, 2)],
  ["text, which has grown", {}, [...text, ["common1", "common2"]]],
])("another one, of other %s, is refused, and the file stays as it was", async (_, options, other) => {
  await interrupt();
  const before = readFileSync(file);
  const training = train(other, { ...small, ...options, checkpoint: fileCheckpoint(file) });
  await expect(training).rejects.toThrow(
    /"checkpoint" .*training\.ckpt holds a training that has not ended \(epoch 2 of 3\), and (this one differs|its text is another one): .*"overwrite" starts over/,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

it("overwrite starts over", async () => {
  await interrupt();
  const checkpoint = fileCheckpoint(file, "1epoch", { overwrite: true });
  const model = await train(text, { ...small, dim: 8, checkpoint });
  expect(model.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  expect((await loadCheckpoint(file)).options.dim).toBe(8);
});

it("a finished training is taken as it is by the same one, and replaced by another", async () => {
  const checkpoint = fileCheckpoint(file);
  const { vectors } = await train(text, { ...small, checkpoint });
  const again = await train(text, { ...small, checkpoint, onWarning });
  expect(again.vectors.matrix).toEqual(vectors.matrix);
  expect(warnings[0]).toContain("holds this training, finished");
  const other = await train(sampleText(3000, 2), { ...small, checkpoint, onWarning });
  expect(other.vectors.matrix).not.toEqual(vectors.matrix);
  expect((await loadModel(file)).vectors.matrix).toEqual(other.vectors.matrix);
});

it("a training that is resumed, or a model trained on, overwrites no other either", async () => {
  await interrupt();
  const resume = await loadCheckpoint(file);
  rmSync(file);
  await interrupt({ dim: 8 });
  const checkpoint = fileCheckpoint(file);
  await expect(train(text, { resume, checkpoint })).rejects.toThrow("has not ended (epoch 2 of 3), and");
  const model = await train(text, small);
  await expect(model.train(text, { epochs: 1, checkpoint })).rejects.toThrow(
    "and this one differs: its model, its options or its words",
  );
  // its own it does
  await train(text, { resume: await loadCheckpoint(file), checkpoint });
  expect((await loadCheckpoint(file)).isFinished).toBe(true);
  await model.train(text, { epochs: 1, checkpoint });
});

it("a model that is trained on goes on, too, in another process", async () => {
  await (await train(text, small)).save(join(folder, "model.w2v"));
  const more = sampleText(2000, 3);
  const options = { epochs: 3, checkpoint: fileCheckpoint(file, "1epoch"), onWarning };
  const stop = (_: unknown, { epoch }: { epoch: number }) => {
    if (epoch === 5) throw new Error("the power went");
  };
  const interrupted = await loadModel(join(folder, "model.w2v"));
  await expect(interrupted.train(more, { ...options, onEpochEnd: stop })).rejects.toThrow("the power went");
  const whole = await (await loadModel(join(folder, "model.w2v"))).train(more, { epochs: 3 });
  const again = await (await loadModel(join(folder, "model.w2v"))).train(more, options);
  expect(warnings).toEqual([`going on with the training in ${file}, epoch 5 of 6`]);
  expect(again.vectors.matrix).toEqual(whole.vectors.matrix);
  expect(again.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("what cannot be read is not overwritten; an empty file is", async () => {
  writeFileSync(file, "");
  await train(text, { ...small, epochs: 1, checkpoint: fileCheckpoint(file) });
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  for (const content of ["my notes", bytes]) {
    writeFileSync(file, content);
    await expect(train(text, { ...small, checkpoint: fileCheckpoint(file) })).rejects.toThrow(
      /training\.ckpt: .*; it is not overwritten: name another file, remove it, or set "overwrite"/,
    );
    expect(readFileSync(file).equals(Buffer.from(content))).toBe(true);
  }
});

it("what the same training left further on is not overwritten by one resumed from before", async () => {
  await interrupt();
  const early = await loadCheckpoint(file);
  const stop = (_: unknown, { epoch }: { epoch: number }) => {
    if (epoch === 3) throw new Error("again");
  };
  await expect(train(text, { ...small, checkpoint: fileCheckpoint(file, "1epoch"), onEpochEnd: stop })).rejects.toThrow(
    "again",
  );
  const training = train(text, { resume: early, checkpoint: fileCheckpoint(file) });
  await expect(training).rejects.toThrow("it is further on than");
  expect((await loadCheckpoint(file)).position.epochs).toBe(2);
});

it("a training with other options than the defaults is not gone on with by one that leaves them out", async () => {
  const words = { dim: 12, threads: 1 };
  for (const given of [{ epochs: 7 }, { minCount: 2 }, { subsample: 0 }] as TrainOptions[]) {
    let epochs = 0;
    const onEpochEnd = () => (++epochs === 2 ? Promise.reject(new Error("off")) : undefined);
    const checkpoint = fileCheckpoint(file, "1epoch", { overwrite: true });
    await expect(train(text, { ...words, ...given, checkpoint, onEpochEnd })).rejects.toThrow("off");
    const training = train(text, { ...words, checkpoint: fileCheckpoint(file) });
    await expect(training).rejects.toThrow(`it has "${Object.keys(given)[0]}" ${Object.values(given)[0]}, this one`);
  }
});

it("a model that is trained on with other frozen words is another training", async () => {
  await (await train(text, small)).save(join(folder, "model.w2v"));
  const checkpoint = fileCheckpoint(file, "1epoch");
  const stop = () => Promise.reject(new Error("off"));
  const first = await loadModel(join(folder, "model.w2v"));
  // the end of an epoch is kept after its listener
  let epochs = 0;
  const second = () => (++epochs === 2 ? stop() : undefined);
  await expect(first.train(text, { epochs: 3, checkpoint, onEpochEnd: second })).rejects.toThrow("off");
  const again = await loadModel(join(folder, "model.w2v"));
  await expect(again.train(text, { epochs: 3, checkpoint, freeze: ["common1"] })).rejects.toThrow(
    'this one differs: it has other words in "freeze" or "wordRates"',
  );
});

it("a training that began with other vectors is another one", async () => {
  const own = (await train(text, { ...small, epochs: 1 })).vectors;
  const others = (await train(text, { ...small, epochs: 1, seed: 2 })).vectors;
  await interrupt({ initialVectors: own });
  for (const initialVectors of [others, undefined])
    await expect(train(text, { ...small, initialVectors, checkpoint: fileCheckpoint(file) })).rejects.toThrow(
      'it began with other "initialVectors"',
    );
  await train(text, { ...small, initialVectors: own, checkpoint: fileCheckpoint(file), onWarning });
  expect(warnings).toEqual([`going on with the training in ${file}, epoch 2 of 3`]);
});

it.each([
  ["one thread", { threads: 1 }],
  ["reproducible", { threads: 2, reproducible: true }],
] as [string, TrainOptions][])(
  "a text that cannot be read any more costs nothing that was trained: %s",
  async (_, options) => {
    const long = sampleText(8000);
    const given = { ...small, ...options };
    const whole = await train(long, given);
    let pass = 0;
    function* corpus() {
      if (pass++ < 2) return yield* long;
      yield* long.slice(0, 6000);
      throw new Error("the disk has gone");
    }
    const training = train(corpus, { ...given, checkpoint: fileCheckpoint(file, "1h") });
    await expect(training).rejects.toThrow(
      /^the disk has gone; .*training\.ckpt holds training up to word \d+, of epoch 2/,
    );
    expect((await loadCheckpoint(file)).position).toMatchObject({ epochs: 1, batches: expect.any(Number) });
    const model = await train(long, { ...given, checkpoint: fileCheckpoint(file) });
    expect(model.vectors.matrix).toEqual(whole.vectors.matrix);
  },
);

it("a place that gives something else is named", async () => {
  const write = async () => {};
  for (const read of [async () => null, async () => undefined])
    await train(text, { ...small, epochs: 1, checkpoint: { write, read: read as never } });
  const checkpoint = { write, read: async () => ({}) as never };
  await expect(train(text, { ...small, checkpoint })).rejects.toThrow("checkpoint.read expected to give a Checkpoint");
});
