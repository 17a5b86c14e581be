// npm run bench:recall: the nearest words that float16 files, int8 files and a graph of neighbours find, and the time of a query.
// Vectors of the corpus; 500 words of all frequencies ask for their ten nearest.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import usearch from "usearch";
import { train, type WordVectors } from "wasm2vec";
import { loadVectors, saveVectors } from "wasm2vec/files";
import { ApproximateIndex, usearchGraph } from "wasm2vec/queries";
import { median } from "../src/race/median.js";
import { corpusPath, machine } from "./measure.js";

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-recall-"));

function milliseconds(words: readonly string[], ask: (word: string) => unknown): string {
  const times = words.map((word) => {
    const start = performance.now();
    ask(word);
    return performance.now() - start;
  });
  return median(times).toFixed(2);
}

try {
  console.log(machine());
  const { vectors } = await train(corpusPath(), { epochs: 3 });
  const step = Math.floor(vectors.size / 500);
  const asked = vectors.words.filter((_, i) => i % step === 0).slice(0, 500);
  const near = (of: WordVectors) => of.mostSimilarBatch(asked).map((list) => new Set(list.map(({ word }) => word)));
  const exact = near(vectors);
  console.log(
    `${vectors.size} words, dim ${vectors.dim}; exact: ${milliseconds(asked, (word) => vectors.mostSimilar(word))} ms a query`,
  );
  for (const format of ["safetensors", "safetensors-f16", "safetensors-i8"] as const) {
    const path = join(folder, format);
    await saveVectors(vectors, path, { format });
    const found = near(await loadVectors(path));
    const shared = found.map((list, i) => [...list].filter((word) => exact[i].has(word)).length);
    const recall = shared.reduce((a, b) => a + b) / (10 * asked.length);
    console.log(`${format}: ${(statSync(path).size / 1e6).toFixed(1)} MB, recall@10 ${recall.toFixed(4)}`);
  }
  for (const expansionSearch of [32, 64, 128, 256]) {
    const start = performance.now();
    const index = await ApproximateIndex.build(vectors, usearchGraph(usearch, vectors, { expansionSearch }));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const recall = index.recall(asked).toFixed(4);
    const time = milliseconds(asked, (word) => index.mostSimilar(word));
    console.log(
      `usearch, expansionSearch ${expansionSearch}: recall@10 ${recall}, ${time} ms a query, built in ${seconds} s`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
