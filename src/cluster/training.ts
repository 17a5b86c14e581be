// A training as a worker sees it: what it needs of it, from Redis, and whether it can take part.

import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { planKernel } from "../kernel/engines/kernels.js";
import { Parameters } from "../model/parameters.js";
import { shapeOf } from "../model/spec.js";
import { openSpool, SPOOL_MEMORY } from "../platform/node/spool.js";
import { readBy } from "../text/readers.js";
import { SpooledText } from "../text/spooled.js";
import { readersOf } from "../text/threads.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { planExecution } from "../train/execution/engines.js";
import type { Machine } from "../train/machine.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import type { Settings } from "../train/options/settings.js";
import { resolveOptions } from "../train/train-options.js";
import type { Redis, RunKeys } from "./connection.js";
import { corpusOf, readRecipe, TextDiffersError } from "./recipe.js";
import { layoutHash, PROTOCOL, readTask, type Task } from "./records.js";
import { RotationText } from "./rotation-text.js";
import type { Place } from "./tenancy.js";
import { receiveValue } from "./values.js";
import { readWords } from "./words.js";

/** What a worker brings. */
export interface Hands {
  machine: Machine;
  threads: number;
  corpusModule: ClusterOptions["corpusModule"];
  /** bytes of numbers of words in memory, before a temporary file begins */
  spoolMemory?: number;
  onWarning: (message: string) => void;
}

/** What a training needs on this machine, until it is closed. */
export interface Training extends Pick<Place, "kernel" | "options" | "vocabulary" | "multipliers" | "plan"> {
  text: RotationText;
  close(): Promise<void>;
}

/** This worker cannot take part in a training. */
class UnfitError extends Error {
  override name = "UnfitError";
}

/** @throws UnfitError, TextDiffersError where this worker cannot take part; FormatError for what is damaged */
export async function openTraining(redis: Redis, run: RunKeys, hands: Hands): Promise<Training> {
  const [json, recipe] = [await redis.get(run.key("task")), await redis.getBuffer(run.recipe)];
  if (json === null || recipe === null) throw new UnfitError("the training is no longer there");
  const task = readTask(json);
  if (task.protocol !== PROTOCOL)
    throw new UnfitError("the driver is of another version of wasm2vec: install the same on all machines");
  const { machine, threads, corpusModule, spoolMemory = SPOOL_MEMORY, onWarning } = hands;
  const options = optionsOf(task);
  const kernel = await planKernel(task.kernel, true);
  const words = await storedValue(redis, run, "vocabulary");
  const vocabulary = await readWords(words);
  const multipliers = task.hasMultipliers ? floats(await storedValue(redis, run, "multipliers")) : undefined;
  const extent = { shape: shapeOf(vocabulary), totalWords: vocabulary.totalWords };
  const execution = planExecution({ ...options, threads }, { cores: threads, shared: true }, extent);
  const plan = { ...execution, threads };
  checkLayout(task, options, vocabulary, plan);
  await yieldToEventLoop();
  const corpus = readBy(
    await corpusOf(readRecipe(recipe), { corpusModule }),
    readersOf(machine, { worker: true, threads }),
  );
  const place = corpus.isConstant ? { memory: spoolMemory, open: openSpool } : undefined;
  const text = new SpooledText(corpus, place, onWarning);
  const { batchWords, maxSentenceLength } = plan;
  const reading = {
    corpus: await text.words(vocabulary),
    vocabulary,
    batchWords,
    maxSentenceLength,
    share: task.share,
  };
  const rotations = new RotationText(reading);
  return {
    ...{ kernel, options, vocabulary, multipliers, plan },
    text: rotations,
    async close() {
      await rotations.close();
      await text.remove();
      await corpus.close?.();
    },
  };
}

/** Whether the worker should say that it takes no part, and not try again. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof UnfitError || error instanceof TextDiffersError;
}

/** @throws TypeError, RangeError, as train does */
function optionsOf({ options }: Task): Settings {
  return resolveOptions(options);
}

/** @throws UnfitError if what follows from the task is not what it is on the driver */
function checkLayout(task: Task, options: Settings, vocabulary: Vocabulary, plan: Training["plan"]): void {
  const { grid } = plan.memoryOptions;
  // without rows and chunks it is small
  const holds = { chunks: false, blocks: { inputs: 0, outputs: 0 } };
  const memoryOptions = { ...plan.memoryOptions, grid: grid && { ...grid, holds }, lanes: 1 };
  const { layout } = new Parameters(vocabulary, options, memoryOptions);
  const isAlike = vocabulary.size === task.words && grid?.blocks === task.blocks;
  if (!isAlike || layoutHash(layout, plan) !== task.layout)
    throw new UnfitError("this worker lays blocks out in another way: install the same wasm2vec on all machines");
}

async function storedValue(redis: Redis, run: RunKeys, name: string): Promise<Uint8Array> {
  const bytes = await receiveValue(redis, run.key(name));
  if (bytes) return bytes;
  throw new FormatError(`the ${name} of a training is not in Redis: start the training again`);
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
