// Models whose blocks lie in files: the bytes of one memory, whatever fits into memory; streams, checkpoints, refusals.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createVectors,
  DivergenceError,
  estimateMemory,
  loadModel,
  type Model,
  TrainingControl,
  type TrainOptions,
  train,
  type WordVectors,
} from "wasm2vec";
import { fileCheckpoint, loadCheckpoint, saveVectors } from "wasm2vec/files";
import { VECTOR_FORMATS } from "../../src/format/formats";
import { BlockFiles } from "../../src/platform/node/block-files";
import { stagesOf } from "../../src/train/execution/blocks-runner";
import { visitAt } from "../../src/train/execution/visits";
import { CellsDone } from "../support/cells";
import { sampleText } from "../support/sample";

/** words for eight blocks, of about 330 rows of 512 bytes: 172,032 bytes */
const text = sampleText(3000, 1, 300);
const small: TrainOptions = {
  ...{ dim: 128, epochs: 2, minCount: 1, subsample: 2e-3, threads: 2, learningRate: 0.05, parts: 8 },
};
const BLOCK = 336 * 512;
/** Memory of so many blocks of contexts beside the five of targets that two threads have. */
const holding = (contexts: number) => ({ blocksMemory: (5 + contexts) * BLOCK });

let root: string;
let folder: string;
let whole: Model<unknown>;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "wasm2vec-blocks-"));
  whole = (await train(text, small)) as Model<unknown>;
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = join(root, "blocks");
  rmSync(folder, { recursive: true, force: true });
});

/** Compares the bytes of all vectors. */
async function expectSameVectors(some: WordVectors, others: WordVectors): Promise<void> {
  const files = [join(root, "some.bin"), join(root, "others.bin")];
  await saveVectors(some, files[0]);
  await saveVectors(others, files[1]);
  const [first, second] = files.map((file) => readFileSync(file));
  expect(first.equals(second)).toBe(true);
}

const lossesOf = ({ history }: Pick<Model<unknown>, "history">) =>
  history.map(({ loss, predictions, trainedWords, validationLoss }) => [
    loss,
    predictions,
    trainedWords,
    validationLoss,
  ]);

async function expectSame(model: Model<never>, other: Pick<Model<unknown>, "vectors" | "outputVectors" | "history">) {
  await expectSameVectors(model.vectors, other.vectors);
  await expectSameVectors(model.outputVectors, other.outputVectors);
  expect(lossesOf(model as Model<unknown>)).toEqual(lossesOf(other));
}

