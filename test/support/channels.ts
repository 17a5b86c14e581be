// Two ends of a channel in one thread: what one posts the other hears, in order.

import type { Channel } from "../../src/base/link";

export interface End extends Channel {
  /** Tells this end that the other is gone. */
  lose(reason: Error): void;
}

export function channelPair(): [End, End] {
  const heard: ((message: unknown) => void)[][] = [[], []];
  const told: ((reason: Error) => void)[][] = [[], []];
  const isEnded = [false, false];
  const lose = (end: number, reason: Error) => {
    for (const listener of told[end]) listener(reason);
  };
  const endOf = (own: number): End => ({
    post(message, transfer) {
      const copy = structuredClone(message, { transfer });
      queueMicrotask(() => {
        for (const listener of heard[1 - own]) listener(copy);
      });
    },
    onMessage: (listener) => void heard[own].push(listener),
    onError: (listener) => void told[own].push(listener),
    async terminate() {
      if (isEnded[own]) return;
      isEnded[own] = true;
      queueMicrotask(() => lose(1 - own, new Error("the other end was closed")));
    },
    lose: (reason) => lose(own, reason),
  });
  return [endOf(0), endOf(1)];
}
