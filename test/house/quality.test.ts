// docs/quality.md and its plots say what docs/quality/results.jsonl says.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { docsOf } from "../../bench/quality/docs";
import { type Result, readResults } from "../../bench/quality/results";
import { SETS } from "../../bench/quality/sets";
import type { Rate } from "../../bench/quality/trainers";

it("docs/quality.md has the tables and plots that follow from the results: `npm run bench:quality -- --docs` writes them", () => {
  const page = readFileSync("docs/quality.md", "utf8");
  for (const [path, text] of docsOf(readResults("docs/quality/results.jsonl"), page))
    expect(readFileSync(path, "utf8"), path).toBe(text);
});

describe("of results", () => {
  /** A training whose scores are all the same. */
  const result = (trainer: string, rate: Rate, score: number, timed: boolean, version = "1"): Result => ({
    ...{ corpus: "1M", trainer, flags: {}, rate, epochs: 5, seed: 1, threads: 2, learningRate: 0.1, version, timed },
    ...{ seconds: 10, trainingSeconds: 9, machine: "one", date: "2026-11-29", known: {} },
    scores: Object.fromEntries(Object.keys(SETS).map((set) => [set, score])),
  });
  const written = (results: Result[]) =>
    docsOf(results, "<!-- results: -->\n<!-- end -->").get("docs/quality.md")!.split("\n");

  it("a best rate is one of several", () => {
    const one = written([result("gensim", 0.025, 0.3, true)]);
    expect(one.some((line) => line.includes("best rate"))).toBe(false);
  });

  it("what was reached without a clock is not said to be not reached", () => {
    const lines = written([result("gensim", 0.025, 0.3, true), result("gensim", 0.1, 0.4, false)]);
    expect(lines).toContain("| gensim, best rate | reached, not timed | 5 |  |");
    expect(lines).toContain("| gensim | 10.0 | 5 | 1.00 |");
  });

  it("a goal that nothing reaches is not reached", () => {
    const lines = written([result("gensim", 0.025, 0.3, true), result("wasm2vec", "auto", 0.2, true)]);
    expect(lines).toContain("| wasm2vec | not reached |  |  |");
  });

  it("versions that no row shows are not named", () => {
    const lines = written([result("wasm2vec", "auto", 0.2, true, "old"), result("wasm2vec", "auto", 0.2, true, "new")]);
    expect(lines[1]).toMatch(/^1 trainings, .* wasm2vec new\.$/);
  });
});
