// Who trains: the first engine of the registry that fits. One more is one file, and one entry there.

import { afterEach, describe, expect, it } from "vitest";
import { shapeOf } from "../../src/model/spec";
import { Checkpoint, readCheckpoint } from "../../src/train/checkpoint/checkpoint";
import { BatchRunner } from "../../src/train/execution/batch-runner";
import type { Engine } from "../../src/train/execution/engine";
import { ENGINES, engineNamed, type ParallelMode, planExecution } from "../../src/train/execution/engines";
import { areFinite, LocalQueue, localThread } from "../../src/train/execution/in-process";
import { single } from "../../src/train/execution/single-engine";
import { loadModelOn, trainOn } from "../../src/train/train";
import { resolveOptions, type TrainOptions } from "../../src/train/train-options";
import { platformWith, spawnHere } from "../support/platform";
import { sampleText } from "../support/sample";

const here = platformWith(spawnHere);
const registry = ENGINES as unknown as Engine[];
const registered = [...registry];
afterEach(() => void registry.splice(0, registry.length, ...registered));

describe("who trains", () => {
  const cbow = { model: "cbow" } as const;
  const alone = { cores: 4, shared: false };
  const together = { cores: 4, shared: true };

  it.each<[TrainOptions, typeof together, ParallelMode | undefined, string, number]>([
    [{}, together, undefined, "grid", 4],
    [{}, alone, undefined, "grid", 4],
    [{ threads: 1 }, together, undefined, "grid", 1],
    [{ worker: false }, alone, "grid", "grid", 1],
    [{ threads: 40 }, together, "none", "grid", 8],
    [cbow, together, undefined, "hogwild", 4],
    [{ ...cbow, threads: 3 }, together, "hogwild", "hogwild", 3],
    [{ loss: "softmax" }, together, undefined, "hogwild", 4],
    [cbow, alone, "hogwild", "none", 1],
    [{ ...cbow, threads: 1 }, together, "hogwild", "none", 1],
    [{ ...cbow, reproducible: true }, together, undefined, "none", 1],
    // what gave the same bytes again goes on to
    [cbow, together, "none", "none", 1],
  ])("with %o on %o after %s: %s, %i threads", (given, resources, before, name, threads) => {
    const plan = planExecution(
      resolveOptions(given),
      resources,
      { shape: shapeOf({ size: 4000 }), totalWords: 1e6 },
      before,
    );
    expect([plan.engine.name, plan.threads]).toEqual([name, threads]);
  });

  it("is always somebody: the last fits everywhere", () => {
    expect(registry.at(-1)!.fits(resolveOptions({ worker: false }), { cores: 1, shared: false })).toBe(true);
  });

  it("has names of their own, under which they are found", () => {
    expect(new Set(registry.map(({ name }) => name)).size).toBe(registry.length);
    for (const engine of ENGINES) expect(engineNamed(engine.name)).toBe(engine);
    expect(() => engineNamed("rounds" as ParallelMode)).toThrow(
      'expected an engine, one of grid, hogwild, none, got "rounds": use the wasm2vec that has it',
    );
  });
});

describe("an engine that is added", () => {
  let chunks = 0;

  /** Trains in process, on texts of which a minimum of twice is asked. */
  const patient: Engine = {
    ...{ name: "patient", isDeterministic: true, isParallel: false },
    fits: ({ minCount, worker }) => minCount === 2 && !worker,
    plan: single.plan,
    apart: () => ({ own: 0, messages: 0 }),
    start({ kernel, parameters: { memory, layout } }) {
      const queue = new LocalQueue();
      const thread = localThread(kernel, memory, layout.scratch[0], queue);
      const run: typeof thread.run = (...given) => {
        chunks++;
        return thread.run(...given);
      };
      return new BatchRunner([{ run }], {
        async ready() {},
        async collect() {},
        check: async () => areFinite(kernel, memory, layout),
        close: () => queue.close(),
      });
    },
  };

  const text = sampleText(3000);
  const options: TrainOptions = { model: "cbow", minCount: 2, dim: 8, epochs: 2, worker: false };

  it("trains where it fits, as records, checkpoints and what goes on from them say", async () => {
    const expected = await trainOn(here, text, options);
    expect(expected.history[1].parallel).toBe("none");
    registry.unshift(patient);
    let held: Checkpoint | undefined;
    const onEpochEnd: TrainOptions["onEpochEnd"] = async (model) => {
      const parts: Uint8Array[] = [];
      await (model as typeof expected).save(async (bytes) => {
        for await (const part of bytes) parts.push(part);
      });
      held ??= readCheckpoint(Buffer.concat(parts));
    };
    const model = await trainOn(here, text, { ...options, onEpochEnd });
    expect(chunks).toBeGreaterThan(2);
    expect(model.history[1]).toMatchObject({ parallel: "patient", threads: 1, reproducible: true });
    expect(model.vectors.matrix).toEqual(expected.vectors.matrix);
    // what it does not fit is trained by others
    expect((await trainOn(here, text, { ...options, minCount: 3 })).history[0].parallel).toBe("none");

    expect(held).toBeInstanceOf(Checkpoint);
    expect(held!.mode).toBe("patient");
    const before = chunks;
    const resumed = await trainOn(here, text, { ...options, resume: held });
    expect(chunks).toBeGreaterThan(before);
    expect(resumed.vectors.matrix).toEqual(expected.vectors.matrix);
    // without it its models are not opened
    registry.shift();
    await expect(loadModelOn(here, held!)).rejects.toThrow(
      'expected an engine, one of grid, hogwild, none, got "patient"',
    );
  });
});
