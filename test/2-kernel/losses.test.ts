// The losses as parts: what each asks of the memory, and a fourth one in the registry's form, which needs no other file.

import { describe, expect, it, vi } from "vitest";
import { type Loss, Mark, Param } from "../../assembly/params";
import { planKernel, startTrainer } from "../../src/kernel/engines/kernels";
import { type LayoutOptions, layOut } from "../../src/kernel/layout";
import type { OutputLoss } from "../../src/model/losses/output-loss";
import { LOSSES, type LossName, lossesWith, lossOf } from "../../src/model/losses/registry";
import { Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { Vocabulary } from "../../src/text/vocabulary";
import { step } from "../../src/train/execution/step";
import { resolveOptions } from "../../src/train/train-options";
import { kernels } from "../support/kernels";

/** A table that no other loss has: any pointer of the parameter block will do, here one that only the grid uses. */
const OWN_TABLE = Param.spareRows;

/** The full softmax under another name, which counts its words in a table of its own. */
const fourth: OutputLoss = {
  ...lossOf("softmax"),
  name: "fourth",
  options: ["noiseExponent"],
  prepare(options, shape, vocabulary) {
    const layer = lossOf("softmax").prepare(options, shape, vocabulary);
    return {
      ...layer,
      tables: [...layer.tables, [OWN_TABLE, shape.words * 4]],
      write(buffer, layout) {
        layer.write(buffer, layout);
        new Uint32Array(buffer, layout.tables[OWN_TABLE], shape.words).set(vocabulary.counts);
      },
    };
  },
};

// its line in the registry
vi.mock("../../src/model/losses/registry", async (original) => {
  const registry = await original<typeof import("../../src/model/losses/registry")>();
  return { ...registry, lossOf: (name: string) => (name === "fourth" ? fourth : registry.lossOf(name as LossName)) };
});

const vocabulary = new Vocabulary(Array.from({ length: 31 }, (_, word) => [`w${word}`, 1000 - word * word]));
const sentence = [17, 3, 8, 12, 30, 6, 3, 0, Mark.sentenceEnd];

function modelOf(loss: string, model: "skipgram" | "cbow"): Parameters {
  const options = { ...resolveOptions({ model, dim: 9, window: 3, subsample: 0 }), loss: loss as LossName };
  const parameters = new Parameters(vocabulary, options, { batchCapacity: 100, lanes: 1, shared: false });
  for (const side of ["inputs", "outputs"] as const)
    parameters.matrix(side).forEach((_, i, all) => (all[i] = i % 12 < 9 ? Math.sin(i + 1) / 3 : 0));
  return parameters;
}

async function train(kernel: (typeof kernels)[number], loss: string, model: "skipgram" | "cbow") {
  const parameters = modelOf(loss, model);
  const trainer = startTrainer(await planKernel(kernel, false), parameters.memory);
  const result = step(trainer, parameters.memory, parameters.layout.scratch[0], Uint32Array.from(sentence), 0.1);
  return { parameters, result };
}

describe("a fourth loss", () => {
  it("has the memory that it asks for", () => {
    const { memory, layout } = modelOf("fourth", "cbow");
    const start = layout.tables[OWN_TABLE]!;
    expect([...new Uint32Array(memory.buffer, start, 31)]).toEqual([...vocabulary.counts]);
    const view = new DataView(memory.buffer, layout.scratch[0].params, Param.size);
    expect(view.getUint32(OWN_TABLE, true)).toBe(start);
    expect(modelOf("softmax", "cbow").layout.tables[OWN_TABLE]).toBeUndefined();
  });

  it.each(kernels)("trains with kernel %s as the one that it copies", async (kernel) => {
    for (const model of ["skipgram", "cbow"] as const) {
      const [own, other] = [await train(kernel, "fourth", model), await train(kernel, "softmax", model)];
      expect(own.result.predictions).toBeGreaterThan(0);
      expect(own.result).toEqual(other.result);
      for (const side of ["inputs", "outputs"] as const) {
        expect(own.parameters.matrix(side)).toEqual(other.parameters.matrix(side));
        expect(own.parameters.matrix(side)).not.toEqual(modelOf("fourth", model).matrix(side));
      }
    }
  });
});

describe.each(LOSSES)("loss %s", (name) => {
  const loss = lossOf(name);
  const options = { negatives: 7, noiseExponent: 0.75 };
  const rows = shapeOf(vocabulary);
  const shape: Omit<LayoutOptions, "output"> = {
    ...{ ...rows, dim: 5, batchCapacity: 100, lanes: 2, windowLeft: 2, windowRight: 2, windowWeights: [1, 0.5] },
  };

  it("has tables of its own, each aligned, that overlap nothing", () => {
    const output = loss.prepare(options, rows, vocabulary);
    const layout = layOut({ ...shape, output });
    const regions = output.tables.map(([pointer, bytes]) => [layout.tables[pointer]!, bytes]);
    expect(Object.keys(layout.tables)).toHaveLength(output.tables.length);
    regions.push([layout.keepThresholds, 31 * 4], [layout.multipliers, 31 * 4], [layout.windowWeights, 2 * 4]);
    regions.push([layout.inputs, 31 * layout.stride], [layout.outputs, 31 * layout.stride]);
    for (const { params, windows, ids } of layout.scratch)
      regions.push([params, Param.size], [windows, layout.group * layout.windowStride], [ids, 400]);
    regions.sort(([a], [b]) => a - b);
    regions.forEach(([start, bytes], i) => {
      expect(start % 64).toBe(0);
      expect(start + bytes).toBeLessThanOrEqual(regions[i + 1]?.[0] ?? layout.size);
    });
  });

  it("estimates what it takes, but for the tree, whose depth it must guess, to the byte", () => {
    const [exact, guess] = [loss.prepare(options, rows, vocabulary), loss.estimate(options, rows)].map(
      (output) => layOut({ ...shape, output }).size,
    );
    if (loss.outputRowsOf === "words") expect(guess).toBe(exact);
    else expect(Math.abs(guess / exact - 1)).toBeLessThan(0.1);
  });

  it("has a number of its own, and options that only it takes", () => {
    const codes = LOSSES.map((other): Loss => lossOf(other).estimate(options, rows).code);
    expect(new Set(codes).size).toBe(LOSSES.length);
    for (const option of loss.options) expect(lossesWith(option)).toContain(name);
    expect(lossesWith("dim")).toEqual([]);
  });
});
