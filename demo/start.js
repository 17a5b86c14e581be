// npm start: trains on the sample with the command line, then prints the nearest words of some words.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadVectors } from "../build/files.js";

const sample = fileURLToPath(new URL("sample.txt.gz", import.meta.url));
const cli = fileURLToPath(new URL("../build/cli.js", import.meta.url));
const output = "out/sample.bin";

mkdirSync("out", { recursive: true });
execFileSync(process.execPath, [cli, "train", sample, "--output", output, "--epochs", "10"], { stdio: "inherit" });

const vectors = await loadVectors(output);
console.log();
for (const word of ["king", "river", "music", "france", "three", "computer"]) {
  const neighbours = vectors.mostSimilar(word, { topN: 6 }).map((n) => `${n.word} ${n.similarity.toFixed(2)}`);
  console.log(`${word.padEnd(10)}${neighbours.join(", ")}`);
}
console.log(`\nTry: npx wasm2vec similar ${output} music`);
