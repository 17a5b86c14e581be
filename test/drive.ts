// What driving a page takes.

import type { Page } from "./browsers";

/** Waits in the page until an expression is true. @param what it is, for the error */
export async function until(page: Page, expression: string, what: string): Promise<void> {
  const status = await page.evaluate<string | undefined>(`(async () => {
    for (let i = 0; i < 400; i++) {
      if (${expression}) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return document.querySelector("#status")?.textContent ?? document.body.textContent;
  })()`);
  if (status !== undefined) throw new Error(`waited in vain for ${what}: the page says "${status}"`);
}

/** The expression for an element's text. */
export const says = (selector: string) => `document.querySelector(${JSON.stringify(selector)}).textContent`;
