// The race page, driven in real browsers: the same work as in Node, to the same bytes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPages } from "../../demo/serve.js";
import type { RaceResult } from "../../src/race/race";
import { cli } from "../support/command";
import { onEachPage, says, until } from "../support/drive";

const WORDS = 20_000;
let folder: string;
let inNode: RaceResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-race-"));
  await buildPages(folder);
  const args = [
    "bench",
    "demo/sample.txt.gz",
    "--words",
    String(WORDS),
    "--rounds",
    "1",
    "--dim",
    "16",
    "--json",
    "-q",
  ];
  inNode = JSON.parse(execFileSync(process.execPath, [cli, ...args], { encoding: "utf8" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

onEachPage(
  () => folder,
  "/race/",
  (at) => {
    beforeAll(() => until(at.page, `${says("#where")} !== ""`, "the page"));

    const start = (words: number) =>
      at.page.evaluate(`(() => {
      for (const [name, value] of [["words", ${words}], ["rounds", 1], ["dim", 16]])
        document.querySelector("[name=" + name + "]").value = value;
      document.querySelector("#start").click();
    })()`);

    it("can be cancelled", async () => {
      await start(1_000_000);
      await until(at.page, `${says("#status")} === "Warm-up: scalar."`, "the second who races");
      await at.page.evaluate(`document.querySelector("#cancel").click()`);
      await until(at.page, `${says("#status")} === "Cancelled."`, "the cancelling");
    });

    it("races all kernels, draws a bar for each and shows what Node comes to", async () => {
      await start(WORDS);
      await until(at.page, `${says("#status")}.startsWith("Done: ")`, "the end");
      const result = JSON.parse(await at.page.evaluate<string>(says("#json pre")));
      expect(result.where).toContain(at.isolated ? ", cross-origin isolated" : "not cross-origin isolated");
      expect(result.corpus).toMatchObject({ words: inNode.corpus.words, vocabulary: inNode.corpus.vocabulary });
      expect(result.leftOut).toEqual([]);
      const rivals: RaceResult["rivals"] = result.rivals;
      expect(rivals.map((rival) => rival.kernel)).toEqual(["js", "scalar", "simd", "relaxed", "simd"]);
      expect(rivals[4]).toMatchObject({ parallel: "grid", threads: expect.any(Number) });
      // whatever the number of threads, and shared memory or not
      expect(rivals[4].sha256).toBe(rivals[2].sha256);
      for (const rival of inNode.rivals.filter(({ threads, kernel }) => threads === 1 && kernel !== "relaxed")) {
        const same = rivals.find((other) => other.name === rival.name);
        expect(same).toMatchObject({ loss: rival.loss, sha256: rival.sha256 });
      }
      const drawn = await at.page.evaluate<
        { name: string; bar: string }[]
      >(`[...document.querySelectorAll("#rivals tbody tr")].map((row) =>
      ({ name: row.querySelector("th").textContent, bar: row.querySelector(".bar").style.getPropertyValue("--median") }))`);
      expect(drawn.map((row) => row.name)).toEqual(rivals.map((rival) => rival.name));
      const most = Math.max(...rivals.map(({ high }) => high));
      expect(Number.parseFloat(drawn[2].bar)).toBeCloseTo((100 * rivals[2].median) / most, 3);
    });

    it("links to the code of each kernel, which is there as text", async () => {
      const found = await at.page.evaluate<
        string[]
      >(`Promise.all([...new Set([...document.querySelectorAll('a[href*="code/"]')].map((link) => link.href))]
      .map(async (url) => { const answer = await fetch(url); return [answer.status, answer.headers.get("content-type").split(";")[0], (await answer.text()).length > 500].join(" "); }))`);
      expect(found.length).toBeGreaterThanOrEqual(8);
      expect(new Set(found)).toEqual(new Set(["200 text/plain true"]));
    });
  },
);