/** Whether this process may mount a small disk. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "wasm2vec-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("stagesOf", () => {
  it("has each cell once, after all that it needs", () => {
    const shape = fc.record({ power: fc.nat(6), groups: fc.integer({ min: 1, max: 64 }) });
    fc.assert(
      fc.property(shape, ({ power, groups }) => {
        const blocks = 2 ** power;
        const done = new CellsDone(blocks);
        for (const { rows, columns } of stagesOf(blocks, Math.min(groups, blocks)))
          for (let column = columns.from; column < columns.to; column++) done.add(visitAt(rows, column, blocks)!);
        done.expectAll();
      }),
    );
  });
});

describe("training", () => {
  it.each<[string, TrainOptions]>([
    ["all contexts in memory", { blocksMemory: 2 ** 30 }],
    ["two groups", holding(4)],
    ["three groups, of two and three", holding(3)],
    ["a group for each block, and one thread", { blocksMemory: 2 ** 20, threads: 1 }],
    ["this thread", { ...holding(3), worker: false, threads: 1 }],
  ])("gives the bytes of one memory: %s", async (_, options) => {
    await expectSame(await train(text, { ...small, ...options, blocks: folder }), whole);
  });

  it("frozen words, rates and given vectors, and what is held out, are those of one memory", async () => {
    const given = await createVectors(
      ["common1", "common2", "elsewhere"],
      128,
      Float32Array.from({ length: 384 }, (_, i) => Math.sin(i) / 100),
    );
    const options: TrainOptions = {
      ...small,
      ...{ initialVectors: given, freeze: ["common1"], wordRates: new Map([["common3", 0.5]]), validationShare: 0.1 },
    };
    await expectSame(await train(text, { ...options, ...holding(3), blocks: folder }), await train(text, options));
  });

  it("few words are one block", async () => {
    const words = [["a", "b", "c", "a", "b", "d"]];
    const options: TrainOptions = { dim: 4, minCount: 1, parts: 2, worker: false };
    await expectSame(await train(words, { ...options, blocks: folder }), await train(words, options));
  });

  it("a model trains on, from a file too, to the bytes of one in memory", async () => {
    const more = sampleText(2000, 5, 300);
    const file = join(root, "model.w2v");
    await whole.save(file);
    const other = await loadModel(file);
    await other.train(more, { epochs: 1 });
    const model = await loadModel(file, { blocks: folder, ...holding(3) });
    await model.train(more, { epochs: 1 });
    await expectSame(model as Model<never>, other);
    // the folder holds it now
    const again = await loadModel(join(folder, "training.w2v"), { blocks: folder });
    await expectSame(again as Model<never>, other);
    await expect(loadModel(file, { blocks: folder })).rejects.toThrow(/"blocks" .* holds a training already/);
    await expect(loadModel(join(folder, "training.w2v"))).rejects.toThrow(/lie in the files beside it: give "blocks"/);
    await expect(model.train(more, { checkpoint: fileCheckpoint("any") })).rejects.toThrow(
      /clashes with that of this model/,
    );
    await expect(model.train(more, { updateVocabulary: true })).rejects.toThrow(/"updateVocabulary" needs all rows/);
    // which what is refused has not changed
    await expectSame(model as Model<never>, other);
  });

  it("a rate that is too high ends it", async () => {
    const training = train(text, { ...small, learningRate: 1e6, epochs: 5, blocks: folder, ...holding(3) });
    await expect(training).rejects.toThrow(DivergenceError);
  });

  it("a rate of auto that is too high at first has it begun anew, to the bytes of one memory; later it ends it", async () => {
    const wild = (from: number, to: number): TrainOptions => ({
      ...{ ...small, learningRate: "auto" },
      learningRateSchedule: (progress) => (progress < from || progress > to ? 1 : 1e5),
    });
    const copied = (await train(text, wild(0, 0.2))) as Model<unknown>;
    expect(copied.history[0].lowered).toBeGreaterThan(0);
    const told: string[] = [];
    const onWarning = (message: string) => void told.push(message);
    const model = await train(text, { ...wild(0, 0.2), blocks: folder, ...holding(3), onWarning });
    await expectSame(model as Model<never>, copied);
    expect(told.filter((message) => message.includes("it goes on from epoch 1 with"))).toHaveLength(
      copied.history[0].lowered!,
    );
    const late = train(text, { ...wild(0.6, 1), blocks: join(root, "late"), ...holding(3) });
    await expect(late).rejects.toThrow(/no copy is kept to go back to/);
  });
});

describe("the vectors", () => {
  let model: Model<unknown>;
  beforeEach(async () => {
    model = (await train(text, { ...small, ...holding(3), blocks: join(root, "kept") })) as Model<unknown>;
  });

  it("are written in each format as those of one memory", async () => {
    for (const format of VECTOR_FORMATS) {
      const [streamed, held] = ["streamed", "held"].map((name) => join(root, name));
      await saveVectors(model.vectors, streamed, { format });
      await saveVectors(whole.vectors, held, { format });
      expect(readFileSync(streamed).equals(readFileSync(held)), format).toBe(true);
    }
  });

  it("answer queries as those of one memory, but are not given all at once", () => {
    const [here, there] = [model.vectors, whole.vectors];
    expect(here.mostSimilar("common1")).toEqual(there.mostSimilar("common1"));
    expect(here.mostSimilarBatch(["common1", "common2"])).toEqual(there.mostSimilarBatch(["common1", "common2"]));
    expect(here.analogy("common1", "common2", "common3", { method: "3cosmul" })).toEqual(
      there.analogy("common1", "common2", "common3", { method: "3cosmul" }),
    );
    expect(here.cosines("common5")).toEqual(there.cosines("common5"));
    expect(here.get("common9")).toEqual(there.get("common9"));
    expect(() => here.matrix).toThrow(/lie in files, as "blocks" asked for.*saveVectors.*limit/);
  });

  it("and all else of the model are saved as a whole", async () => {
    const file = join(root, "saved.w2v");
    await model.save(file, { metadata: { of: "blocks" } });
    const loaded = await loadModel(file);
    await expectSame(model as Model<never>, loaded as Model<unknown>);
    const { metadata, blocks } = await loadCheckpoint(file);
    expect([metadata, blocks]).toEqual([{ of: "blocks" }, undefined]);
  });
});

describe("a training that is interrupted", () => {
  const options: TrainOptions = { ...small, ...holding(3) };
  /** Ends in the second epoch, with a checkpoint of the first. */
  async function interrupt(): Promise<void> {
    const onEpochEnd = ({ vectors }: { vectors: WordVectors }, { epoch }: { epoch: number }) => {
      vectors.mostSimilar("common1");
      if (epoch === 2) throw new Error("the power went");
    };
    const training = train(text, { ...options, onEpochEnd, blocks: { folder, every: "1epoch" } });
    await expect(training).rejects.toThrow("the power went");
    expect((await loadCheckpoint(join(folder, "training.w2v"))).history).toHaveLength(1);
  }

  it("goes on with the same call, with other threads and memory too; and once it has ended is there at once", async () => {
    await interrupt();
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const again = { ...options, threads: 1, ...holding(5), blocks: folder, onWarning };
    await expectSame(await train(text, again), whole);
    expect(warnings.splice(0)).toEqual([expect.stringMatching(/^going on with the training in .*, epoch 2 of 2$/)]);
    const bytes = () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
    const before = bytes();
    await expectSame(await train(text, again), whole);
    expect(warnings[0]).toMatch(/holds this training, finished/);
    expect(bytes().equals(before)).toBe(true);
  });

  it("is not replaced by another one, ended or not, unless it is to be overwritten", async () => {
    const other = { ...options, dim: 64 };
    for (const hasEnded of [false, true]) {
      if (hasEnded) await train(text, { ...options, blocks: folder });
      else await interrupt();
      await expect(train(text, { ...other, blocks: folder })).rejects.toThrow(
        /"blocks" .* holds a training \(.*\), and this one differs: it has "dim" 128, this one 64: .*"overwrite" starts over/,
      );
      await expect(train(sampleText(3000, 2, 300), { ...options, blocks: folder })).rejects.toThrow(
        /and its text is another one/,
      );
    }
    const model = await train(text, { ...other, blocks: { folder, overwrite: true } });
    expect(model.vectors.dim).toBe(64);
  });

  it("by a signal, in a chunk, goes on from its last checkpoint", async () => {
    const controller = new AbortController();
    const control = new TrainingControl();
    const onProgress = async ({ phase }: { phase: string }) => {
      if (phase !== "training" || controller.signal.aborted) return;
      await control.checkpoint().catch(() => {});
      controller.abort(new Error("enough"));
    };
    const training = train(text, { ...options, blocks: folder, control, onProgress, signal: controller.signal });
    await expect(training).rejects.toThrow("enough");
    expect(readdirSync(folder)).not.toContain("in-use");
    await expectSame(await train(text, { ...options, blocks: folder }), whole);
  });

  it("is refused if files are damaged, others, or missing", async () => {
    await interrupt();
    const { places } = (await loadCheckpoint(join(folder, "training.w2v"))).blocks!;
    const path = (block: number, side = "outputs" as const) =>
      join(folder, `${side}-00${block}.${places[side][block][0]}`);
    const [file, copy] = [path(3), join(root, "copy")];
    copyFileSync(file, copy);
    for (const damage of [
      () => truncateSync(file, 10_000),
      () => copyFileSync(path(4), file),
      () => rmSync(file),
      () => writeFileSync(join(folder, "training.w2v"), "none"),
    ]) {
      copyFileSync(copy, file);
      damage();
      await expect(train(text, { ...options, blocks: folder })).rejects.toThrow(
        /outputs-003.* is damaged|not a safetensors/,
      );
    }
  });

  it.each(["inputs", "outputs"] as const)(
    "is refused if a byte of the %s' rows is another one, ended or not",
    async (side) => {
      const rows = (block: number) => {
        const [name] = readdirSync(folder)
          .filter((name) => name.startsWith(`${side}-00${block}`))
          .sort();
        return join(folder, name);
      };
      /** In both files of a block, of which the checkpoint names one. */
      const flip = (block: number, at: number) => {
        const name = rows(block);
        for (const path of [name.replace(/.$/, "0"), name.replace(/.$/, "1")].filter(existsSync)) {
          const bytes = readFileSync(path);
          bytes[at < 0 ? bytes.length + at : at] ^= 4;
          writeFileSync(path, bytes);
        }
      };
      const again = () => train(text, { ...options, blocks: folder });
      for (const hasEnded of [false, true]) {
        rmSync(folder, { recursive: true, force: true });
        if (hasEnded) await again();
        else await interrupt();
        for (const at of [4096, 4096 + 100_001, -1]) {
          flip(5, at);
          const damaged = new RegExp(
            `${side}-005\\.[01]" is damaged: its rows are not those that were written; restore the folder`,
          );
          await expect(again()).rejects.toThrow(damaged);
          if (hasEnded)
            await expect(loadModel(join(folder, "training.w2v"), { blocks: folder })).rejects.toThrow(damaged);
          flip(5, at);
        }
        await expectSame(await again(), whole);
      }
    },
  );

  it("of a wasm2vec without checksums goes on", async () => {
    await interrupt();
    const { mark, shape, places } = (await loadCheckpoint(join(folder, "training.w2v"))).blocks!;
    for (const of of [places.inputs, places.outputs])
      expect(of.map(([, , checksum]) => checksum)).toEqual(Array(8).fill(expect.stringMatching(/^[0-9a-f]{16}$/)));
    const old = (of: typeof places.inputs) => of.map(([generation, writes]) => [generation, writes] as const);
    const store = await BlockFiles.in(folder);
    await store.open(shape, { mark, shape, places: { inputs: old(places.inputs), outputs: old(places.outputs) } });
  });

  it.runIf(canMount())("by a full disk, says so, and goes on when there is room", async () => {
    const disk = join(root, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
    try {
      const blocks = { folder: join(disk, "rows"), every: "1epoch" };
      // others fill it: all first files have room, and some of the second
      const onEpochEnd = () => void writeFileSync(join(disk, "other"), new Uint8Array(4 * 2 ** 20));
      await expect(train(text, { ...options, blocks, onEpochEnd })).rejects.toThrow(
        /cannot write ".*puts-00\d\.[01]": the disk is full; .* holds training up to word \d+, of epoch 2: the same call goes on/,
      );
      execFileSync("mount", ["-o", "remount,size=16m", disk]);
      await expectSame(await train(text, { ...options, blocks }), whole);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  it("is killed twenty times at random, and ends with the bytes of one that was not", {
    timeout: 900_000,
  }, async () => {
    const program = `
      import { train } from ${JSON.stringify(new URL("../../build/node.js", import.meta.url).href)};
      import { readFileSync } from "node:fs";
      const [, folder, text, options] = process.argv;
      await train(JSON.parse(readFileSync(text, "utf8")), { ...JSON.parse(options), blocks: { folder, every: "0.02s" } });
    `;
    const short = text.slice(0, 1500);
    writeFileSync(join(root, "short.json"), JSON.stringify(short));
    const many = { ...options, epochs: 6, threads: 1 };
    const expected = await train(short, { ...small, epochs: 6 });
    const run = async (after?: number) => {
      const given = [folder, join(root, "short.json"), JSON.stringify(many)];
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program, ...given], { stdio: "inherit" });
      const timer = setTimeout(() => child.kill("SIGKILL"), after);
      if (after === undefined) clearTimeout(timer);
      const [code, signal] = await once(child, "exit");
      clearTimeout(timer);
      expect([code, signal]).toContainEqual(after === undefined || code === 0 ? 0 : "SIGKILL");
      return signal === null;
    };
    const start = performance.now();
    expect(await run()).toBe(true);
    const duration = performance.now() - start;
    let [kills, resumed] = [0, 0];
    // on a busy machine twenty may come before the first checkpoint
    const isEnough = () => kills >= 20 && resumed > 0;
    while (!isEnough()) {
      rmSync(folder, { recursive: true, force: true });
      while (!(await run(isEnough() ? undefined : Math.random() * duration))) {
        kills++;
        if (existsSync(join(folder, "training.w2v"))) resumed++;
      }
      await expectSame(await train(short, { ...many, blocks: folder }), expected);
    }
  });
});

