// npm run bench:spool: several epochs with and without the word ids of the first pass, in turn, for each way of reading text.
// Prints words of text a second in the epochs after the first.

import { existsSync } from "node:fs";
import { train } from "wasm2vec";
import { type FileOptions, fileCorpus } from "wasm2vec/files";
import { median } from "../src/race/median.js";
import { machine, spread } from "./measure.js";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const PATH = "../shared/data/corpus-1m.txt.gz";
if (!existsSync(PATH)) throw new Error(`no ${PATH}`);

const texts: Record<string, FileOptions> = {
  "whitespace, gzip": {},
  "simple, gzip": { tokenizer: "simple" },
  "segmenter, gzip": { tokenizer: "segmenter" },
};

/** Words a second in the epochs after the first. */
async function rate(text: FileOptions, spool: boolean): Promise<number> {
  const { history } = await train(fileCorpus(PATH, text), { spool, threads: 2, epochs: 4 });
  return median(history.slice(1).map(({ wordsPerSecond }) => wordsPerSecond));
}

console.log(`${machine()}; ${PATH}, 2 threads, epochs 2 to 4, ${ROUNDS} rounds`);
for (const [name, text] of Object.entries(texts)) {
  const [plain, spooled]: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await rate(text, false));
    spooled.push(await rate(text, true));
  }
  const gain = median(spooled.map((words, i) => words / plain[i]));
  console.log(`${name}: ${spread(plain)} words/s, with spool ${spread(spooled)}; × ${gain.toFixed(2)}`);
}
