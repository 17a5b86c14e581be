// The classifier page, driven in real browsers: from a pasted table to a file that Node predicts with.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadClassifier } from "wasm2vec";
import { buildPages } from "../../demo/serve.js";
import { downloaded, onEachPage, says, until } from "../support/drive";

const MESSAGE = "my parsel has not come";
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-classify-"));
  await buildPages(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

onEachPage(
  () => folder,
  "/classify/",
  (at) => {
    beforeAll(() => until(at.page, `${says("#found")} !== ""`, "the page"));

    const paste = (table: string) =>
      at.page.evaluate<string>(`(() => {
      document.querySelector("#table").value = ${JSON.stringify(table)};
      document.querySelector("#table").dispatchEvent(new Event("input"));
      return ${says("#found")};
    })()`);
    const start = (epochs = 50) =>
      at.page.evaluate(`(() => {
      document.querySelector("[name=epochs]").value = ${epochs};
      document.querySelector("#start").click();
    })()`);

    it("trains on the example, tests, and saves files that predict the same in Node", async () => {
      expect(await at.page.evaluate(says("#found"))).toBe(
        "120 rows, 6 labels: delivery, refund, cancel, account, invoice, thanks.",
      );
      await start();
      await until(at.page, `${says("#answer")} !== ""`, "the end of training");
      expect(await at.page.evaluate(says("#status"))).toMatch(/^Done: 6 labels, \d+ words, in [\d.]+ s\.$/);
      const [, percent] = /^Of 24 rows that training has not seen, (\d+)% got a right label\.$/.exec(
        await at.page.evaluate<string>(says("#score")),
      )!;
      expect(Number(percent)).toBeGreaterThan(60);
      const rows = '[...document.querySelectorAll("#by-label tbody tr")].length';
      expect(await at.page.evaluate(rows)).toBe(6);
      const [label, probability] = await at.page.evaluate<string[]>(
        '[...document.querySelector("#answers tbody tr").children].map((cell) => cell.textContent)',
      );
      expect(label).toBe("delivery");
      await at.page.evaluate('document.querySelector("#save").click()');
      const whole = await loadClassifier(await downloaded(at.browser, "classifier.w2c"));
      expect(whole.predict(MESSAGE)[0].probability.toFixed(3)).toBe(probability);
      await at.page.evaluate('document.querySelector("#save-small").click()');
      const small = await loadClassifier(await downloaded(at.browser, "classifier.ftz"));
      expect(small.predict(MESSAGE)[0].label).toBe("delivery");
    });

    it("finds texts and labels in any columns, with several labels of a row", async () => {
      const rows = Array.from({ length: 60 }, (_, i) => {
        const animal = ["cat", "dog", "cat|dog"][i % 3];
        return `${i};${animal};"a ${animal.replace("|", " and a ")}, seen ""here""; number ${i}"`;
      });
      expect(await paste(`id;kind;note\n${rows.join("\n")}`)).toBe("60 rows, 2 labels: cat, dog.");
      const chosen = await at.page.evaluate<string[]>(
        '["text", "label"].map((id) => document.querySelector("#" + id).selectedOptions[0].textContent)',
      );
      expect(chosen).toEqual(["note", "kind"]);
      await start(100);
      await until(at.page, `${says("#status")}.startsWith("Done: 2 labels")`, "the end of training");
      await until(at.page, `${says("#score")}.startsWith("Of 12 rows")`, "the test");
      // without a first row of names
      expect(await paste("yes\tgood thing\nno\tbad thing\nyes\tfine thing\nno\tpoor thing")).toBe(
        "4 rows, 2 labels: yes, no.",
      );
    });

    it("says what is wrong with a table, and can be cancelled", async () => {
      expect(await paste("one column\nno labels")).toBe("Paste two columns: texts and their labels.");
      expect(await at.page.evaluate('document.querySelector("#start").disabled')).toBe(true);
      await paste(`text,label\n${Array.from({ length: 500 }, (_, i) => `word${i % 7} w${i},${i % 2}`).join("\n")}`);
      await start(10_000);
      await until(at.page, `${says("#status")}.startsWith("Training: ")`, "training");
      await at.page.evaluate('document.querySelector("#cancel").click()');
      await until(at.page, `${says("#status")} === "Cancelled."`, "the cancelling");
    });
  },
);
