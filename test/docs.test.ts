// The example of docs/math.md runs as it is printed.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("docs/math.md: the toy model learns, in fifty lines at most", () => {
  const [, example] = /### A toy model, step by step.*?```js\n(.*?)```/s.exec(readFileSync("docs/math.md", "utf8"))!;
  expect(example.split("\n").length).toBeLessThanOrEqual(51);
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", example], { encoding: "utf8" });
  expect(output.match(/^step \d: loss [\d.]+, \|gradient\| [\d.]+$/gm)?.length).toBe(3);
  const [, first, last] = /first pass: loss ([\d.]+), last: ([\d.]+)/.exec(output)!;
  expect(Number(last)).toBeLessThan(0.8 * Number(first));
  const [, together, apart] = /cat and dog: (-?[\d.]+), cat and milk: (-?[\d.]+)/.exec(output)!;
  expect(Number(together)).toBeGreaterThan(Number(apart) + 0.3);
});
