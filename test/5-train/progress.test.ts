// Progress: how far counting is, how long it takes, and how the command line shows it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { learnPhrases, type Progress, train } from "wasm2vec";
import { fileCorpus } from "wasm2vec/files";
import { describe as lineOf, printWarning, showCounting, showProgress } from "../../src/cli/progress";
import { ProgressReporter } from "../../src/train/loop/progress";

const counting: Progress = {
  ...{ phase: "vocabulary", epoch: 0, epochs: 5, words: 1_234_567, totalWords: 0, wordsPerSecond: 400_000 },
  ...{ loss: 0, learningRate: 0.025, eta: 0, elapsed: 3, kernel: "simd", threads: 0, parallel: "none" },
};
const training: Progress = {
  ...counting,
  ...{ phase: "training", epoch: 2, totalWords: 4_000_000, share: 0.31, loss: 0.25, eta: 75, threads: 2 },
  parallel: "hogwild",
};

describe("a report in words", () => {
  it.each<[string, Progress]>([
    ["counting words: 1,234,567, 400,000 words/s", counting],
    ["counting words: 1,234,567, 400,000 words/s | 5 s left", { ...counting, share: 0.4, eta: 4.5, bytes: 12 }],
    ["counting words: 0, 0 words/s | 12.3 MB read", { ...counting, words: 0, wordsPerSecond: 0, bytes: 12_340_000 }],
    ["epoch 2/5 | 400,000 words/s, 2 threads, hogwild | loss 0.2500 | 1 min 15 s left", training],
    [
      "epoch 2/5 | 400,000 words/s, 2 threads, hogwild | loss 0.2500, held-out 0.2600 before | 1 min 15 s left",
      { ...training, validationLoss: 0.26 },
    ],
    ["epoch 1/5 | 2 threads, hogwild", { ...training, epoch: 1, words: 0, wordsPerSecond: 0, loss: 0, eta: 0 }],
  ])("%s", (line, progress) => {
    expect(lineOf(progress)).toBe(line);
  });
});

describe("reports", () => {
  let folder: string;
  const text = "some words of a text that is long enough\n".repeat(60_000);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wasm2vec-progress-"));
    for (const name of ["a.txt", "b.txt"]) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "c.txt.gz"), gzipSync(text));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("say which share of the files' bytes was read", async () => {
    const corpus = fileCorpus(folder);
    const total = 2 * text.length + gzipSync(text).length;
    for (let pass = 0; pass < 2; pass++) {
      const seen: number[] = [];
      for await (const _ of corpus.chunks()) {
        seen.push(corpus.progress!()!.bytes);
        expect(corpus.progress!()!.total).toBe(total);
      }
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen[0]).toBeLessThan(total / 2);
      expect(seen.at(-1)).toBe(total);
    }
  });

  it("of train have share and eta in both phases", async () => {
    const reports: Progress[] = [];
    await train(folder, { dim: 4, epochs: 1, threads: 1, onProgress: (progress) => reports.push(progress) });
    const counts = reports.filter(({ phase }) => phase === "vocabulary");
    expect(counts.length).toBeGreaterThan(0);
    for (const { share, eta, elapsed, bytes } of counts) {
      expect(bytes).toBeGreaterThan(0);
      expect(share).toBeGreaterThan(0);
      expect(eta).toBeCloseTo((elapsed * (1 - share!)) / share!, 6);
    }
    expect(reports.at(-1)).toMatchObject({ phase: "training", share: 1, eta: 0 });
  });

  it("without a known size have neither", () => {
    const seen: Progress[] = [];
    new ProgressReporter((progress) => seen.push(progress)).report(counting);
    expect(seen[0]).toMatchObject({ share: undefined, eta: 0 });
  });

  it("of phrases have them too", async () => {
    const corpus = fileCorpus(folder);
    const shares: number[] = [];
    const phrases = await learnPhrases(corpus, {
      minCount: 1,
      threshold: 0,
      onWords: () => shares.push(corpus.progress!()!.bytes),
    });
    expect(shares.length).toBeGreaterThan(1);
    for await (const _ of phrases.corpus(corpus).chunks()) break;
    expect(phrases.corpus(corpus).progress!()).toEqual(corpus.progress!());
  });
});

describe("where there is no terminal", () => {
  let written: string[];
  const { isTTY } = process.stderr;
  beforeEach(() => {
    written = [];
    vi.useFakeTimers();
    vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
    process.stderr.isTTY = false;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    process.stderr.isTTY = isTTY;
  });

  it("a line is written after two seconds, then every five, and the last one at the end", () => {
    const progress = showProgress();
    for (let tenth = 0; tenth <= 80; tenth++) {
      progress.onProgress({ ...training, share: tenth / 128 });
      vi.advanceTimersByTime(100);
      expect(written).toHaveLength(tenth < 19 ? 0 : tenth < 69 ? 1 : 2);
    }
    progress.stop();
    expect(written.map((line) => line.split(" ")[0])).toEqual(["14%", "53%", "62%"]);
    expect(written[2]).toBe(`62% | ${lineOf(training)}\n`);
  });

  it("a text that gives nothing more is reported, and warnings are at once", () => {
    const progress = showCounting("pass 1 of 2", () => ({ bytes: 5_000_000 }));
    progress.onWords(0);
    printWarning("some rows are empty");
    vi.advanceTimersByTime(2000);
    expect(written).toEqual([
      "warning: some rows are empty\n",
      expect.stringMatching(/^pass 1 of 2: 0, .* words\/s \| 5.0 MB read\n$/),
    ]);
    progress.stop();
    expect(written).toHaveLength(2);
  });
});