describe("refusals", () => {
  it.each<[string, TrainOptions, string | RegExp]>([
    ["CBOW", { model: "cbow", parts: undefined }, /"blocks" needs pairs .* model "cbow"/],
    [
      "too little memory",
      { blocksMemory: 2 ** 20, dim: 4096 },
      /"blocksMemory" expected at least .* for 8 blocks .* more "parts"/,
    ],
    ["a checkpoint", { checkpoint: fileCheckpoint("any") }, /"checkpoint" clashes with "blocks"/],
    ["a cluster", { cluster: "redis://any" }, /"blocks" keeps the rows .* give one/],
    ["another interval", { blocks: { folder: "any", every: "soon" } }, /"every" expected a time/],
    ["no folder", { blocks: 3 as never }, /"blocks" expected the path of a folder, got 3/],
  ])("%s", async (_, options, message) => {
    await expect(train(text, { ...small, blocks: folder, ...options })).rejects.toThrow(message);
  });

  it("memory without blocks", async () => {
    await expect(train(text, { blocksMemory: 2 ** 20 })).rejects.toThrow(/"blocksMemory" goes with "blocks"/);
  });

  it("a folder of other files, or in use", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    await expect(train(text, { ...small, blocks: folder })).rejects.toThrow(
      /a folder of its own, .* holds "notes.txt"/,
    );
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
    rmSync(join(folder, "notes.txt"));
    const other = () =>
      expect(train(text, { ...small, blocks: folder })).rejects.toThrow(/is in use by another training/);
    await train(text, { ...small, epochs: 1, blocks: folder, onEpochEnd: other });
  });

  it("a look, which does not end the training", async () => {
    const control = new TrainingControl();
    const look = expect(control.look()).rejects.toThrow(/a look copies all vectors/);
    await expectSame(await train(text, { ...small, ...holding(3), blocks: folder, control }), whole);
    await look;
  });
});

