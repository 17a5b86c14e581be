// The house: a folder of src imports only from folders below it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

/** From the top; "." are the doors. */
const FLOORS = [".", "cli", "node", "browser", "race", "train", "model", "format", "vectors", "text", "kernel", "math"];

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

it.each(files.filter((file) => file !== "wasm.d.ts"))("src/%s imports no floor above its own", (file) => {
  const own = FLOORS.indexOf(dirname(file));
  expect(own, `src/${dirname(file)} is not a floor`).toBeGreaterThanOrEqual(0);
  for (const [, path] of readFileSync(join("src", file), "utf8").matchAll(/from "(\.[^"]*)"/g)) {
    const target = normalize(join(dirname(file), path.replace(/\.js$/, "")));
    if (target.startsWith(".."))
      expect(target).toMatch(/^\.\.\/(assembly\/((network|split)-)?params|build\/\w+\.(wasm|txt)|package.json)$/);
    // the command line is built on the door for Node
    else if (dirname(file) === "cli") expect([...FLOORS.slice(own), "."]).toContain(dirname(target));
    else expect(FLOORS.slice(own)).toContain(dirname(target));
  }
});

it("assembly imports only itself", () => {
  for (const file of readdirSync("assembly")) {
    for (const [, path] of readFileSync(join("assembly", file), "utf8").matchAll(/from "([^"]*)"/g))
      expect(path).toMatch(/^\.\/[\w-]+$/);
  }
});
