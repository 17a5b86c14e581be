// The house: a folder of src imports only from folders below it, and no file, types included, from one that imports it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

/** From the top; "." are the entry points. */
const FLOORS = [
  ".",
  "cli",
  "cluster",
  "platform/node",
  "platform/browser",
  "race",
  "presets",
  "train",
  "train/checkpoint",
  "train/loop",
  "train/execution",
  "train/options",
  "classifier",
  "model",
  "model/losses",
  "format",
  "format/fasttext",
  "vectors",
  "text",
  "kernel/engines",
  "kernel/js",
  "kernel",
  "math",
  "base",
];

/** What lies outside src and is imported there. */
const OUTSIDE = /^\.\.\/(assembly\/((network|split)-)?params|build\/[\w-]+\.(wasm|wasm\.gz|txt)|package.json)$/;

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && file !== "wasm.d.ts",
);

/** Files that a file imports, also while it runs, and whose types it takes. */
function importsOf(file: string): string[] {
  const paths = readFileSync(join("src", file), "utf8").matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]*)"/g);
  return [...paths].map(([, path]) => normalize(join(dirname(file), path.replace(/\.js$/, ".ts"))));
}

it.each(files)("src/%s imports no floor above its own", (file) => {
  const own = FLOORS.indexOf(dirname(file));
  expect(own, `src/${dirname(file)} is not a floor`).toBeGreaterThanOrEqual(0);
  // the command line is built on the entry points for Node
  const below = dirname(file) === "cli" ? [...FLOORS.slice(own), "."] : FLOORS.slice(own);
  for (const target of importsOf(file)) {
    if (target.startsWith("..")) expect(target.replace(/\.ts$/, "")).toMatch(OUTSIDE);
    else expect(below, target).toContain(dirname(target));
  }
});

it("no file imports itself by way of others", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" → "));
    if (way.includes(file) || done.has(file)) return;
    for (const target of importsOf(file)) if (!target.startsWith("..")) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

it("no name of a file is that of four others", () => {
  const names = new Map<string, number>();
  for (const file of [...files, ...readdirSync("assembly")]) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  expect([...names].filter(([, count]) => count > 3)).toEqual([]);
});

it("assembly imports only itself", () => {
  for (const file of readdirSync("assembly")) {
    for (const [, path] of readFileSync(join("assembly", file), "utf8").matchAll(/from "([^"]*)"/g))
      expect(path).toMatch(/^\.\/[\w-]+$/);
  }
});
