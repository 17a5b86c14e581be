// An engine: a way to train on batches, by one thread or several.

import type { Channel } from "../../base/link.js";
import type { KernelPlan } from "../../kernel/engines/kernels.js";
import type { Shape } from "../../kernel/shape.js";
import type { MemoryOptions, Parameters } from "../../model/parameters.js";
import type { Corpus } from "../../text/corpus.js";
import type { Settings } from "../options/settings.js";
import type { Runner } from "./runner.js";

/** What a machine offers those that train. */
export interface Resources {
  /** threads that it runs at once */
  cores: number;
  /** whether workers can share memory */
  shared: boolean;
}

/** How large what is trained on will be. */
export interface Extent {
  /** words and rows of the model */
  shape: Shape;
  /** words of an epoch */
  totalWords: number;
}

/** What an engine will use. */
export interface EnginePlan {
  threads: number;
  /** of a batch and a sentence, at most */
  batchWords: number;
  maxSentenceLength: number;
  /** what memory this takes */
  memoryOptions: MemoryOptions;
}

/** A text that is trained on: all of it, but for a share of its sentences that is held out. */
export interface TextToTrain {
  corpus: Corpus;
  share: number;
  /** epochs that the run has, and those of runs before */
  epochs: number;
  firstEpoch: number;
}

/** What trains batch by batch, and where: all that hogwild and one thread know of it. */
export interface BatchSite {
  plan: EnginePlan;
  kernel: KernelPlan;
  parameters: Pick<Parameters, "memory" | "layout" | "matrices" | "compose">;
  options: Pick<Settings, "worker">;
  spawn: () => Channel;
}

/** What a run trains, and where. */
export interface Site extends BatchSite {
  parameters: Parameters;
  options: Settings;
  /** for those who read it themselves */
  text?: TextToTrain;
}

/** Bytes of what is trained. */
export interface Sizes {
  /** of all memory that the calling thread has for it */
  bytes: number;
  /** of all output rows */
  outputs: number;
  /** of the part of such a memory that training works on */
  layout(memoryOptions: MemoryOptions): number;
}

/** What workers that share no memory take. */
export interface ApartMemory {
  /** bytes of all their memories */
  own: number;
  /** bytes of messages under way between them */
  messages: number;
}

export interface Engine {
  /** As records, progress and checkpoints have it. */
  readonly name: string;
  /** Whether seed, options and text alone decide the bytes, not the number of threads, nor which of them is faster. */
  readonly isDeterministic: boolean;
  /** Whether more than one thread may train. */
  readonly isParallel: boolean;
  /**
   * Whether it can train with these options here.
   * @param before the engine of the training that is resumed
   */
  fits(options: Settings, resources: Resources, before?: Engine): boolean;
  plan(options: Settings, resources: Resources, extent: Extent): EnginePlan;
  /** Asked where it has workers that share no memory. */
  apart(plan: EnginePlan, sizes: Sizes): ApartMemory;
  /**
   * Starts the workers, or none with `worker: false`.
   * @param words of an epoch @param step of a chunk that comes first
   */
  start(site: Site, words: number, step: number): Runner;
}
