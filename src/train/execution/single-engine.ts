// One thread, a worker or the calling thread, trains on one batch after the other.

import { Param } from "../../../assembly/params.js";
import { ZERO } from "../../kernel/kernel.js";
import { BATCH_WORDS, batchCapacity } from "../../text/encode.js";
import { BatchRunner } from "./batch-runner.js";
import type { BatchSite, Engine, Resources } from "./engine.js";
import { areFinite, LocalQueue, localThread } from "./in-process.js";
import { PIECE } from "./protocol.js";
import type { Runner } from "./runner.js";
import { TrainingWorker } from "./worker-client.js";

export const single = {
  name: "none",
  isDeterministic: true,
  isParallel: false,
  fits: () => true,
  plan({ maxSentenceLength }: { maxSentenceLength: number }, { shared }: Pick<Resources, "shared">) {
    const memoryOptions = { batchCapacity: batchCapacity(maxSentenceLength), lanes: 1, shared };
    return { threads: 1, batchWords: BATCH_WORDS, maxSentenceLength, memoryOptions };
  },
  // the worker has a copy of all
  apart: (_, { bytes }) => ({ own: bytes, messages: 2 * PIECE }),
  start: (site: BatchSite) => (site.options.worker ? inWorker(site) : inProcess(site)),
} as const satisfies Engine;

function inProcess({ kernel, parameters }: BatchSite): Runner {
  const { memory, layout } = parameters;
  const queue = new LocalQueue();
  return new BatchRunner([localThread(kernel, memory, layout.scratch[0], queue)], {
    async ready() {},
    collect: () => parameters.compose(),
    check: async () => areFinite(kernel, memory, layout),
    close: () => queue.close().then(() => parameters.compose()),
  });
}

function inWorker({ plan, kernel, parameters, spawn }: BatchSite): Runner {
  const { memory, layout, matrices } = parameters;
  const { shared } = plan.memoryOptions;
  const task = { plan: kernel, memory: shared ? memory : memory.buffer.byteLength, layout, thread: 0 };
  const worker = new TrainingWorker(task, spawn());
  let filled: Promise<void> | undefined;
  return new BatchRunner([worker], {
    async ready() {
      if (!shared) filled ??= worker.fill(memory, [[ZERO, memory.buffer.byteLength]]);
      await filled;
    },
    async collect() {
      if (!shared) await worker.collect(memory, [matrices, [layout.scratch[0].params, Param.size]]);
      await parameters.compose();
    },
    check: () => worker.check(),
    close: () => worker.close().then(() => parameters.compose()),
  });
}
