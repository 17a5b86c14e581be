// The tables of options: what options resolve to, which go together, and what a checkpoint holds of them.

import { describe, expect, it } from "vitest";
import { boolean, integer, oneOf, optionsAgain, resolve } from "../../src/train/options/option";
import { DEFAULTS, SETTINGS, storedOf } from "../../src/train/options/table";
import { resolveOptions } from "../../src/train/train-options";

describe("resolve", () => {
  const table = {
    shape: { ...oneOf(["round", "square"]), default: "round" },
    radius: { ...integer(1, 9), default: 3, goesWith: { shape: ["round"] } },
    side: { ...integer(1, 9), derive: ({ radius }: { radius: number }) => 2 * radius, goesWith: { shape: ["square"] } },
    filled: { ...boolean(), stored: false, again: "train" },
  } as const;

  it("takes what is given, else the default, else what follows from the options before", () => {
    expect(resolve(table, {})).toEqual({ shape: "round", radius: 3, side: 6, filled: undefined });
    expect(resolve(table, { radius: 4, filled: true })).toEqual({ shape: "round", radius: 4, side: 8, filled: true });
    expect(resolve(table, { radius: undefined }, { radius: 5 })).toMatchObject({ radius: 5, side: 10 });
  });

  it("refuses what goes with another value, and what fails its check", () => {
    expect(() => resolve(table, { side: 2 })).toThrow(
      new RangeError('"side" goes with "shape" "square", got "round": leave it out'),
    );
    expect(() => resolve(table, { shape: "square", radius: 2 })).toThrow(/^"radius" goes with "shape" "round"/);
    expect(() => resolve(table, { radius: 10 })).toThrow(/^"radius" expected integer 1 to 9, got 10/);
  });

  it("has a part of the table for where options are taken again", () => {
    expect(resolve(optionsAgain(table, "train"), { filled: false })).toEqual({ filled: false });
  });
});

it("names both values that an option goes with", () => {
  expect(() => resolveOptions({ model: "cbow", loss: "softmax", sharedNegatives: true })).toThrow(
    '"sharedNegatives" goes with "model" "skipgram" and "loss" "negative-sampling", got "cbow" and "softmax"',
  );
});

it("a checkpoint holds values only, with the defaults of options that came after it, and nothing unknown", () => {
  const given = { dim: 7, freeze: ["a"], keep: () => true, worker: false, threads: 1 };
  const stored = storedOf(resolveOptions(given));
  expect(stored).toMatchObject({ dim: 7, threads: 1, loss: "negative-sampling" });
  for (const name of ["freeze", "keep", "worker", "open", "resume"]) expect(stored).not.toHaveProperty(name);
  expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
  const { cbowCombine, ...older } = { ...stored, replicas: 8 };
  const read = storedOf(older);
  expect(read).toEqual({ ...stored, cbowCombine: DEFAULTS.cbowCombine });
  expect(Object.keys(SETTINGS)).toEqual(expect.arrayContaining(Object.keys(read)));
});
