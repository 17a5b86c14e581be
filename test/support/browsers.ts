// Real browsers, for tests and benchmarks.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import puppeteer from "puppeteer-core";
import { type Browser, type Page, pathOf, START_TIMEOUT } from "./page";
import { launchWebKit } from "./webkit";

export type { Browser, Page } from "./page";

/** Chromium by Playwright. */
export function launchChromium() {
  const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
  const executablePath = pathOf("Chromium", paths, "apt-get install chromium");
  return chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: START_TIMEOUT });
}

/** Those whose every page is tested. */
export const BROWSERS: Record<string, () => Promise<Browser>> = {
  Chromium: async () => {
    const browser = await launchChromium();
    const downloads = mkdtempSync(join(tmpdir(), "wasm2vec-downloads-"));
    return {
      ...{ name: `Chromium ${browser.version()}`, downloads, sharesMemory: true, privateFiles: true },
      async open() {
        const page = await (await browser.newContext()).newPage();
        page.on("download", (file) => file.saveAs(join(downloads, file.suggestedFilename())));
        return page as Page;
      },
      async close() {
        await browser.close();
        rmSync(downloads, { recursive: true });
      },
    };
  },
  Firefox: async () => {
    const paths = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
    const executablePath = pathOf("Firefox", paths, "apt-get install firefox-esr");
    const downloads = mkdtempSync(join(tmpdir(), "wasm2vec-downloads-"));
    // 2: the folder named next
    const extraPrefsFirefox = { "browser.download.folderList": 2, "browser.download.dir": downloads };
    const browser = await puppeteer.launch({
      ...{ browser: "firefox", executablePath, headless: true, extraPrefsFirefox },
      ...{ timeout: START_TIMEOUT, protocolTimeout: START_TIMEOUT },
    });
    return {
      ...{ name: (await browser.version()).replace("firefox/", "Firefox "), downloads },
      ...{ sharesMemory: true, privateFiles: true },
      open: async () => (await browser.newPage()) as unknown as Page,
      async close() {
        await browser.close();
        rmSync(downloads, { recursive: true });
      },
    };
  },
};

/** All engines that have pages. WebKit's shares memory behind a flag only, and so is tried with and without. */
export const PAGE_ENGINES: typeof BROWSERS = {
  ...BROWSERS,
  WebKit: () => launchWebKit(false),
  "WebKit with SharedArrayBuffer": () => launchWebKit(true),
};
