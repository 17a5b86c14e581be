// Ends what a worker does for a training in which others have taken its place, or Redis has lost data.

import { setMaxListeners } from "node:events";
import { type Redis, type RunKeys, serverId } from "./connection.js";
import { FencedError, type Lease, RolledBackError, RunEndedError } from "./scripts.js";

/** Milliseconds between looks. */
const LOOK = 1_000;

export class Guard {
  private readonly watches = new Map<Lease, AbortController>();
  private readonly timer: NodeJS.Timeout;
  /** changes when Redis is started again */
  private server: string | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly run: RunKeys,
  ) {
    this.timer = setInterval(() => void this.look().catch(() => {}), LOOK);
  }

  /** @param also aborts it too @returns a signal that is aborted with FencedError, RunEndedError or RolledBackError */
  watch(lease: Lease, also: AbortSignal): { signal: AbortSignal; stop(): void } {
    const controller = new AbortController();
    this.watches.set(lease, controller);
    void this.look().catch(() => {});
    const signal = AbortSignal.any([controller.signal, also]);
    setMaxListeners(0, signal);
    return { signal, stop: () => this.watches.delete(lease) };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.watches.size === 0) return;
    const { redis, run } = this;
    const server = await serverId(redis);
    const before = this.server;
    this.server = server;
    if (before !== undefined && before !== server) this.end(() => new RolledBackError("Redis was started again"));
    if ((await redis.exists(run.about)) === 0) this.end(() => new RunEndedError("the run has ended"));
    for (const [lease, controller] of this.watches)
      if (Number(await redis.hget(run.key("fences"), lease.name)) !== lease.fence)
        controller.abort(new FencedError(`another worker was given the rows of ${lease.name}`));
  }

  private end(reason: () => Error): void {
    for (const controller of this.watches.values()) controller.abort(reason());
  }
}
