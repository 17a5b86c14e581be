// Real browsers, for tests and benchmarks.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserType, chromium, firefox, type LaunchOptions, webkit } from "playwright";
import puppeteer from "puppeteer-core";
import { type Browser, type Page, START_TIMEOUT } from "./page";
import { CHROMIUM, FIREFOX, ownOf, pathOf, WEBKIT } from "./programs";
import { launchWebKitGtk } from "./webkit";

export type { Browser, Page } from "./page";

const newDownloads = () => mkdtempSync(join(tmpdir(), "wasm2vec-downloads-"));

/** Chromium by Playwright. */
export function launchChromium() {
  return chromium.launch({ executablePath: pathOf(CHROMIUM), args: ["--no-sandbox"], timeout: START_TIMEOUT });
}

/** A browser that Playwright drives. @param privateFiles see Browser */
async function byPlaywright(
  name: string,
  type: BrowserType,
  options: LaunchOptions,
  abilities: Pick<Browser, "sharesMemory" | "privateFiles">,
): Promise<Browser> {
  const browser = await type.launch({ ...options, timeout: START_TIMEOUT });
  const downloads = newDownloads();
  return {
    ...{ name: `${name} ${browser.version()}`, downloads, ...abilities },
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
}

/** A Firefox that is not Playwright's own: others take WebDriver BiDi. */
async function installedFirefox(): Promise<Browser> {
  const downloads = newDownloads();
  // 2: the folder named next
  const extraPrefsFirefox = { "browser.download.folderList": 2, "browser.download.dir": downloads };
  const browser = await puppeteer.launch({
    ...{ browser: "firefox", executablePath: pathOf(FIREFOX), headless: true, extraPrefsFirefox },
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
}

const ALL = { sharesMemory: true, privateFiles: true };

/** Those whose every page is tested. */
export const BROWSERS: Record<string, () => Promise<Browser>> = {
  Chromium: () => byPlaywright("Chromium", chromium, { executablePath: pathOf(CHROMIUM), args: ["--no-sandbox"] }, ALL),
  Firefox: () => (ownOf(FIREFOX) ? byPlaywright("Firefox", firefox, {}, ALL) : installedFirefox()),
};

/** Playwright's WebKit, or WebKitGTK, which is Linux'. @param sharesMemory it has SharedArrayBuffer behind a flag only */
function launchWebKit(sharesMemory: boolean): Promise<Browser> {
  if (ownOf(WEBKIT) === undefined) return launchWebKitGtk(sharesMemory);
  const env = { ...process.env, ...(sharesMemory ? { JSC_useSharedArrayBuffer: "1" } : {}) } as Record<string, string>;
  return byPlaywright("WebKit", webkit, { env }, { sharesMemory, privateFiles: false });
}

/** All engines that have pages. WebKit is tried without and with shared memory. */
export const PAGE_ENGINES: typeof BROWSERS = {
  ...BROWSERS,
  WebKit: () => launchWebKit(false),
  "WebKit with SharedArrayBuffer": () => launchWebKit(true),
};