describe("estimateMemory", () => {
  it("tells the memory that blocks take, and the disk: five million words of 300 floats train in 2 GB", () => {
    const options = { dim: 300, blocks: "any", blocksMemory: 512 * 2 ** 20, threads: 2 };
    const { disk, matrices, bytes, total, kept } = estimateMemory(options, 5_000_000);
    expect(matrices).toBe(2 * 5_000_000 * 1200);
    expect(disk).toBeGreaterThan(2 * matrices);
    expect(disk).toBeLessThan(2.01 * matrices);
    expect(bytes).toBeLessThan(1.5 * 2 ** 30);
    expect(total).toBeLessThan(2 * 2 ** 30);
    expect(kept).toBe(0);
    expect(estimateMemory({ dim: 300 }, 50_000).disk).toBe(0);
  });

  it("tells what a cluster takes of Redis", () => {
    const { redis, redisWorker } = estimateMemory({ dim: 100, cluster: "redis://any" }, 100_000);
    const outputs = 100_000 * 400;
    expect(redisWorker).toBeGreaterThan(outputs);
    expect(redisWorker).toBeLessThan(1.01 * outputs + 10 * 2 ** 20);
    expect(redis).toBeGreaterThan(5 * outputs);
    expect(redis).toBeLessThan(5.1 * outputs + 20 * 2 ** 20);
    const without = estimateMemory({ dim: 100 }, 100_000);
    expect([without.redis, without.redisWorker]).toEqual([0, 0]);
  });

  it("tells of a cluster's driver that it holds all rows, no text, and no threads that train", () => {
    const options = { dim: 100, cluster: "redis://any" };
    const [driver, one] = [estimateMemory(options, 100_000), estimateMemory({ ...options, threads: 1 }, 100_000)];
    expect([driver.threads, driver.workers, driver.own, driver.messages]).toEqual([0, 0, 0, 0]);
    expect(driver.matrices).toBe(2 * 100_000 * 400);
    expect(driver.bytes).toBeGreaterThan(driver.matrices);
    expect(driver.bytes).toBeLessThan(driver.matrices + 100_000 * 40);
    expect(one.bytes).toBe(driver.bytes);
    // one machine has two chunks besides
    const alone = estimateMemory({ dim: 100, parts: 16, threads: 1 }, 100_000);
    expect(alone.bytes - driver.bytes).toBeGreaterThan(600e6);
  });

  it("never plans more than one WebAssembly memory has", () => {
    const { bytes } = estimateMemory({ dim: 300, blocks: "any", blocksMemory: 2 ** 36, threads: 2 }, 5_000_000);
    expect(bytes).toBeLessThanOrEqual(2 ** 32);
    expect(bytes).toBeGreaterThan(3 * 2 ** 30);
  });
});
