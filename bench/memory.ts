// npm run bench:memory: peak resident memory of training on the corpus, and on ten copies of it. The numbers of their tokens are
// in a file, or in memory up to the default of spoolMemory.

import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { train } from "wasm2vec";
import { corpusPath, machine } from "./measure.js";

const [, , corpus, , memory] = process.argv;
const spoolMemory = memory === undefined ? undefined : Number(memory);
if (corpus !== undefined) {
  // minCount keeps the share of the words that have vectors: the model is the same, only the text is longer
  const { vocabulary } = await train(corpus, { epochs: 1, minCount: Number(process.argv[3]), spoolMemory });
  console.log(
    JSON.stringify({
      megabytes: process.resourceUsage().maxRSS / 1024,
      words: vocabulary.size,
      corpusWords: vocabulary.totalWords,
    }),
  );
} else {
  const folder = mkdtempSync(join(tmpdir(), "wasm2vec-memory-"));
  const copies = join(folder, "copies.gz");
  try {
    console.log(machine());
    // gzip members may follow one another
    for (let i = 0; i < 10; i++) appendFileSync(copies, readFileSync(corpusPath()));
    const measure = (path: string, minCount: number, ...memory: string[]) => {
      const given = [fileURLToPath(import.meta.url), path, String(minCount), ...memory];
      const report = execFileSync(process.execPath, given, { encoding: "utf8" });
      const { megabytes, words, corpusWords } = JSON.parse(report);
      console.log(
        `${path === copies ? "ten copies" : path}: ${corpusWords} words, ${words} in the vocabulary, peak ${megabytes.toFixed(0)} MB`,
      );
      return megabytes as number;
    };
    for (const memory of [["0"], []]) {
      const [one, ten] = [measure(corpusPath(), 5, ...memory), measure(copies, 50, ...memory)];
      const where = memory.length > 0 ? "in a file" : "in memory first";
      console.log(`numbers ${where}: ten copies take ${(100 * (ten / one - 1)).toFixed(1)}% more`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
