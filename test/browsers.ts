// Real browsers, for tests and benchmarks.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import puppeteer from "puppeteer-core";

/** A page of one of the browsers, as far as both drivers agree. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  close(): Promise<void>;
}

export interface Browser {
  name: string;
  /** folder that files are downloaded to */
  downloads: string;
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** @throws Error if it is not installed: tests never skip one silently */
function pathOf(name: string, paths: string[]): string {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${name} is not installed: none of ${paths.join(", ")}`);
  return path;
}

/** Chromium by Playwright. */
export function launchChromium() {
  const executablePath = pathOf("Chromium", ["/usr/bin/chromium", "/usr/bin/chromium-browser"]);
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export const BROWSERS: Record<string, () => Promise<Browser>> = {
  Chromium: async () => {
    const browser = await launchChromium();
    const downloads = mkdtempSync(join(tmpdir(), "wasm2vec-downloads-"));
    return {
      ...{ name: `Chromium ${browser.version()}`, downloads },
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
    const executablePath = pathOf("Firefox", ["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
    const downloads = mkdtempSync(join(tmpdir(), "wasm2vec-downloads-"));
    // 2: the folder named next
    const extraPrefsFirefox = { "browser.download.folderList": 2, "browser.download.dir": downloads };
    const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox });
    return {
      ...{ name: (await browser.version()).replace("firefox/", "Firefox "), downloads },
      open: async () => (await browser.newPage()) as unknown as Page,
      async close() {
        await browser.close();
        rmSync(downloads, { recursive: true });
      },
    };
  },
};
