import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Gives tests what esbuild's base64 loader embeds in the bundles. */
export const binary = {
  name: "binary",
  enforce: "pre" as const,
  load(id: string) {
    if (!/\.wasm(\.gz)?$/.test(id)) return;
    const base64 = readFileSync(id).toString("base64");
    return `export default ${JSON.stringify(base64)};`;
  },
};

/** src starts the worker that lies beside it in a build: here it is another one. */
export function workerAt(path: string) {
  const url = new URL(path, import.meta.url);
  return {
    name: "worker",
    enforce: "pre" as const,
    transform(code: string) {
      return code.includes('new URL("./worker-node.js"') ? code.replace('"./worker-node.js"', `"${url}"`) : undefined;
    },
  };
}

/** .ci/run takes the counts from the runner's own report. */
const report = process.env.CI_REPORT;

/** Milliseconds that a test, and a browser's start, may take on a busy machine. */
export const TIMEOUTS = { testTimeout: 180_000, hookTimeout: 240_000, teardownTimeout: 60_000 };

export default defineConfig({
  plugins: [binary, workerAt("build/worker-node.js")],
  // tests of the whole import the build by the package's name, as users do
  resolve: {
    alias: [
      { find: /^wasm2vec$/, replacement: fileURLToPath(new URL("build/node.js", import.meta.url)) },
      { find: /^wasm2vec\/(\w+)$/, replacement: fileURLToPath(new URL("build/$1.js", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/**/*.browser.test.ts"],
    globalSetup: ["test/support/build.ts"],
    // a file for each core, none left over: many tests wait for processes of their own
    maxWorkers: "100%",
    ...TIMEOUTS,
    reporters: report ? ["default", "json"] : ["default"],
    outputFile: report ? { json: report } : undefined,
  },
});
