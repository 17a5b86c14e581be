// What trainings take of the machine's memory, measured in processes of their own, and what estimateMemory says of them.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { estimateMemory, type TrainOptions } from "wasm2vec";
import { loadVocabulary } from "wasm2vec/files";
import { Random } from "../../src/base/random";
import { unshared } from "../support/unshared";

const buildOf = (name: string) => JSON.stringify(new URL(`../../build/${name}.js`, import.meta.url).href);
const KERNEL = fileURLToPath(new URL("../../build/simd.wasm", import.meta.url));

/** Trains an epoch, and says how much more of its memory was resident at the peak than once the package was imported. */
const PROGRAM = `
  import { readFileSync } from "node:fs";
  import { train } from ${buildOf("node")};
  import { loadVocabulary } from ${buildOf("files")};
  const peak = () => 1024 * Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const [, folder, options, isCounted, kernel] = process.argv;
  // linked with unshared memory only
  const wasm = kernel && new WebAssembly.Module(readFileSync(kernel));
  const before = peak();
  const vocabulary = isCounted ? undefined : await loadVocabulary(folder + "/vocabulary.txt");
  const model = await train(folder + "/text.txt", { vocabulary, ...JSON.parse(options), ...(wasm ? { wasm } : {}) });
  console.log(JSON.stringify({ growth: peak() - before, words: model.vectors.size }));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-memory-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A text over so many words, the first ones more often, and its vocabulary. */
function write(words: number, tokens: number): void {
  const random = Random.from(1, 0);
  const counts = new Float64Array(words).fill(5);
  const lines = Array.from({ length: tokens / 20 }, () => {
    const sentence = Array.from({ length: 20 }, () => {
      const word = Math.floor(words * (random.next() / 2 ** 32) ** 3);
      counts[word]++;
      return `word${word}`;
    });
    return sentence.join(" ");
  });
  writeFileSync(join(folder, "text.txt"), lines.join("\n"));
  writeFileSync(join(folder, "vocabulary.txt"), Array.from(counts, (count, i) => `word${i} ${count}\n`).join(""));
}

const MODES: Record<string, TrainOptions> = {
  "one thread": { threads: 1 },
  "one thread, words counted": { threads: 1 },
  "2 threads, words counted": { threads: 2 },
  "3 threads, words counted": { threads: 3 },
  "in process": { worker: false },
  "2 threads": { threads: 2 },
  "3 threads": { threads: 3 },
  "a ring of 1": { threads: 1 },
  "a ring of 2": { threads: 2 },
  "a ring of 3": { threads: 3 },
  "blocks in files, 2 threads": { threads: 2, blocksMemory: 2 ** 25 },
  "blocks in files, 2 threads, words counted": { threads: 2, blocksMemory: 2 ** 25 },
  "subwords, 2 threads": { threads: 2, maxn: 2, minn: 2 },
  "subwords, a ring of 1": { threads: 1, maxn: 2, minn: 2 },
  "hogwild, 2 threads": { model: "cbow", threads: 2 },
  "cbow, one thread": { model: "cbow", threads: 1 },
  "hierarchical softmax, one thread": { loss: "hierarchical-softmax", threads: 1 },
};

// other systems do not say what the peak of a process was since it started
describe.runIf(existsSync("/proc/self/status"))("estimateMemory, of what a process grows by (Linux)", () => {
  describe.each([
    // here what the engine takes for itself is the larger part, and another version takes more or less
    { words: 5_000, dim: 100, tokens: 3_000_000, runs: process.versions.node.startsWith("20.") },
    { words: 50_000, dim: 300, tokens: 1_000_000, runs: true },
  ])("$words words of $dim floats", ({ words, dim, tokens, runs }) => {
    beforeAll(() => write(words, tokens), 120_000);

    // again, since on a busy machine the engine collects late and what it held then counts; an estimate that is off stays off
    const settings = { timeout: 300_000, retry: 2 };
    it.runIf(runs).each(Object.entries(MODES))("%s: within a quarter", settings, async (name, mode) => {
      const blocks = mode.blocksMemory && { folder: join(folder, "rows"), overwrite: true };
      const options = {
        ...mode,
        ...(blocks && { blocks }),
        dim,
        epochs: 1,
        window: 2,
        ...(mode.loss ? {} : { negatives: 2 }),
      };
      const isRing = name.includes("a ring");
      const isCounted = name.endsWith("counted");
      const flags = [
        "--input-type=module",
        "--eval",
        PROGRAM,
        folder,
        JSON.stringify(options),
        isCounted ? "counted" : "",
        ...(isRing ? [KERNEL] : []),
      ];
      const { stdout } = await promisify(execFile)(process.execPath, flags, {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
      });
      const taken = JSON.parse(stdout) as { growth: number; words: number };
      if (!isCounted) expect(taken.words).toBe(words);
      const vocabulary = isCounted ? undefined : await loadVocabulary(join(folder, "vocabulary.txt"));
      const given = { ...options, vocabulary, ...(isRing ? { wasm: unshared() } : {}) };
      const { total } = estimateMemory(given, taken.words, tokens);
      const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
      const error = Math.abs(total / taken.growth - 1);
      expect(error, `told ${megabytes(total)}, took ${megabytes(taken.growth)}`).toBeLessThan(0.25);
    });
  });
});
