// What driving pages in real browsers takes.

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
