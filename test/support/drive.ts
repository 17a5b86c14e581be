// What driving pages in real browsers takes.

import { existsSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { ISOLATION } from "../../demo/serve.js";
import { BROWSERS, type Browser, type Page } from "./browsers";
import { serve } from "./served";

/** Where tests are run. */
export interface Place {
  browser: Browser;
  page: Page;
  /** of the folder that is served */
  url: string;
  isolated: boolean;
  /** whether it is isolated and has SharedArrayBuffer */
  sharesMemory: boolean;
}

/**
 * Runs tests in each browser, on a page that is cross-origin isolated and on one that is not.
 * @param folder what is served @param path the page opened first
 */
export function onEachPage(
  folder: () => string,
  path: string,
  tests: (at: Place) => void,
  browsers: typeof BROWSERS = BROWSERS,
): void {
  describe.each(Object.keys(browsers))("in %s", (name) => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await browsers[name]();
    });
    afterAll(() => browser?.close());

    describe.each([
      ["isolated", true],
      ["not isolated", false],
    ] as const)("%s", (_, isolated) => {
      const at = { isolated } as Place;
      let close = () => {};
      beforeAll(async () => {
        const served = await serve(folder(), isolated ? ISOLATION : {});
        close = served.close;
        const sharesMemory = isolated && browser.sharesMemory;
        Object.assign(at, { browser, sharesMemory, url: served.url, page: await browser.open() });
        await at.page.goto(`${at.url}${path}`);
      });
      afterAll(async () => {
        await at.page?.close();
        close();
      });
      tests(at);
    });
  });
}

/** Waits in the page until an expression is true. @param what it is, for the error */
export async function until(page: Page, expression: string, what: string): Promise<void> {
  const status = await page.evaluate<string | undefined>(`(async () => {
    for (let i = 0; i < 2400; i++) {
      if (${expression}) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return document.querySelector("#status")?.textContent ?? document.body.textContent;
  })()`);
  if (status !== undefined) throw new Error(`waited in vain for ${what}: the page says "${status}"`);
}

/** The expression for an element's text. */
export const says = (selector: string) => `document.querySelector(${JSON.stringify(selector)}).textContent`;

/** Waits until the browser has written a whole file; resolves to a path of its own, so that the next may have the name. */
export async function downloaded({ downloads }: Browser, name: string): Promise<string> {
  const path = join(downloads, name);
  // Firefox writes beside it, and makes an empty file of that name first
  const isWhole = () => existsSync(path) && !existsSync(`${path}.part`) && readFileSync(path).length > 0;
  for (let i = 0; i < 200 && !isWhole(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  const own = join(mkdtempSync(join(downloads, "own-")), name);
  renameSync(path, own);
  return own;
}
