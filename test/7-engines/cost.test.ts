// What the demo says of time and memory before a training.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TrainOptions } from "wasm2vec";
import { describeCost, learnSpeed } from "../../demo/page/cost";
import { withoutSharedMemory } from "../support/unshared";

/** Seconds or minutes that the page tells. */
function told(words: number): { seconds: number; basis: string } {
  const said = describeCost({ threads: 1 }, words);
  const [, amount, unit, basis] = /some (\d+) (s|min) for [\d,]+ words, (.+)\.$/.exec(said)!;
  return { seconds: Number(amount) * (unit === "s" ? 1 : 60), basis };
}

describe("the demo's estimate", () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => kept.set(name, value),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("does not learn from a training that is over before the workers are warm", () => {
    const before = told(10_000_000);
    learnSpeed({}, { words: 220, seconds: 1.2, threads: 1 });
    learnSpeed({}, { words: 199_999, seconds: 1000, threads: 1 });
    expect(told(10_000_000)).toEqual(before);
    expect(before.basis).toBe("on a usual machine");
  });

  it("learns from 200,000 words and more", () => {
    learnSpeed({}, { words: 200_000, seconds: 2, threads: 1 });
    // a million words, five epochs at 100,000 words a second; and the reading and the start
    expect(told(1_000_000)).toEqual({ seconds: 52, basis: "at the speed of the last training" });
    learnSpeed({}, { words: 200_000, seconds: 1, threads: 1 });
    expect(told(1_000_000).seconds).toBe(27);
  });

  it("is less with more threads, on pages that share no memory too; but for CBOW there", async () => {
    const minutes = (options: TrainOptions) =>
      Number(/some (\d+) min/.exec(describeCost({ ...options, epochs: 100 }, 50_000_000))?.[1]);
    const two = { threads: 2 };
    expect(minutes(two)).toBeLessThan(minutes({ threads: 1 }));
    const [apart, cbow] = await withoutSharedMemory(async () => [two, { ...two, model: "cbow" as const }].map(minutes));
    expect(apart).toBe(minutes(two));
    expect(cbow).toBe(minutes({ threads: 1, model: "cbow" }));
  });

  it("counts reading and starting, which small texts spend most of their time on", () => {
    learnSpeed({}, { words: 1_000_000, seconds: 1, threads: 1 });
    expect([1000, 1_000_000].map((words) => told(words).seconds)).toEqual([1, 7]);
  });

  it("tells all that the training takes", () => {
    expect(describeCost({ threads: 1 }, undefined)).toMatch(
      /^About 29\d MB for a vocabulary of 60,000 words, 1 thread\.$/,
    );
    const megabytes = (words: number | undefined) =>
      Number(/About (\d+) MB/.exec(describeCost({ threads: 1 }, words))?.[1]);
    expect(megabytes(20 * 2 ** 20) - megabytes(undefined)).toBe(80);
    // what is more goes to a file
    expect(megabytes(100 * 2 ** 20) - megabytes(undefined)).toBe(256);
  });
});
