// A training in which nobody takes part: what its driver says of that, and when it ends.

import type { ClusterOptions } from "../train/options/elsewhere.js";
import { keysOf, type Redis, shownUrl } from "./connection.js";
import { runsOf } from "./runs.js";

/** Milliseconds after which it says that it waits. */
const TELL = 5_000;

/** Milliseconds that it waits for somebody. */
const NOBODY = 600_000;

export class Absence {
  private until = performance.now() + NOBODY;
  /** why nobody takes part, and since when that is so */
  private why = { message: "", since: 0 };
  private readonly told = new Set<string>();

  /** @param run the training's own */
  constructor(
    private readonly redis: Redis,
    private readonly cluster: ClusterOptions,
    private readonly run: string,
    private readonly onWarning: (message: string) => void,
  ) {}

  /** Says why nobody takes part. @param isSomebody whether workers are there that could @returns the error, if that lasts too long */
  async look(isSomebody: boolean): Promise<Error | undefined> {
    const now = performance.now();
    const isBusy = isSomebody && (await this.othersHaveWorkers());
    // those come when the other training ends
    if (isBusy) this.until = now + NOBODY;
    this.tell(this.reason(isBusy, isSomebody), now);
    if (now < this.until) return undefined;
    const [what, remedy] = isSomebody
      ? ["no worker has taken part", "look at their messages, and at wasm2vec cluster status"]
      : ["no worker has been there", "start some, and then the same command again"];
    return new Error(
      `${what} for ${NOBODY / 60_000} minutes: ${remedy}; a training with a checkpoint goes on from there`,
    );
  }

  private reason(isBusy: boolean, isSomebody: boolean): string {
    if (isBusy) return "all workers are busy with other trainings: this one waits for them, or for more workers";
    if (isSomebody) return "workers are there, but none takes part yet: look at their messages";
    return `no worker is there: start some with wasm2vec worker ${shownUrl(this.cluster.url)}`;
  }

  /** Says each thing once, when it has lasted. */
  private tell(message: string, now: number): void {
    if (message !== this.why.message) this.why = { message, since: now };
    if (now - this.why.since <= TELL || this.told.has(message)) return;
    this.told.add(message);
    this.onWarning(message);
  }

  private async othersHaveWorkers(): Promise<boolean> {
    const keys = keysOf(this.cluster.prefix);
    for (const { id, isAlive } of await runsOf(this.redis, this.cluster))
      if (isAlive && id !== this.run && (await this.redis.exists(keys.run(id).key("members"))) === 1) return true;
    return false;
  }
}
