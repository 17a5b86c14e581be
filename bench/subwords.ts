// npm run bench:subwords: skip-gram with subwords beside fastText's on the same text, in turn: words/s, quality, and words never seen.
// Words/s are of the training, by each side's own clock; whole commands write fastText's model.bin too. Words never seen are dropped from the
// text and composed of their subwords: how near do they come to their neighbours, which are those of vectors trained on the whole text?
// Environment: CORPUS WORDS=12000000 EPOCHS=1 THREADS=1,2 RARE=500

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WordVectors } from "wasm2vec";
import { loadFastText, loadVectors } from "wasm2vec/files";
import { copyText, corpusPath, countWords, machine } from "./measure.js";
import { qualityOf, type SetName } from "./quality/sets.js";
import { FASTTEXT, fastTextCommand, fastTextSeconds, run, wasm2vecCommand } from "./rivals.js";

const words = Number(process.env.WORDS ?? 12_000_000);
const epochs = Number(process.env.EPOCHS ?? 1);
const threads = (process.env.THREADS ?? "1,2").split(",").map(Number);
const rare = Number(process.env.RARE ?? 500);

/** fastText's own defaults for vectors, but for the threshold of subsampling, which is that of wasm2vec. */
const THEIRS = { ...FASTTEXT, lr: 0.05, epoch: epochs, minn: 3, maxn: 6, bucket: 2_000_000 };
const OURS = { epochs, minn: 3, maxn: 6, buckets: 2_000_000 };
const SHOWN: SetName[] = ["wordsim353", "simlex999", "rg65", "mturk287", "analogies", "semantic", "syntactic"];

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-subwords-"));
const path = (name: string) => join(folder, name);

/** Trains both on a text, and leaves their models in files of this name. */
async function trainBoth(corpus: string, name: string, count: number): Promise<void> {
  const own = run([
    ...wasm2vecCommand(corpus, path(`${name}.vectors`), { ...OURS, threads: count }),
    ...["--save-fasttext", path(`${name}-ours.bin`)],
  ]);
  const { wordsPerSecond } = JSON.parse(own.stdout);
  const other = run(fastTextCommand(corpus, path(`${name}-theirs`), "skipgram", { ...THEIRS, thread: count }));
  const tokens = await countWords(corpus);
  // fastText counts the ends of lines as words
  const read = epochs * (tokens.words + tokens.lines);
  const rate = (epochs * tokens.words) / fastTextSeconds(other, { words: read, threads: count });
  console.log(
    `${name}, ${count} thread${count === 1 ? "" : "s"}: ${Math.round(wordsPerSecond)} words/s, fastText ${Math.round(rate)}, ` +
      `× ${(wordsPerSecond / rate).toFixed(1)}; commands ${own.seconds.toFixed(1)} s, ${other.seconds.toFixed(1)} s, × ${(other.seconds / own.seconds).toFixed(1)}`,
  );
}

/** Some words that are neither frequent nor very rare, of letters alone, spread over the vocabulary. */
function chosen({ words }: WordVectors): string[] {
  const some = words.slice(3000, 30_000).filter((word) => /^[a-z]{6,}$/.test(word));
  return some.filter((_, i) => i % Math.ceil(some.length / rare) === 0);
}

/** Writes a text without these words. */
function withoutWords(from: string, to: string, dropped: ReadonlySet<string>): void {
  const lines = readFileSync(from, "utf8").split("\n");
  const left = lines.map((line) =>
    line
      .split(" ")
      .filter((word) => !dropped.has(word))
      .join(" "),
  );
  writeFileSync(to, left.join("\n"));
}

/** Of composed words: their mean similarity to ten true neighbours, less that to all words; and how many of those are among the 50 nearest. */
function nearness(composed: WordVectors, dropped: readonly string[], reference: WordVectors): string {
  let [similarity, found, asked] = [0, 0, 0];
  const known = new Set(composed.words);
  const others = composed.words.slice(0, 30_000).filter((_, i) => i % 300 === 0);
  for (const word of dropped) {
    const neighbours = reference
      .mostSimilar(word, { topN: 30, restrictVocabulary: 30_000 })
      .map((neighbour) => neighbour.word)
      .filter((neighbour) => known.has(neighbour))
      .slice(0, 10);
    const near = new Set(composed.mostSimilar(word, { topN: 50, restrictVocabulary: 30_000 }).map((one) => one.word));
    const mean = (list: readonly string[]) =>
      list.reduce((sum, one) => sum + composed.similarity(word, one), 0) / list.length;
    similarity += mean(neighbours) - mean(others);
    found += neighbours.filter((neighbour) => near.has(neighbour)).length;
    asked += neighbours.length;
  }
  return `similarity ${(similarity / dropped.length).toFixed(3)}, ${((100 * found) / asked).toFixed(1)}% of neighbours among the 50 nearest`;
}

try {
  console.log(`${machine()}; ${corpusPath()}, ${words} words, ${epochs} epoch${epochs === 1 ? "" : "s"}`);
  const corpus = path("corpus.txt");
  await copyText(corpusPath(), corpus, words);
  for (const count of threads) await trainBoth(corpus, "whole", count);
  for (const file of ["whole.vectors", "whole-theirs.vec"]) {
    const { scores } = qualityOf(await loadVectors(path(file)));
    console.log(`${file}: ${SHOWN.map((set) => `${set} ${scores[set].toFixed(3)}`).join(", ")}`);
  }
  if (rare > 0) {
    // true neighbours come from vectors without subwords: neither side's own
    run(wasm2vecCommand(corpus, path("reference"), { epochs: Math.max(3, epochs), threads: Math.max(...threads) }));
    const reference = await loadVectors(path("reference"));
    const dropped = chosen(reference);
    withoutWords(corpus, path("dropped.txt"), new Set(dropped));
    await trainBoth(path("dropped.txt"), "dropped", Math.max(...threads));
    for (const file of ["dropped-ours.bin", "dropped-theirs.bin"]) {
      const { vectors } = await loadFastText(path(file));
      console.log(`${file}: ${dropped.length} words never seen, ${nearness(vectors, dropped, reference)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
