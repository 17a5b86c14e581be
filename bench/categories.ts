// npm run bench:categories: the hidden-layer network predicts a word's category (capital, country, …) from its vector,
// against a linear softmax and the majority class. The words are those of the analogy set; a fifth is held out.
// Environment: CORPUS EPOCHS=5 VECTORS (a file instead of training) SPLITS=5

import { readFileSync } from "node:fs";
import { train, type WordVectors } from "wasm2vec";
import { parseAnalogies } from "wasm2vec/evaluate";
import { loadVectors } from "wasm2vec/files";
import { type Matrix, naiveSoftmaxLossAndGradient, sgd, type Vector } from "wasm2vec/math";
import { HiddenLayerNetwork } from "wasm2vec/network";
import { Random } from "../src/base/random.js";
import { median } from "../src/race/median.js";
import { corpusPath, machine } from "./measure.js";

const EPOCHS = Number(process.env.EPOCHS ?? 5);
const SPLITS = Number(process.env.SPLITS ?? 5);

/** What the two words of a pair are, for each section of the analogy set. */
const ROLES: Record<string, [string, string]> = {
  "capital-common-countries": ["capital", "country"],
  "capital-world": ["capital", "country"],
  currency: ["country", "currency"],
  "city-in-state": ["city", "state"],
  family: ["male", "female"],
  "gram1-adjective-to-adverb": ["adjective", "adverb"],
  "gram2-opposite": ["adjective", "adjective"],
  "gram3-comparative": ["adjective", "comparative"],
  "gram4-superlative": ["adjective", "superlative"],
  "gram5-present-participle": ["verb", "participle"],
  "gram6-nationality-adjective": ["country", "nationality"],
  "gram7-past-tense": ["participle", "past tense"],
  "gram8-plural": ["noun", "plural"],
  "gram9-plural-verbs": ["verb", "third person"],
};

interface Example {
  word: string;
  x: Vector;
  category: string;
}

/** Words of the analogy set with one category only (not "mexico", the country and the city), as vectors of length 1. */
function collect(vectors: WordVectors): Example[] {
  const categories = new Map<string, Set<string>>();
  for (const { section, questions } of parseAnalogies(
    readFileSync("../shared/data/eval/questions-words.txt", "utf8"),
  )) {
    const roles = ROLES[section];
    for (const question of questions) {
      question.forEach((word, i) => {
        const key = vectors.has(word) ? word : word.toLowerCase();
        if (vectors.has(key)) categories.set(key, (categories.get(key) ?? new Set()).add(roles[i % 2]));
      });
    }
  }
  return [...categories]
    .filter(([, own]) => own.size === 1)
    .map(([word, [category]]) => {
      const row = Float64Array.from(vectors.get(word)!);
      const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
      return { word, x: row.map((value) => value / length), category };
    });
}

/** One fifth is held out. */
function split(examples: Example[], seed: number): { known: Example[]; held: Example[] } {
  const random = Random.from(seed, 0);
  const order = examples.map((example) => ({ example, key: random.next() })).sort((a, b) => a.key - b.key);
  const held = Math.round(examples.length / 5);
  return { held: order.slice(0, held).map((o) => o.example), known: order.slice(held).map((o) => o.example) };
}

function majority(known: Example[], held: Example[]): number {
  const counts = new Map<string, number>();
  for (const { category } of known) counts.set(category, (counts.get(category) ?? 0) + 1);
  const [largest] = [...counts].sort((a, b) => b[1] - a[1])[0];
  return held.filter(({ category }) => category === largest).length / held.length;
}

/** J = −log softmax(U x)_c, by the pure functions; x carries a 1 for the bias. */
function linear(known: Example[], held: Example[], labels: string[], seed: number): number {
  const withBias = ({ x }: Example) => Float64Array.of(...x, 1);
  const U: Matrix = labels.map(() => new Float64Array(known[0].x.length + 1));
  const random = Random.from(seed, 1);
  const objective = (parameters: Matrix) => {
    const example = known[random.below(known.length)];
    const target = labels.indexOf(example.category);
    const { loss, gradOutsideVectors } = naiveSoftmaxLossAndGradient(withBias(example), target, parameters);
    return { loss, gradients: gradOutsideVectors };
  };
  const iterations = 200 * known.length;
  sgd(objective, U, { iterations, learningRate: (i) => 1 * (1 - i / iterations) });
  const score = (u: Vector, x: Vector) => u.reduce((sum, value, d) => sum + value * x[d], 0);
  const right = held.filter((example) => {
    const scores = U.map((u) => score(u, withBias(example)));
    return labels[scores.indexOf(Math.max(...scores))] === example.category;
  });
  return right.length / held.length;
}

async function hiddenLayer(known: Example[], held: Example[], labels: string[], seed: number) {
  const network = await HiddenLayerNetwork.create({ inputs: known[0].x.length, hidden: 128, classes: labels, seed });
  const of = (examples: Example[]) => [examples.map(({ x }) => x), examples.map(({ category }) => category)] as const;
  await network.train(...of(known), { epochs: 200 });
  const seconds = network.history.reduce((sum, epoch) => sum + (epoch.seconds ?? 0), 0);
  return { accuracy: network.accuracy(...of(held)), rate: (200 * known.length) / seconds };
}

console.log(machine());
const vectors = process.env.VECTORS
  ? await loadVectors(process.env.VECTORS)
  : (await train(corpusPath(), { epochs: EPOCHS })).vectors;
const examples = collect(vectors);
const labels = [...new Set(examples.map(({ category }) => category))].sort();
console.log(
  `${examples.length} words of ${labels.length} categories (${labels.join(", ")}), one fifth held out, ${SPLITS} splits`,
);
const results = { majority: [] as number[], linear: [] as number[], network: [] as number[], rate: [] as number[] };
for (let seed = 1; seed <= SPLITS; seed++) {
  const { known, held } = split(examples, seed);
  const network = await hiddenLayer(known, held, labels, seed);
  results.majority.push(majority(known, held));
  results.linear.push(linear(known, held, labels, seed));
  results.network.push(network.accuracy);
  results.rate.push(network.rate);
}
const percent = (values: number[]) =>
  `${(100 * median(values)).toFixed(1)}% (${(100 * Math.min(...values)).toFixed(1)} to ${(100 * Math.max(...values)).toFixed(1)})`;
console.log(`majority class   ${percent(results.majority)}`);
console.log(`linear softmax   ${percent(results.linear)}`);
console.log(`hidden layer 128 ${percent(results.network)}, ${Math.round(median(results.rate) / 1000)}k examples/s`);
