// Workers and neighbours that die, fail, or are of another build: training rejects, says what happened, and leaves nothing running.

import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { version } from "../../package.json";
import type { Channel, Envelope, Hello, Link } from "../../src/base/link";
import { evenly } from "../../src/kernel/grid-layout";
import type { QueryKernel, Trainer } from "../../src/kernel/kernel";
import { lossOf } from "../../src/model/losses/registry";
import { planMemory } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { workerChannel } from "../../src/platform/node/worker";
import { textCorpus } from "../../src/text/lines";
import { readBy } from "../../src/text/readers";
import { planExecution } from "../../src/train/execution/engines";
import { openRing } from "../../src/train/execution/grid-ring";
import type { WorkerTask } from "../../src/train/execution/protocol";
import { trainOn } from "../../src/train/train";
import { resolveOptions, type TrainOptions } from "../../src/train/train-options";
import { platformWith, spawnHere } from "../support/platform";
import { sampleText } from "../support/sample";
import { unshared, withoutSharedMemory } from "../support/unshared";

/** calls of the js kernel until it throws */
let callsLeft = Number.POSITIVE_INFINITY;

vi.mock("../../src/kernel/js/js-kernel", async (original) => {
  const { createJsKernel } = await original<typeof import("../../src/kernel/js/js-kernel")>();
  const failing = (memory: WebAssembly.Memory): Trainer & QueryKernel => {
    const kernel = createJsKernel(memory);
    const count = () => {
      if (callsLeft-- === 0) throw new RangeError("the kernel met a row that is none");
    };
    return {
      ...kernel,
      train(...given) {
        count();
        kernel.train(...given);
      },
      trainCell(...given) {
        count();
        kernel.trainCell(...given);
      },
    };
  };
  return { createJsKernel: failing };
});

afterEach(() => {
  callsLeft = Number.POSITIVE_INFINITY;
});

/** words enough for eight blocks */
const text = sampleText(6000, 1, 600);
const small: TrainOptions = { dim: 8, epochs: 1000, minCount: 1, subsample: 0, threads: 3 };

/** How workers train together. */
const ways: [string, TrainOptions][] = [
  ["one thread", { threads: 1, model: "cbow" }],
  ["one thread with a memory of its own", { model: "cbow", wasm: unshared() }],
  ["hogwild", { model: "cbow" }],
  ["the grid", {}],
  ["the ring", { wasm: unshared() }],
];

/** Workers of which the one with this number dies by itself, once it was asked so often. */
function dying(number: number, how: "exit" | "throw", after: number): { workers: Worker[]; spawn(): Channel } {
  const workers: Worker[] = [];
  return {
    workers,
    spawn() {
      const isMortal = workers.length === number;
      const file = isMortal ? "../support/dying-worker.js" : "../../build/worker-node.js";
      const worker = new Worker(new URL(file, import.meta.url), { workerData: isMortal ? { how, after } : undefined });
      workers.push(worker);
      return workerChannel(worker);
    },
  };
}

/** Expects that all workers have ended: such a one has no thread. */
async function expectEnded(workers: readonly Worker[]): Promise<void> {
  expect(workers.length).toBeGreaterThan(0);
  await vi.waitFor(() => expect(workers.every(({ threadId }) => threadId === -1)).toBe(true), 10_000);
}

describe("a worker that dies in the midst of training", () => {
  it.each(ways)("by process.exit ends it: %s", async (_, options) => {
    const { workers, spawn } = dying(0, "exit", 30);
    await expect(trainOn(platformWith(spawn), text, { ...small, ...options })).rejects.toThrow(
      new Error("worker stopped with exit code 7"),
    );
    await expectEnded(workers);
  });

  it.each(ways)("by an error that nobody caught ends it: %s", async (_, options) => {
    const { workers, spawn } = dying(0, "throw", 30);
    await expect(trainOn(platformWith(spawn), text, { ...small, ...options })).rejects.toThrow(
      new Error("worker failed: out of luck"),
    );
    await expectEnded(workers);
  });

  it.each([1, 2])("whichever it is of a ring: %i", async (number) => {
    const { workers, spawn } = dying(number, "exit", 30);
    await expect(trainOn(platformWith(spawn), text, { ...small, wasm: unshared() })).rejects.toThrow(
      new Error("worker stopped with exit code 7"),
    );
    await expectEnded(workers);
  });

  it("ends a pass over a text that it reads", async () => {
    const { workers, spawn } = dying(0, "exit", 3);
    const bytes = Buffer.from("many words in a line\n".repeat(300_000));
    const corpus = readBy(
      textCorpus(() => [bytes]),
      { count: 2, spawn },
    );
    const pass = async () => {
      for await (const _ of corpus.chunks());
    };
    await expect(pass()).rejects.toThrow("worker stopped with exit code 7");
    await expectEnded(workers);
  });
});

