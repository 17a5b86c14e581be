// The kernels' tests in Chromium itself, by vitest's browser mode: every kernel, the relaxed one included, on the engine of a page.

import { playwright } from "@vitest/browser-playwright";
import { mergeConfig } from "vitest/config";
import config from "./vitest.config.js";

const { CI_REPORT_BROWSER: report } = process.env;

export default mergeConfig(
  { ...config, test: { ...config.test, include: [] } },
  {
    test: {
      include: ["test/kernel.test.ts", "test/rounds.test.ts", "test/random.test.ts", "test/power.test.ts"],
      reporters: report ? ["default", "json"] : ["default"],
      outputFile: report ? { json: report } : undefined,
      browser: {
        enabled: true,
        headless: true,
        provider: playwright({ launchOptions: { executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] } }),
        instances: [{ browser: "chromium" }],
        screenshotFailures: false,
      },
    },
  },
);
