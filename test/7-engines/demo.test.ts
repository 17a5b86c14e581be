// The demo page, driven as a user would: choose the text, train, close the tab, come back, go on, ask, download.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadVectors } from "wasm2vec/files";
import { buildPages } from "../../demo/serve.js";
import { downloaded, onEachPage, says, until } from "../support/drive";
import { sampleText } from "../support/sample";

const text = sampleText(6000)
  .map((sentence) => sentence.join(" "))
  .join("\n");
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-demo-"));
  await buildPages(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

onEachPage(
  () => folder,
  "/index.html",
  (at) => {
    /** Opens the at.page, where the sample is chosen. */
    async function open(settings: string): Promise<void> {
      await at.page.goto("about:blank");
      await at.page.goto(`${at.url}/index.html#${settings}`);
      await until(at.page, 'document.querySelector("#estimate").textContent !== ""', "the estimate");
    }

    async function paste(pasted = text): Promise<void> {
      await at.page.evaluate(`(() => {
      document.querySelector('[name="text"][value="paste"]').click();
      document.querySelector("#paste").value = ${JSON.stringify(pasted)};
      document.querySelector("#setup").dispatchEvent(new Event("input"));
    })()`);
    }

    it("takes settings from the address, and says what the page's headers mean", async () => {
      await open("dim=20&epochs=2&minCount=1&subsample=0.002&seed=3");
      await paste();
      expect(await at.page.evaluate('document.querySelector("[name=dim]").value')).toBe("20");
      expect(await at.page.evaluate(says("#estimate"))).toMatch(
        /^About \d+ MB for a vocabulary of 60,000 words, \d+ threads?; some \d+ s for [\d,]+ words, on a usual machine\.$/,
      );
      expect(await at.page.evaluate('document.querySelector("#isolation").hidden')).toBe(at.isolated);
    });

    it("trains, answers, and hands out files that Node reads", async () => {
      await at.page.evaluate('document.querySelector("#start").click()');
      await until(at.page, `${says("#status")}.startsWith("Done")`, "the end of training");
      expect(await at.page.evaluate(says("#threads"))).toContain("grid");
      await at.page.evaluate(`(() => {
      document.querySelector("#word").value = "topic0_0";
      document.querySelector("#find").requestSubmit();
      document.querySelector('#odd [name="words"]').value = "topic1_0 topic1_1 topic1_2 topic5_0";
      document.querySelector("#odd").requestSubmit();
    })()`);
      expect(await at.page.evaluate(says("#near"))).toMatch(/^Near topic0_0: topic0_\d+ [01]\.\d\d, topic0/);
      await until(at.page, `${says("#odd output")} !== ""`, "an answer");
      expect(await at.page.evaluate(says("#odd output"))).toBe("topic5_0");
      await at.page.evaluate(`(() => {
      const lines = ["topic0_0 topic0_1 9", "topic0_0 topic5_1 1", "topic1_0 topic1_1 8", "topic1_2 topic7_1 2", "topic1_2 none 5"];
      const files = new DataTransfer();
      files.items.add(new File([lines.join("\\n")], "pairs.txt"));
      const input = document.querySelector('#pairs [name="file"]');
      input.files = files.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
      await until(at.page, `${says("#pairs output")} !== ""`, "the score");
      expect(await at.page.evaluate(says("#pairs output"))).toMatch(
        /^Spearman (0\.\d{3}|1\.000) over 4 pairs, 1 without/,
      );
      for (const format of ["word2vec", "word2vec-text", "tsv"])
        await at.page.evaluate(`document.querySelector('[data-save="${format}"]').click()`);
      const [binary, lines, tsv, metadata] = await Promise.all(
        ["vectors.bin", "vectors.txt", "vectors.tsv", "metadata.tsv"].map((file) => downloaded(at.browser, file)),
      );
      const vectors = await loadVectors(binary);
      expect(vectors.similarity("topic0_0", "topic0_1")).toBeGreaterThan(0.5);
      const { words } = vectors;
      expect((await loadVectors(lines)).get(words[0])).toEqual(vectors.get(words[0]));
      const decode = (path: string) => readFileSync(path, "utf8").trim().split("\n");
      expect(decode(metadata)).toEqual(words);
      expect(
        decode(tsv)[0]
          .split("\t")
          .map((x) => Math.fround(Number(x))),
      ).toEqual([...vectors.get(words[0])]);
    });

    it("forgets the words of the model before, on the map and in answers", async () => {
      const known = '[...document.querySelectorAll("#known option")].map((option) => option.value)';
      const names = '[...document.querySelectorAll("#labels span")].map((span) => span.textContent)';
      await at.page.evaluate(`window.failures = [];
        addEventListener("error", (event) => failures.push(event.message));
        addEventListener("unhandledrejection", (event) => failures.push(String(event.reason)));
        document.querySelector("#umap").click()`);
      await until(at.page, `${says("#hint")}.includes("laid out by UMAP")`, "UMAP");
      // the pointer wanders over the map until it rests on one of the rarer words
      const hovered = await at.page.evaluate<string>(`(() => {
        const place = document.querySelector("#points");
        const { left, top, width, height } = place.getBoundingClientRect();
        document.querySelector("#word").value = "common0";
        document.querySelector("#find").requestSubmit();
        const found = () => new Set([...document.querySelectorAll("#labels .found")].map((span) => span.textContent));
        const asked = found();
        const rare = ${known}.slice(50);
        for (let y = 4; y < height; y += 8) {
          for (let x = 4; x < width; x += 8) {
            place.dispatchEvent(new PointerEvent("pointermove", { clientX: left + x, clientY: top + y, bubbles: true }));
            const word = [...found()].find((name) => !asked.has(name) && rare.includes(name));
            if (word !== undefined) return word;
          }
        }
      })()`);
      expect(hovered).toMatch(/^(topic|common)/);
      expect(await at.page.evaluate(says("#near"))).toMatch(/^Near common0: /);

      const words = Array.from({ length: 10 }, (_, i) => `new${i}`);
      await paste(`${words.join(" ")}\n`.repeat(300));
      await at.page.evaluate(`(() => {
        document.querySelector("[name=subsample]").value = "0";
        document.querySelector("#start").click();
      })()`);
      await until(at.page, `${says("#status")}.startsWith("Done: 10 words")`, "the end of training");
      expect(await at.page.evaluate("failures")).toEqual([]);
      const shown = await at.page.evaluate<string[]>(names);
      expect(shown.length).toBeGreaterThan(0);
      expect(words).toEqual(expect.arrayContaining(shown));
      expect(await at.page.evaluate('document.querySelectorAll("#labels .found").length')).toBe(0);
      expect((await at.page.evaluate<string[]>(known)).sort()).toEqual(words);
      for (const place of ["#near", "#odd output", "#pairs output"])
        expect(await at.page.evaluate(says(place))).toBe("");
      expect(await at.page.evaluate(says("#hint"))).toContain("(PCA)");
    });

    it("goes on after the tab was closed", async () => {
      await open("epochs=40&reproducible=true");
      await at.page.evaluate(`document.querySelector("#start").click()`);
      await until(at.page, `${says("#status")}.startsWith("Training")`, "training");
      // the first comes after ten seconds
      await until(
        at.page,
        "(await navigator.storage.getDirectory().then((root) => root.getFileHandle('training.ckpt')).then((file) => file.getFile()).then((file) => file.size > 0, () => false))",
        "a checkpoint",
      );
      await open("");
      await until(at.page, `!document.querySelector("#resume").hidden`, "the offer");
      const offer = await at.page.evaluate<string>(says("#resume"));
      const [, percent] = /^A training of [\d,]+ words stopped at (\d+)%/.exec(offer)!;
      expect(Number(percent)).toBeGreaterThan(0);
      await at.page.evaluate(`document.querySelector("#go-on").click()`);
      await until(at.page, `${says("#status")}.startsWith("Training, epoch")`, "training again");
      const share = await at.page.evaluate<number>('document.querySelector("#progress").value');
      expect(100 * share).toBeGreaterThan(Number(percent) - 1);
      // pause and cancel
      await at.page.evaluate(`document.querySelector("#pause").click()`);
      expect(await at.page.evaluate(says("#pause"))).toBe("Resume");
      await at.page.evaluate(`document.querySelector("#cancel").click()`);
      await until(at.page, `${says("#status")} === "Cancelled."`, "the cancelling");
    });
  },
);
