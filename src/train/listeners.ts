// The listeners and the control of a run, and what happens when a listener fails.

import { checkSignal } from "../base/check.js";
import { orAborted } from "../text/abort.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { type CheckpointOptions, checkCheckpoint, checkControl, type TrainingControl } from "./checkpoint/control.js";
import type { Progress } from "./loop/progress.js";
import type { EpochListener } from "./loop/records.js";
import { callback, type Given, namesOf, type OptionTable } from "./options/option.js";

/** Options of one run; checkpoints do not hold them. */
export const LISTENERS = {
  /** Checkpoints while training: see fileCheckpoint. Default: none. */
  checkpoint: { check: (_: string, value: CheckpointOptions) => checkCheckpoint(value), stored: false },
  /** Pauses training, and asks for checkpoints. One for each training. */
  control: { check: (_: string, value: TrainingControl) => checkControl(value), stored: false },
  /** Called at most ten times a second. */
  onProgress: callback<(progress: Progress) => unknown>(),
  /** Receives the vocabulary before training starts, so that it can refuse an unusable one early. Awaited. */
  onVocabulary: callback<(vocabulary: Vocabulary) => unknown>(),
  /**
   * Called as each epoch ends, while training waits: it may query, evaluate (see qualityProbe) and save the model. Awaited. false
   * stops training early; { score } is a number, higher is better, that stands in the history and that patience goes by. Called again
   * for epochs that were undone because a learning rate of "auto" was too high: what is kept of an epoch is then to be replaced.
   */
  onEpochEnd: callback<EpochListener>(),
  /** Receives warnings, such as of the cost of a full softmax or of a text that changed. Default: they are dropped. */
  onWarning: callback<(message: string) => unknown>(),
  /** Stops training, even while it waits for its corpus or a listener; the promise rejects with the signal's reason. */
  signal: { check: (_: string, value: AbortSignal) => checkSignal(value), stored: false },
} as const satisfies OptionTable;

/** Listeners and controls of a run. A listener that throws or rejects ends the training with that error. */
export interface RunListeners extends Given<typeof LISTENERS> {}

/** The listeners among other options. */
export function listenersOf(given: RunListeners): RunListeners {
  return Object.fromEntries(namesOf(LISTENERS).map((name) => [name, given[name]]));
}

/** The listeners that are looked after while a training runs. */
type Heard = Pick<RunListeners, "signal" | "control" | "onProgress" | "onWarning">;

/**
 * Runs a training with listeners whose failures end it: one that throws does so by itself, one that returns a promise aborts it
 * with what the promise rejects with. The control serves one run, from its beginning to its end.
 */
export async function withListeners<Options extends Heard, Result>(
  options: Options,
  run: (options: Options & { signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const { signal, control, onProgress, onWarning } = options;
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  const listening = new Set<Promise<unknown>>();
  let failure: { error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    controller.abort(error);
  };
  const watched = <Value>(listener: ((value: Value) => unknown) | undefined) =>
    listener &&
    ((value: Value) => {
      const heard = Promise.resolve(listener(value))
        .catch(fail)
        .finally(() => listening.delete(heard));
      listening.add(heard);
    });
  control?.begin();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  try {
    const result = await run({
      ...options,
      onProgress: watched(onProgress),
      onWarning: watched(onWarning),
      signal: controller.signal,
    });
    // one that still works may fail yet; an abort comes too late to take back what is trained
    if (listening.size > 0) await orAborted(Promise.all(listening), controller.signal);
    if (failure) throw failure.error;
    return result;
  } finally {
    signal?.removeEventListener("abort", abort);
    control?.end();
  }
}
