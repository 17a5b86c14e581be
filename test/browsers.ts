// Real browsers, for tests and benchmarks.

import { existsSync } from "node:fs";
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
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** @throws Error if it is not installed: tests never skip one silently */
function pathOf(name: string, paths: string[]): string {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${name} is not installed: none of ${paths.join(", ")}`);
  return path;
}

export const BROWSERS: Record<string, () => Promise<Browser>> = {
  Chromium: async () => {
    const executablePath = pathOf("Chromium", ["/usr/bin/chromium", "/usr/bin/chromium-browser"]);
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    return {
      name: `Chromium ${browser.version()}`,
      open: async () => (await (await browser.newContext()).newPage()) as Page,
      close: () => browser.close(),
    };
  },
  Firefox: async () => {
    const executablePath = pathOf("Firefox", ["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
    const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
    return {
      name: await browser.version(),
      open: async () => (await browser.newPage()) as unknown as Page,
      close: () => browser.close(),
    };
  },
};
