// The registry of kernels: complete, and what it says of them is what the documents say.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isExact, KERNEL_CHOICES, KERNELS, kernelName, takesBinary } from "../../src/kernel/engines/kernels";
import { KERNEL_NAMES } from "../../src/kernel/kernel";
import { resolveOptions } from "../../src/train/train-options";

const guide = readFileSync("docs/guides/reproducibility.md", "utf8");
const namesIn = (text: string) => [...text.matchAll(/"(\w+)"/g)].map(([, name]) => name).sort();

describe("kernels", () => {
  it("are those that have a name", () => {
    expect(Object.keys(KERNELS).sort()).toEqual([...KERNEL_NAMES].sort());
    expect(KERNEL_CHOICES).toEqual(["auto", ...Object.keys(KERNELS)]);
  });

  it("are exact where the guide says so, and only those are reproducible", () => {
    const exact = KERNEL_NAMES.filter(isExact).sort();
    const others = KERNEL_NAMES.filter((name) => !isExact(name)).sort();
    const [, equal] = guide.match(/^\| (.*) \| identical to each other, to the bit \|$/m)!;
    expect(namesIn(equal)).toEqual(exact);
    const [, refused] = guide.match(/would break the guarantee \((.*?), several threads/)!;
    expect(namesIn(refused)).toEqual(others);
    for (const kernel of exact) expect(resolveOptions({ reproducible: true, kernel }).kernel).toBe(kernel);
    for (const kernel of others) {
      const message = `"reproducible" needs kernel "simd" or "scalar", got "${kernel}"`;
      expect(() => resolveOptions({ reproducible: true, kernel })).toThrow(message);
    }
  });

  it("are the guide's default: an exact one, in the bundle", () => {
    const options = readFileSync("docs/guides/options.md", "utf8");
    const [, name] = options.match(/`"auto"` is `"(\w+)"`/)!;
    expect(kernelName("auto")).toBe(name);
    expect(isExact("auto")).toBe(true);
  });

  it("take a binary if they are WebAssembly", () => {
    const wasm = new Uint8Array(8);
    for (const kernel of KERNEL_NAMES) {
      if (takesBinary(kernel)) expect(resolveOptions({ kernel, wasm }).wasm).toBe(wasm);
      else
        expect(() => resolveOptions({ kernel, wasm })).toThrow(`"wasm" goes with kernels of WebAssembly, got kernel`);
    }
    expect(KERNEL_NAMES.filter((kernel) => !takesBinary(kernel))).toEqual(["js"]);
  });
});
