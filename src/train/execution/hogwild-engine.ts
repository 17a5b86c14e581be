// Several threads on one shared memory, without locks: updates of a row that happen at once may lose one another, which is rare
// where words are many (Hogwild; Recht et al. 2011).

import { BATCH_WORDS, batchCapacity } from "../../text/encode.js";
import { type ThreadOptions, threadsOf } from "../../text/threads.js";
import { BatchRunner } from "./batch-runner.js";
import type { BatchSite, Engine, Resources } from "./engine.js";
import { closeAll, TrainingWorker } from "./worker-client.js";

export const hogwild = {
  name: "hogwild",
  isDeterministic: false,
  isParallel: true,
  fits(options: ThreadOptions & { reproducible: boolean }, { cores, shared }: Resources, before?: Engine) {
    // what gave the same bytes again goes on to
    return shared && !options.reproducible && !before?.isDeterministic && threadsOf(options, cores) > 1;
  },
  plan(options: ThreadOptions & { maxSentenceLength: number }, { cores, shared }: Resources) {
    const { maxSentenceLength } = options;
    const threads = threadsOf(options, cores);
    const memoryOptions = { batchCapacity: batchCapacity(maxSentenceLength), lanes: threads, shared };
    return { threads, batchWords: BATCH_WORDS, maxSentenceLength, memoryOptions };
  },
  apart: () => ({ own: 0, messages: 0 }),
  start({ plan, kernel, parameters, spawn }: BatchSite) {
    const { memory, layout } = parameters;
    const workers = Array.from({ length: plan.threads }, (_, thread) => {
      return new TrainingWorker({ plan: kernel, memory, layout, thread }, spawn());
    });
    return new BatchRunner(workers, {
      async ready() {},
      collect: () => parameters.compose(),
      check: () => workers[0].check(),
      close: () => closeAll(workers).then(() => parameters.compose()),
    });
  },
} as const satisfies Engine;
