// npm start: trains on the sample, shows what the vectors have learnt, writes them.

import { mkdirSync } from "node:fs";
import { SingleBar } from "cli-progress";
import { saveVectors, train } from "../build/node.js";

const sample = new URL("sample.txt.gz", import.meta.url);
const output = "out/sample.bin";

const bar = new SingleBar({
  format: "{bar} {percentage}% | epoch {epoch}/{epochs} | {rate} words/s | loss {loss} | {left} s left",
  etaBuffer: 1,
  noTTYOutput: true,
  notTTYSchedule: 5000,
});
bar.start(1, 0, { epoch: 0, epochs: "?", rate: "…", loss: "…", left: "…" });
const model = await train(sample, {
  epochs: 10,
  onProgress({ phase, epoch, epochs, words, totalWords, wordsPerSecond, loss, eta }) {
    if (phase !== "training") return;
    bar.setTotal(totalWords);
    bar.update(words, {
      epoch,
      epochs,
      rate: Math.round(wordsPerSecond).toLocaleString("en"),
      loss: loss.toFixed(4),
      left: Math.ceil(eta),
    });
  },
});
bar.stop();

const { vectors, vocabulary, history } = model;
console.log(`\n${vocabulary.size} words, ${history.length} epochs, loss ${history.at(-1).loss.toFixed(4)}\n`);
for (const word of ["king", "river", "music", "france", "three", "computer"]) {
  const neighbours = vectors.mostSimilar(word, { topN: 6 }).map((n) => `${n.word} ${n.similarity.toFixed(2)}`);
  console.log(`${word.padEnd(10)}${neighbours.join(", ")}`);
}

mkdirSync("out", { recursive: true });
await saveVectors(vectors, output);
console.log(`\nwrote ${output}: try  npx wasm2vec similar ${output} music`);
