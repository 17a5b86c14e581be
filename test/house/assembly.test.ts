// The form of the kernels' sources. biome reads no AssemblyScript (a decorator before a function is no TypeScript), and a formatter
// would tear apart the tables of loads and products: so this holds what a formatter would, but for where lines break.

import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Longer than elsewhere: a kernel's call lists pointers, and a line of a table is a row of a tile. */
const WIDTH = 180;

const files = readdirSync("assembly").map((name) => [name, readFileSync(`assembly/${name}`, "utf8")] as const);

it.each(files)("assembly/%s: spaces, widths, ends of lines", (_, code) => {
  expect(code).toMatch(/[^\n]\n$/);
  expect(code).not.toMatch(/\t|\r| \n|\n\n\n/);
  code.split("\n").forEach((line, i) => {
    expect(line.length, `line ${i + 1} is ${line.length} wide`).toBeLessThanOrEqual(WIDTH);
    // 1 more before the * of a block comment
    expect(/^ */.exec(line)![0].length % 2, `line ${i + 1} is indented`).toBe(/^ +\*/.test(line) ? 1 : 0);
  });
});

it.each(files)("assembly/%s: a header; no JavaScript equality, console or todo", (_, code) => {
  expect(code).not.toMatch(/===|!==|\bvar \b|\bconsole\.|\b(TODO|FIXME|XXX)\b/);
  expect(code).toMatch(/^\/\/ /);
});

it.each(files)("assembly/%s: every function that others call says what it takes", (_, code) => {
  for (const [, before, name] of code.matchAll(
    /(\n[^\n]*)(?:\n\/\/ @ts-ignore: decorator\n@inline)?\nexport function (\w+)/g,
  ))
    expect(before.trim(), `${name} has no doc comment`).toMatch(/\*\/$/);
});
