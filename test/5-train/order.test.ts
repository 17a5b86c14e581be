// In process training where messages arrive in any order, as in WebKit: a MessageChannel orders its own messages only.

import { afterEach, expect, it, vi } from "vitest";
import { taskQueue } from "../../src/base/event-loop";
import { train } from "../../src/node";
import type { TrainOptions } from "../../src/train/train-options";
import { sampleText } from "../support/sample";

const turn = setImmediate;
const waiting: (() => void)[] = [];

/** Has the callback called in a turn of the event loop, but those that came later before it. */
function callBackwards(callback: () => void): void {
  waiting.push(callback);
  turn(() => waiting.pop()!());
}

class BackwardsChannel {
  port1: { onmessage?: () => void; close(): void } = { close() {} };
  port2 = { postMessage: () => callBackwards(() => this.port1.onmessage?.()) };
}

afterEach(() => vi.unstubAllGlobals());

it.each<[string, Record<string, unknown>]>([
  ["setImmediate", { setImmediate: callBackwards }],
  ["MessageChannel", { setImmediate: undefined, MessageChannel: BackwardsChannel }],
])("trains on batches in the order of the text though %s delivers backwards", async (_, globals) => {
  // two blocks
  const text = sampleText(6000, 1, 75);
  const small: TrainOptions = { dim: 8, epochs: 1, minCount: 1, subsample: 0, worker: false };
  for (const options of [small, { ...small, model: "cbow" as const }]) {
    const expected = await train(text, options);
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    const model = await train(text, options).finally(() => vi.unstubAllGlobals());
    expect(model.vectors.matrix).toEqual(expected.vectors.matrix);
  }
});

it("lets other events have their turn before each task, and waits for a task that waits", async () => {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns++;
    counting = setImmediate(count);
  });
  const inOrder = taskQueue();
  const seen: [task: number, turn: number][] = [];
  const tasks = [0, 1, 2, 3].map((task) =>
    inOrder(async () => {
      await new Promise(setImmediate);
      seen.push([task, turns]);
      return task;
    }),
  );
  expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3]);
  clearImmediate(counting);
  expect(seen.map(([task]) => task)).toEqual([0, 1, 2, 3]);
  for (let i = 1; i < seen.length; i++) expect(seen[i][1]).toBeGreaterThan(seen[i - 1][1]);
});
