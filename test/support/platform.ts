// Where a training from src runs in tests: with workers of the test's own making.

import type { Channel } from "../../src/base/link";
import { loadTrainer } from "../../src/kernel/engines/kernels";
import { openSpool, SPOOL_MEMORY } from "../../src/platform/node/spool";
import { type CorpusSource, toCorpus } from "../../src/text/corpus";
import { serveFirst } from "../../src/train/first-message";
import type { Platform } from "../../src/train/platform";
import { channelPair } from "./channels";

export function platformWith(spawn: () => Channel): Platform<CorpusSource> {
  return { toCorpus, spawn, cores: () => 3, openSpool, spoolMemory: SPOOL_MEMORY };
}

/** A worker that works in this thread. @param heard is shown what it hears, and may change it */
export function spawnHere(heard: (message: unknown) => unknown = (message) => message): Channel {
  const [here, there] = channelPair();
  serveFirst(
    { ...there, onMessage: (listener) => there.onMessage((message) => listener(heard(message))) },
    loadTrainer,
  );
  return here;
}
