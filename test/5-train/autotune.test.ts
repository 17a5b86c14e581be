// The search for options, from the build.

import { describe, expect, it } from "vitest";
import { trainClassifier } from "wasm2vec";
import { autotune, type Candidate, CLASSIFIER_SPACE, type Space, VECTOR_SPACE } from "wasm2vec/evaluate";
import { resolveOptions } from "../../src/train/train-options";

const space: Space = {
  x: { from: -10, to: 10 },
  size: { from: 1, to: 1000, log: true, whole: true },
  kind: { values: ["a", "b"] },
};

/** Best at x = 3, size = 100, kind = "b". */
const hill = ({ x = 0, size = 1, kind = "a" }: Candidate) =>
  -Math.abs((x as number) - 3) - Math.abs(Math.log10(size as number) - 2) - (kind === "b" ? 0 : 1);

describe("autotune", () => {
  it("climbs, within the ranges, and gives the same options for the same seed and trials", async () => {
    const search = (seed: number) => autotune(hill, { space, trials: 200, seed });
    const { best, trials } = await search(1);
    expect(trials).toHaveLength(200);
    expect(trials[0].options).toEqual({});
    expect(trials[0].score).toBe(hill({}));
    expect(best.score).toBeGreaterThan(-0.5);
    for (const { options } of trials) {
      const { x = 0, size = 1 } = options as { x?: number; size?: number };
      expect(Math.abs(x)).toBeLessThanOrEqual(10);
      expect(Number.isInteger(size) && size >= 1 && size <= 1000).toBe(true);
    }
    const plain = (all: typeof trials) => all.map(({ options, score }) => ({ options, score }));
    expect(plain((await search(1)).trials)).toEqual(plain(trials));
    expect(plain((await search(2)).trials)).not.toEqual(plain(trials));
  });

  it("goes on after trials that fail, and tells of each", async () => {
    const told: [number, number | undefined][] = [];
    const { best, trials } = await autotune(
      (options) => {
        if (options.kind === "b") throw new Error("not b");
        return hill(options);
      },
      { space, trials: 40, start: { kind: "a" }, onTrial: ({ number }, best) => told.push([number, best?.number]) },
    );
    expect(best.options.kind).toBe("a");
    expect(trials.some(({ error }) => error?.message === "not b")).toBe(true);
    expect(told.map(([number]) => number)).toEqual(trials.map(({ number }) => number));
    expect(told.at(-1)![1]).toBe(best.number);
    const failing = autotune(() => Promise.reject(new Error("all fail")), { space, trials: 3 });
    await expect(failing).rejects.toThrow("all fail");
  });

  it("ends when the time is up, and at the signal", async () => {
    const until = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    let calls = 0;
    const { best, trials } = await autotune((_, signal) => (++calls === 1 ? 1 : until(signal)), {
      space,
      seconds: 0.2,
    });
    expect([best.number, trials.length, trials[1].error?.message]).toEqual([1, 2, "the time was up"]);
    const stop = new AbortController();
    const searching = autotune((_, signal) => until(signal), { space, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(searching).rejects.toThrow("enough");
  });

  it.each<[object, RegExp]>([
    [{}, /"space" expected the ranges of options/],
    [{ space: {} }, /"space" expected/],
    [{ space: { x: { from: 2, to: 1 } } }, /"space.x" expected \{ from, to \}/],
    [{ space: { x: { from: 0, to: 1, log: true } } }, /from above 0/],
    [{ space: { x: { values: [] } } }, /"space.x" expected values/],
    [{ space, trials: 0 }, /"trials" expected/],
    [{ space, tries: 3 }, /unknown option "tries"/],
  ])("refuses %o", async (options, message) => {
    await expect(autotune(hill, options as never)).rejects.toThrow(message);
  });

  it("has spaces whose options train and trainClassifier know", async () => {
    const middle = (from: Space) =>
      Object.fromEntries(
        Object.entries(from).map(([name, range]) => [name, "values" in range ? range.values[1] : range.from]),
      );
    expect(resolveOptions(middle(VECTOR_SPACE))).toMatchObject(middle(VECTOR_SPACE));
    const lines = Array.from({ length: 60 }, (_, i) => ({
      text: i % 2 ? `buy cheap pills now${i % 7}` : `meet me for lunch${i % 5}`,
      labels: [i % 2 ? "spam" : "ham"],
    }));
    const { best } = await autotune(
      async (options, signal) => {
        const model = await trainClassifier(lines.slice(0, 40), { worker: false, ...options, signal });
        return (await model.test(lines.slice(40))).precision;
      },
      {
        space: { ...CLASSIFIER_SPACE, dim: { from: 4, to: 16, whole: true } },
        start: { epochs: 1, dim: 4 },
        trials: 6,
      },
    );
    expect(best.score).toBe(1);
  }, 60_000);
});
