// The demo, the race and the classifier as they look: at three moments, on a desk and on a phone, in light and in dark; what axe-core
// finds there; what keys do. The pictures go to out/pictures, and from there to docs/pictures (npm run pictures).

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPages, ISOLATION } from "../../demo/serve.js";
import { launchChromium } from "../support/browsers";
import { says, until } from "../support/drive";
import { type Served, serve } from "../support/served";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let folder: string;
let served: Served;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-pictures-"));
  mkdirSync("out/pictures", { recursive: true });
  await buildPages(folder);
  served = await serve(folder, ISOLATION);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  served?.close();
  rmSync(folder, { recursive: true });
});

/** Takes the picture; nothing may overflow to the side, and axe-core may find no violation. */
async function look(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `out/pictures/${name}.jpg`, type: "jpeg", quality: 60, fullPage: true });
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>("axe.run()");
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
}

const labels = (page: Page) =>
  page.evaluate<string[]>('[...document.querySelectorAll("#labels span")].map((span) => span.style.translate)');

describe.each([
  ["desktop", { viewport: { width: 1200, height: 900 }, colorScheme: "light" }],
  ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true }],
] as const)("%s", (kind, appearance) => {
  let page: Page;
  beforeAll(async () => {
    page = await (await browser.newContext(appearance)).newPage();
    await page.goto(`${served.url}/#epochs=3`);
    await until(page, `${says("#estimate")} !== ""`, "the estimate");
  });
  afterAll(() => page?.context().close());

  it("start", () => look(page, `${kind}-start`));

  it("while it trains", async () => {
    await page.click("#start");
    await until(page, 'document.querySelector("#progress").value > 0.4', "training");
    await until(page, 'document.querySelectorAll("#labels span").length > 10', "words on the map");
    await look(page, `${kind}-training`);
  });

  it("done: a word, its neighbours and its lines to them", async () => {
    await until(page, `${says("#status")}.startsWith("Done")`, "the end of training");
    await page.fill("#word", "music");
    await page.press("#word", "Enter");
    expect(await page.textContent("#near")).toMatch(/^Near music: \w+ 0\.\d\d, /);
    await page.click("#analogy button");
    await until(page, `${says("#analogy output")} !== ""`, "an answer");
    expect(await page.evaluate('document.querySelectorAll("#labels .found").length')).toBeGreaterThan(2);
    await look(page, `${kind}-done`);
  });

  it("keys zoom and move the map", async () => {
    await page.focus("#points");
    let before = await labels(page);
    for (const key of ["+", "ArrowLeft", "ArrowUp", "-"]) {
      await page.keyboard.press(key);
      await until(
        page,
        `[...document.querySelectorAll("#labels span")].map((span) => span.style.translate).join() !== ${JSON.stringify(before.join())}`,
        key,
      );
      before = await labels(page);
    }
  });

  it("UMAP lays the words out anew", async () => {
    const before = await labels(page);
    await page.click("#umap");
    await until(page, `${says("#hint")}.includes("laid out by UMAP")`, "UMAP");
    expect(await labels(page)).not.toEqual(before);
    await look(page, `${kind}-umap`);
  });

  it("race", async () => {
    await page.goto(`${served.url}/race/`);
    await page.fill("[name=words]", "50000");
    await page.fill("[name=rounds]", "2");
    await page.click("#start");
    await until(page, `${says("#status")}.startsWith("Done")`, "the end of the race");
    await look(page, `${kind}-race`);
  });

  it("classifier", async () => {
    await page.goto(`${served.url}/classify/`);
    await page.click("#start");
    await until(page, `${says("#answer")} !== ""`, "the end of training");
    await look(page, `${kind}-classify`);
  });
});
