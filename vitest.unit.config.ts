// Tests from src, without a build: the rungs up to the formats, and of those above what trains no whole models. What they need of
// build/, the binaries, is compiled if it is missing or old; workers are bundled from src.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { binary, TIMEOUTS, workerAt } from "./vitest.config.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Tests of the built commands, and of whole trainings, are for `npm test`. */
function needsBuild(test: string): boolean {
  const code = readFileSync(test, "utf8");
  if (/support\/(command|browsers|packed|runs)"|build\/[\w-]+\.js/.test(code)) return true;
  return /^test\/[5-9]/.test(test) && code.includes('from "wasm2vec');
}

const tests = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((name) => /^test\/([1-68]-\w+|house)\/.*\.test\.ts$/.test(name) && !needsBuild(name));

/** What `npm run check` leaves to test:unit: seconds each of changed files, random rows, whole grids and waiting for disks. */
const SLOW = [
  "2-kernel/cell",
  "2-kernel/quantized",
  "2-kernel/sort",
  "2-kernel/splitter",
  "3-text/corpus",
  "3-text/source",
  "3-text/spool",
  "4-format/approximate",
  "4-format/fasttext",
  "4-format/fasttext-peers",
  "4-format/formats",
  "4-format/queries",
  "4-format/vectors",
  "5-train/grid",
  "8-cluster/connection",
  "8-cluster/counting",
].map((name) => `test/${name}.test.ts`);
for (const name of SLOW) readFileSync(name);

/** --mode fast: without the slow ones. */
export default defineConfig(({ mode }) => ({
  plugins: [binary, workerAt("out/unit/worker-node.js")],
  resolve: {
    alias: [
      { find: /^wasm2vec$/, replacement: path("src/node.ts") },
      { find: /^wasm2vec\/([\w-]+)$/, replacement: path("src/$1.ts") },
    ],
  },
  test: {
    include: mode === "fast" ? tests.filter((name) => !SLOW.includes(name)) : tests,
    globalSetup: ["test/support/compile.ts"],
    pool: "threads",
    maxWorkers: "100%",
    ...TIMEOUTS,
  },
}));