/** Trains with workers that work in this thread. */
function trainHere(options: TrainOptions, heard?: (task: WorkerTask, message: Envelope) => unknown): Promise<unknown> {
  const spawn = () => {
    let task: WorkerTask;
    return spawnHere((message) => {
      const envelope = message as Envelope<unknown, WorkerTask>;
      if (envelope.type === "hello") task = envelope.task!;
      return heard?.(task, envelope) ?? envelope;
    });
  };
  return withoutSharedMemory(() => trainOn(platformWith(spawn), text, { ...small, kernel: "js", ...options }));
}

describe("a kernel that throws", () => {
  it.each<[string, TrainOptions]>([
    ["one thread", { model: "cbow" }],
    ["the ring", {}],
    ["in process", { worker: false, threads: 1 }],
    ["in process, batch by batch", { worker: false, threads: 1, model: "cbow" }],
  ])("ends training by its own error: %s", async (_, options) => {
    callsLeft = 40;
    await expect(trainHere(options)).rejects.toThrow(new RangeError("the kernel met a row that is none"));
  });
});

describe("a thread of the ring", () => {
  it("whose neighbour is gone says which, though both still work", async () => {
    let messages = 0;
    const cut = trainHere({}, ({ thread, grid }, { type }) => {
      if (thread === 1 && type === "message" && ++messages === 30) grid!.ports!.before.close();
    });
    await expect(cut).rejects.toThrow(/^thread [01] of the ring lost thread [01]: thread [01] of the ring is gone$/);
  });

  const ringOf = (port: MessagePort, dim: number, blocks: number) => {
    const options = resolveOptions({ dim });
    const shape = shapeOf({ size: 5000 });
    const { memoryOptions } = planExecution(options, { cores: 3, shared: false }, { shape, totalWords: 1e6 });
    const grid = { ...memoryOptions.grid!, holds: { chunks: true, blocks: evenly(blocks) } };
    const { layout } = planMemory(
      options,
      { ...memoryOptions, grid },
      shape,
      lossOf(options.loss).estimate(options, shape),
    );
    const membership = { words: 5000, seed: 1, thread: 0, threads: 2, step: 0 };
    const { port1 } = new MessageChannel();
    return openRing({ layout, grid: { ...membership, ports: { before: port1, after: port } } } as WorkerTask)!;
  };

  it("takes blocks of a neighbour that holds fewer of them, and refuses one where they lie otherwise", async () => {
    for (const [dim, outcome] of [
      [8, "a block"],
      [12, /^thread 1 of the ring has its memory laid out as [0-9a-f]{16}, expected [0-9a-f]{16}: give both ends/],
    ] as const) {
      const { port1, port2 } = new MessageChannel();
      const [ring, other] = [ringOf(port1, 8, 2), ringOf(port2, dim, 3)];
      (other.after as unknown as Link<string, never>).send("a block");
      const come = ring.after.receive();
      if (outcome === "a block") expect(await come).toBe(outcome);
      else await expect(come).rejects.toThrow(outcome);
      for (const end of [ring, other]) end.close(new Error("the test is over"));
    }
  });
});

describe("a worker of another build", () => {
  /** Workers whose hello, or that of the calling thread, is another. */
  const trainWith = (options: TrainOptions, ofCaller: Partial<Hello>, ofWorker: Partial<Hello>) => {
    const spawn = (): Channel => {
      const channel = spawnHere((message) => saying(message, ofCaller));
      const onMessage: Channel["onMessage"] = (listener) => {
        channel.onMessage((message) => listener(saying(message, ofWorker)));
      };
      return { ...channel, onMessage };
    };
    const run = () => trainOn(platformWith(spawn), text, { ...small, kernel: "js", ...options });
    return expect(withoutSharedMemory(run)).rejects;
  };

  it.each<[string, TrainOptions]>([
    ["one thread", { model: "cbow" }],
    ["the ring", {}],
  ])("is refused by the calling thread, and refuses it: %s", async (_, options) => {
    const older = { version: "0.0.1" };
    const versions = `is of wasm2vec 0.0.1, expected ${version}: serve all files of one build`;
    await trainWith(options, {}, older).toThrow(`a training worker ${versions}`);
    await trainWith(options, older, {}).toThrow(`the calling thread ${versions}`);
    const layout = { layout: "0123" };
    const layouts = /has its memory laid out as 0123, expected [0-9a-f]{16}: give both ends the same options/;
    await trainWith(options, {}, layout).toThrow(layouts);
    await trainWith(options, layout, {}).toThrow(layouts);
  });
});

/** The same message, but a hello is another. */
function saying(message: unknown, hello: Partial<Hello>): unknown {
  const envelope = message as Envelope;
  return envelope.type === "hello" ? { ...envelope, hello: { ...envelope.hello, ...hello } } : envelope;
}
