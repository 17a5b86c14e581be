// npm run bench:cora: classes of papers from random walks on the Cora citations (DeepWalk, node2vec), against the
// majority class. The hidden-layer network predicts the class of each paper from its vector; half of the papers are held out.
// Environment: SPLITS=5 RATES=auto,0.025,… SEEDS=1,2,3: DeepWalk at each learning rate instead, of either half of what is held out

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

/** Accuracy on the half that is held out, and on each half of that. @param seed of the split and the network */
async function accuracies(vectors: WordVectors, seed: number) {
  const random = Random.from(seed, 0);
  const nodes = [...classes.keys()].filter((node) => vectors.has(node));
  const order = nodes.map((node) => ({ node, key: random.next() })).sort((a, b) => a.key - b.key);
  const half = order.length >> 1;
  const rowsOf = (some: typeof order) => some.map(({ node }) => vectors.unit(vectors.row(node)));
  const labelsOf = (some: typeof order) => some.map(({ node }) => classes.get(node)!);
  const [known, held] = [order.slice(0, half), order.slice(half)];
  const network = await HiddenLayerNetwork.create({ inputs: vectors.dim, hidden: 64, classes: labels, seed });
  await network.train(rowsOf(known), labelsOf(known), { epochs: 60, optimizer: "adagrad" });
  const [choosing, reporting] = [0, 1].map((rest) => held.filter((_, i) => i % 2 === rest));
  const of = (some: typeof order) => network.accuracy(rowsOf(some), labelsOf(some));
  return { all: of(held), choosing: of(choosing), reporting: of(reporting) };
}

const DEEP_WALK = { p: 1, q: 1, walkLength: 80, walksPerNode: 10, dim: 128, threads: 1 } as const;

/** DeepWalk at a rate: medians of the splits. */
async function atRate(rate: string, seed: number): Promise<void> {
  const learningRate = rate === "auto" ? rate : Number(rate);
  const { vectors, history } = await node2vec(edges, { ...DEEP_WALK, learningRate, seed });
  const found: Awaited<ReturnType<typeof accuracies>>[] = [];
  for (let split = 1; split <= SPLITS; split++) found.push(await accuracies(vectors, split));
  const [choosing, reporting] = (["choosing", "reporting"] as const).map((half) =>
    median(found.map((split) => split[half])).toFixed(3),
  );
  const from = history[0].initialLearningRate.toPrecision(3);
  console.log(`rate ${rate}, from ${from}, seed ${seed}: choosing ${choosing}, reporting ${reporting}`);
}

console.log(
  `${machine()}; Cora: ${classes.size} papers, ${edges.length} citations, ${labels.length} classes; half held out, ${SPLITS} splits`,
);
const counts = labels.map((label) => [...classes.values()].filter((own) => own === label).length);
console.log(`majority class  ${(Math.max(...counts) / classes.size).toFixed(3)}`);
if (process.env.RATES) {
  for (const seed of (process.env.SEEDS ?? "1,2,3").split(",").map(Number))
    for (const rate of process.env.RATES.split(",")) await atRate(rate, seed);
  process.exit();
}
for (const { name, p, q } of [
  { name: "DeepWalk", p: 1, q: 1 },
  { name: "node2vec, p 0.25, q 0.5", p: 0.25, q: 0.5 },
  { name: "node2vec, p 0.5, q 2", p: 0.5, q: 2 },
]) {
  const start = performance.now();
  const { vectors } = await node2vec(edges, { ...DEEP_WALK, p, q });
  const seconds = (performance.now() - start) / 1000;
  const found: number[] = [];
  for (let seed = 1; seed <= SPLITS; seed++) found.push((await accuracies(vectors, seed)).all);
  console.log(
    `${name}: accuracy ${median(found).toFixed(3)} (${Math.min(...found).toFixed(3)} to ${Math.max(...found).toFixed(3)}), ${seconds.toFixed(1)} s`,
  );
}
