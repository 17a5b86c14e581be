// How the threads of a round meet: those that share the memory, at barriers. Those that do not: replicas.ts.

import type { Rounds } from "../kernel/parts.js";
import type { Region } from "../kernel/patch.js";
import { Barrier } from "./barrier.js";
import type { Round } from "./rounds.js";

/** What a round asks of the threads that train it; in this order. */
export interface Meeting {
  /** Before a thread copies rows: those that others have trained are brought. */
  begin(round: Round): Promise<void> | void;
  /** All have copied their rows. */
  gathered(): void;
  /** Numbers of the parts that fall to this thread for training, out of `count`. */
  take(count: number): Iterable<number>;
  /**
   * All parts have been trained, and can be read.
   * @param own numbers of the parts whose rows this thread copied
   * @param next the round that follows, if it is known
   */
  trained(own: readonly number[], next?: Round): Promise<void> | void;
  /** Rows that this thread merges: those whose number is `thread`, modulo `threads`. */
  readonly merges: { thread: number; threads: number };
  /** All have merged. */
  merged(): void;
  /** What this thread alone has of the model, which the others' memory lacks. */
  holdings(): Region[];
}

/** Threads on one memory, or one thread. Whoever is free trains the next part. */
export class SharedMeeting implements Meeting {
  private readonly barrier: Barrier;
  /** parts of the round that have been taken for training */
  private readonly taken: Int32Array;

  constructor(
    memory: WebAssembly.Memory,
    rounds: Rounds,
    readonly merges: { thread: number; threads: number },
  ) {
    this.barrier = new Barrier(memory, rounds.barrier, merges.threads);
    this.taken = new Int32Array(memory.buffer, rounds.barrier + 8, 1);
  }

  begin(): void {}

  gathered(): void {
    this.barrier.wait(() => Atomics.store(this.taken, 0, 0));
  }

  *take(count: number): Iterable<number> {
    for (let part = Atomics.add(this.taken, 0, 1); part < count; part = Atomics.add(this.taken, 0, 1)) yield part;
  }

  trained(): void {
    this.barrier.wait();
  }

  merged(): void {
    this.barrier.wait();
  }

  holdings(): Region[] {
    return [];
  }
}
