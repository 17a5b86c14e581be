// A training in which nobody takes part, or nobody gets on, says so and ends. The clock is moved on: nobody waits for ten minutes here.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Model, type TrainOptions, train } from "wasm2vec";
import { byOneMachine, digest, newFolder, OPTIONS, sleep, Workers, writeText } from "../support/cluster";
import { RedisServer } from "../support/redis";

const folder = newFolder();
const text = writeText(folder);
const sentences = readFileSync(text, "utf8")
  .split("\n")
  .map((line) => line.split(" "));
let redis: RedisServer;
let workers: Workers[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
});

/** Minutes by which all clocks here are ahead. */
let minutes = 0;
beforeEach(() => {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + 60_000 * minutes);
});

afterEach(async () => {
  await Promise.all(workers.map((some) => some.endAll()));
  workers = [];
  minutes = 0;
  vi.restoreAllMocks();
  expect(await redis.keys()).toEqual([]);
});

afterAll(async () => {
  await redis.remove();
  rmSync(folder, { recursive: true });
});

const lines = `(await import("node:fs")).readFileSync(${JSON.stringify(text)}, "utf8").split("\\n")`;
const GOOD = `export default ${lines}.map((line) => line.split(" "));`;
let modules = 0;

/** A module that makes a corpus. @returns its path */
function moduleOf(code: string): string {
  const path = join(folder, `module-${modules++}.mjs`);
  writeFileSync(path, code);
  return path;
}

async function startWorker(module = GOOD): Promise<void> {
  const some = new Workers({ url: redis.url, corpusModule: moduleOf(module) });
  workers.push(some);
  await some.start();
}

function begin(options: TrainOptions = {}): { training: Promise<string>; warnings: string[] } {
  const warnings: string[] = [];
  const training = train(sentences, {
    ...OPTIONS,
    cluster: { url: redis.url, corpusModule: moduleOf(GOOD) },
    onWarning: (message) => void warnings.push(message),
    ...options,
  }).then((model) => digest(model as Model<never>));
  training.catch(() => {});
  return { training, warnings };
}

/** What workers that take part say of themselves. */
function members(): Promise<Record<string, string>> {
  return redis.with(async (client) => client.hgetall((await client.keys("*:members"))[0]));
}

const isSaid = (warnings: string[], message: RegExp) =>
  vi.waitFor(() => expect(warnings).toEqual([expect.stringMatching(message)]), 20_000);

describe("a training", () => {
  it("without workers waits ten minutes for them", async () => {
    const { training, warnings } = begin();
    await isSaid(warnings, /^no worker is there: start some with wasm2vec worker redis:/);
    minutes = 9.5;
    await sleep(2500);
    minutes = 10;
    await expect(training).rejects.toThrow(/^no worker has been there for 10 minutes: start some/);
    expect(warnings).toHaveLength(1);
  });

  it("whose workers never get to it ends, too", async () => {
    await startWorker("export default () => new Promise(() => {});");
    const { training, warnings } = begin();
    await isSaid(warnings, /^workers are there, but none takes part yet: look at their messages$/);
    minutes = 10;
    await expect(training).rejects.toThrow(/^no worker has taken part for 10 minutes: look at their messages/);
  });

  it("whose workers never get to it leaves them to the next one", async () => {
    const first = new AbortController();
    await startWorker(
      `let times = 0; const sentences = ${lines}.map((line) => line.split(" "));
       export default () => (times++ === 0 ? new Promise(() => {}) : sentences);`,
    );
    const { training, warnings } = begin({ signal: first.signal });
    await isSaid(warnings, /^workers are there, but none takes part yet/);
    first.abort(new Error("interrupted"));
    await expect(training).rejects.toThrow("interrupted");
    expect(await begin().training).toEqual(await byOneMachine(text));
  });

  it("whose workers train for another one waits for them as long as that takes", async () => {
    await startWorker();
    let go = () => {};
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    let hasBegun = () => {};
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve;
    });
    const first = begin({
      onEpochEnd: () => {
        hasBegun();
        return until;
      },
    });
    await begun;
    const second = begin();
    await isSaid(second.warnings, /^all workers are busy with other trainings: this one waits/);
    for (minutes = 9; minutes < 30; minutes += 9) await sleep(2500);
    go();
    const expected = await byOneMachine(text);
    expect(await Promise.all([first.training, second.training])).toEqual([expected, expected]);
    expect([first.warnings.length, second.warnings.length]).toEqual([0, 1]);
  });

  it("whose workers take part and do not get on ends after five minutes", async () => {
    await startWorker(
      'export default { name: "slow", async *chunks() { await new Promise((resolve) => setTimeout(resolve, 2 ** 30)); } };',
    );
    const { training } = begin();
    // it has brought its blocks, and reads
    const hasBlocks = async () =>
      expect(Object.values(await members())).toEqual([expect.stringContaining('"blocks":8,')]);
    await vi.waitFor(hasBlocks, 20_000);
    await sleep(2500);
    minutes = 4.5;
    await sleep(2500);
    minutes = 5;
    await expect(training).rejects.toThrow(/^no worker has got on for 5 minutes: look at their messages/);
  });
});
