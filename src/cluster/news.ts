// Waiting for what others write: a channel announces it, and a look now and then finds it if the message was lost.

import { orAborted } from "../text/abort.js";
import type { Redis } from "./connection.js";

/** Milliseconds between looks. */
const POLL = 250;

export class News {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly subscriber: Redis;

  /** @param redis a connection of its own is made of it */
  constructor(redis: Redis, channel: string) {
    this.subscriber = redis.duplicate();
    this.subscriber.on("error", () => {}); // it connects again
    this.subscriber.on("message", (_, topic: string) => {
      for (const wake of this.waiting.get(topic) ?? []) wake();
    });
    void this.subscriber.subscribe(channel).catch(() => {});
  }

  /** Looks at once, when the topic is announced, and now and then. Rejects with the signal's reason. */
  async until<T>(topic: string, look: () => Promise<T | undefined>, signal: AbortSignal, every = POLL): Promise<T> {
    for (;;) {
      const next = this.next(topic, every);
      try {
        const found = await orAborted(look(), signal);
        if (found !== undefined) return found;
        await orAborted(next.woken, signal);
      } finally {
        next.forget();
      }
    }
  }

  /** Resolves when a topic is announced, or after some time. */
  next(topic: string, after: number): { woken: Promise<void>; forget(): void } {
    let forget = () => {};
    const woken = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, after);
      const all = this.waiting.get(topic) ?? new Set();
      this.waiting.set(topic, all.add(resolve));
      forget = () => {
        clearTimeout(timer);
        all.delete(resolve);
        if (all.size === 0 && this.waiting.get(topic) === all) this.waiting.delete(topic);
      };
    });
    return { woken, forget };
  }

  close(): void {
    this.subscriber.disconnect();
  }
}
