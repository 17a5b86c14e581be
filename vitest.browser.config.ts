// Tests in Chromium itself, by vitest's browser mode: every kernel, the relaxed one included, on the engine of a page; and
// threads, on pages that are cross-origin isolated and on pages that are not; the graph of neighbours that pages have; and vectors
// without their components, which have the same bits there.

import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { ISOLATION } from "./demo/serve.js";
import { CHROMIUM, pathOf } from "./test/support/programs.js";
import config, { TIMEOUTS } from "./vitest.config.js";

const { CI_REPORT_BROWSER: report } = process.env;

function project(isolated: boolean, include: string[]) {
  return {
    plugins: config.plugins,
    server: { headers: isolated ? ISOLATION : {} },
    resolve: {
      alias: [
        { find: /^wasm2vec$/, replacement: fileURLToPath(new URL("build/index.js", import.meta.url)) },
        { find: /^wasm2vec\/(\w+)$/, replacement: fileURLToPath(new URL("build/$1.js", import.meta.url)) },
      ],
    },
    test: {
      name: isolated ? "isolated" : "not isolated",
      include,
      ...TIMEOUTS,
      provide: { isolated },
      browser: {
        enabled: true,
        headless: true,
        connectTimeout: TIMEOUTS.hookTimeout,
        provider: playwright({
          launchOptions: { executablePath: pathOf(CHROMIUM), args: ["--no-sandbox"], timeout: TIMEOUTS.hookTimeout },
        }),
        instances: [{ browser: "chromium" as const }],
        screenshotFailures: false,
      },
    },
  };
}

const KERNELS = [
  "test/2-kernel/kernel.test.ts",
  "test/2-kernel/lines.test.ts",
  "test/2-kernel/cell.test.ts",
  "test/2-kernel/sort.test.ts",
  "test/1-math/random.test.ts",
  "test/1-math/power.test.ts",
];
const THREADS = "test/7-engines/threads.browser.test.ts";
const COMPONENTS = "test/4-format/components.test.ts";
const GRAPH = "test/7-engines/approximate.browser.test.ts";

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    projects: [project(true, [...KERNELS, COMPONENTS, THREADS, GRAPH]), project(false, [THREADS])],
    reporters: report ? ["default", "json"] : ["default"],
    outputFile: report ? { json: report } : undefined,
  },
});
