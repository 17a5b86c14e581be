// npm run bench:cora: classes of papers from random walks on the Cora citations (DeepWalk, node2vec), against the
// majority class. The hidden-layer network predicts the class of each paper from its vector; half of the papers are held out.

import { readFileSync } from "node:fs";
import { node2vec, type WordVectors } from "wasm2vec";
import { HiddenLayerNetwork } from "wasm2vec/network";
import type { Edge } from "wasm2vec/sequences";
import { Random } from "../src/base/random.js";
import { median } from "../src/race/median.js";
import { machine } from "./measure.js";

const SPLITS = Number(process.env.SPLITS ?? 5);
const FOLDER = "../shared/data/sequences";

const lines = (name: string) =>
  readFileSync(`${FOLDER}/${name}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
const edges = lines("cora_edgelist.txt").map(([from, to]): Edge => [from, to]);
const classes = new Map(lines("cora_labels.txt").map(([node, label]) => [node, label]));
const labels = [...new Set(classes.values())].sort();

/** Accuracy on the half that is held out. @param seed of the split and the network */
async function accuracy(vectors: WordVectors, seed: number): Promise<number> {
  const random = Random.from(seed, 0);
  const nodes = [...classes.keys()].filter((node) => vectors.has(node));
  const order = nodes.map((node) => ({ node, key: random.next() })).sort((a, b) => a.key - b.key);
  const half = order.length >> 1;
  const rowsOf = (some: typeof order) => some.map(({ node }) => vectors.unit(vectors.row(node)));
  const labelsOf = (some: typeof order) => some.map(({ node }) => classes.get(node)!);
  const [known, held] = [order.slice(0, half), order.slice(half)];
  const network = await HiddenLayerNetwork.create({ inputs: vectors.dim, hidden: 64, classes: labels, seed });
  await network.train(rowsOf(known), labelsOf(known), { epochs: 60, optimizer: "adagrad" });
  return network.accuracy(rowsOf(held), labelsOf(held));
}

console.log(
  `${machine()}; Cora: ${classes.size} papers, ${edges.length} citations, ${labels.length} classes; half held out, ${SPLITS} splits`,
);
const counts = labels.map((label) => [...classes.values()].filter((own) => own === label).length);
console.log(`majority class  ${(Math.max(...counts) / classes.size).toFixed(3)}`);
for (const { name, p, q } of [
  { name: "DeepWalk", p: 1, q: 1 },
  { name: "node2vec, p 0.25, q 0.5", p: 0.25, q: 0.5 },
  { name: "node2vec, p 0.5, q 2", p: 0.5, q: 2 },
]) {
  const start = performance.now();
  const { vectors } = await node2vec(edges, { p, q, walkLength: 80, walksPerNode: 10, dim: 128, threads: 1 });
  const seconds = (performance.now() - start) / 1000;
  const found: number[] = [];
  for (let seed = 1; seed <= SPLITS; seed++) found.push(await accuracy(vectors, seed));
  console.log(
    `${name}: accuracy ${median(found).toFixed(3)} (${Math.min(...found).toFixed(3)} to ${Math.max(...found).toFixed(3)}), ${seconds.toFixed(1)} s`,
  );
}
