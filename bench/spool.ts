// npm run bench:spool: what reading the text once gains for the epochs after the first, in turn with and without, by the
// way that the text is read. Words a second of text in those epochs.

import { existsSync } from "node:fs";
import { type FileOptions, fileCorpus, type TrainOptions, train } from "wasm2vec";
import { median } from "../src/race/median.js";
import { machine, spread } from "./measure.js";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const PATH = "../shared/data/corpus-1m.txt.gz";
if (!existsSync(PATH)) throw new Error(`no ${PATH}`);

const texts: Record<string, FileOptions> = {
  "blanks, gzip": {},
  "simple, gzip": { tokenizer: "simple" },
  "segmenter, gzip": { tokenizer: "segmenter" },
};
const ways: Record<string, TrainOptions> = {
  "2 threads": { threads: 2 },
  "2 threads, reproducible": { threads: 2, reproducible: true },
};

/** Words a second in the epochs after the first. */
async function rate(text: FileOptions, options: TrainOptions): Promise<number> {
  const { history } = await train(fileCorpus(PATH, text), { spool: false, ...options, epochs: 4 });
  return median(history.slice(1).map(({ wordsPerSecond }) => wordsPerSecond));
}

console.log(`${machine()}; ${PATH}, epochs 2 to 4, ${ROUNDS} rounds`);
for (const [name, text] of Object.entries(texts)) {
  for (const [way, options] of Object.entries(ways)) {
    const [plain, spooled]: number[][] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await rate(text, options));
      spooled.push(await rate(text, { ...options, spool: true }));
    }
    const gain = median(spooled.map((words, i) => words / plain[i]));
    console.log(`${name}, ${way}: ${spread(plain)} words/s, with spool ${spread(spooled)}; × ${gain.toFixed(2)}`);
  }
}
