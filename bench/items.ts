// npm run bench:items: item2vec on baskets against popularity and co-occurrence: recall@10 of hidden items and of the next basket.
// The last basket of each customer of the retail data is held out; all others are known. Items already given are not counted:
//   completion  one item of the held-out basket is hidden, the others are given
//   next        the customer's previous basket is given, the whole basket is sought
// recall = sought items among the ten, over the lesser of ten and their number; the mean over customers.
// Environment: RATES=auto,0.025,0.05,0.1 SEEDS=1,2,3: item2vec's defaults at each learning rate instead, of all customers and of either
// half: customers 1, 3, 5 … choose, the others report

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { item2vec, type TrainOptions } from "wasm2vec";
import { Random } from "../src/base/random.js";
import { TopRows } from "../src/vectors/top.js";
import { machine } from "./measure.js";

const rates = process.env.RATES?.split(",");
const seeds = (process.env.SEEDS ?? "1,2,3").split(",").map(Number);
const PATH = "../shared/data/sequences/retail-baskets.tsv.gz";

interface Task {
  given: number[];
  sought: number[];
}

/** Scores of all items, from given items. */
type Recommender = (given: number[]) => ArrayLike<number>;

const baskets = new Map<string, string[][]>();
for (const line of gunzipSync(readFileSync(PATH)).toString().trim().split("\n")) {
  const [customer, , items] = line.split("\t");
  baskets.set(customer, [...(baskets.get(customer) ?? []), items.split(" ")]);
}
const known = [...baskets.values()].flatMap((own) => (own.length > 1 ? own.slice(0, -1) : own));
const held = [...baskets.values()].filter((own) => own.length > 1);

const counts = new Map<string, number>();
for (const item of known.flat()) counts.set(item, (counts.get(item) ?? 0) + 1);
const items = [...counts.keys()];
const numbers = new Map(items.map((item, i) => [item, i]));
const numbersOf = (basket: string[]) => basket.flatMap((item) => numbers.get(item) ?? []);

const random = Random.from(1, 0);
const completion: Task[] = [];
const next: Task[] = [];
for (const own of held) {
  const [before, last] = own.slice(-2).map(numbersOf);
  const fresh = last.filter((item) => !before.includes(item));
  if (before.length > 0 && fresh.length > 0) next.push({ given: before, sought: fresh });
  if (last.length < 2) continue;
  const hidden = last[random.below(last.length)];
  completion.push({ given: last.filter((item) => item !== hidden), sought: [hidden] });
}

function recall(tasks: Task[], recommend: Recommender): number {
  let sum = 0;
  for (const { given, sought } of tasks) {
    const scores = recommend(given);
    const top = new TopRows(10);
    for (let i = 0; i < items.length; i++) if (scores[i] > top.threshold && !given.includes(i)) top.offer(i, scores[i]);
    const found = top.sorted().filter(({ row }) => sought.includes(row)).length;
    sum += found / Math.min(10, sought.length);
  }
  return sum / tasks.length;
}

/** Recall of both tasks. @param chosen of which tasks, by number */
const recalls = (recommend: Recommender, chosen: (i: number) => boolean) =>
  Object.entries({ completion, next })
    .map(
      ([name, tasks]) =>
        `${name} ${recall(
          tasks.filter((_, i) => chosen(i)),
          recommend,
        ).toFixed(3)}`,
    )
    .join(", ");

function report(name: string, recommend: Recommender, seconds?: number): void {
  const took = seconds === undefined ? "" : `, trained in ${seconds.toFixed(0)} s`;
  const all = recalls(recommend, () => true);
  const choosing = recalls(recommend, (i) => i % 2 === 0);
  const reporting = recalls(recommend, (i) => i % 2 === 1);
  const halves = rates ? `; choosing half: ${choosing}; reporting half: ${reporting}` : "";
  console.log(`${name.padEnd(58)} ${all}${halves}${took}`);
}

/** Sums rows of a matrix of n × dim, over the items given. */
function sumOf(matrix: Float32Array, dim: number, given: number[]): Float32Array {
  const sum = new Float32Array(dim);
  for (const item of given) for (let d = 0; d < dim; d++) sum[d] += matrix[item * dim + d];
  return sum;
}

console.log(machine());
console.log(
  `${known.length} baskets known, ${items.length} items; ${completion.length} to complete, ${next.length} to predict`,
);
report("popularity", () => Float32Array.from(items, (item) => counts.get(item)!));

const together = new Float32Array(items.length ** 2);
for (const basket of known.map(numbersOf))
  for (const a of basket) for (const b of basket) if (a !== b) together[a * items.length + b]++;
const count = items.map((item) => counts.get(item)!);
const cosines = together.map(
  (both, i) => both / Math.sqrt(count[Math.floor(i / items.length)] * count[i % items.length]),
);
const shares = together.map((both, i) => both / count[Math.floor(i / items.length)]);
report("co-occurrence, share of the given item's baskets", (given) => sumOf(shares, items.length, given));
report("co-occurrence, cosine", (given) => sumOf(cosines, items.length, given));

/** @param output whether the output vectors answer, else the cosines of the input vectors */
async function trained(name: string, output: boolean, options: TrainOptions): Promise<void> {
  const start = performance.now();
  const { vectors, outputVectors, history } = await item2vec(known, { minCount: 1, threads: 1, ...options });
  const seconds = (performance.now() - start) / 1000;
  const { dim } = vectors;
  const flat = (of: typeof vectors, unit: boolean) =>
    Float32Array.from(items.flatMap((item) => [...(unit ? of.unit(of.row(item)) : of.get(item))]));
  const given = flat(vectors, !output);
  const asked = output ? flat(outputVectors, false) : given;
  report(
    rates ? `${name}, from ${history[0].initialLearningRate.toPrecision(3)}` : name,
    (list) => {
      const hidden = sumOf(given, dim, list).map((value) => (output ? value / list.length : value));
      return Float32Array.from(items, (_, item) => {
        let score = 0;
        for (let d = 0; d < dim; d++) score += hidden[d] * asked[item * dim + d];
        return score;
      });
    },
    seconds,
  );
}

if (rates) {
  for (const seed of seeds)
    for (const rate of rates) {
      const learningRate = rate === "auto" ? rate : Number(rate);
      await trained(`item2vec, rate ${rate}, seed ${seed}, cosine`, false, { learningRate, seed });
    }
  process.exit();
}

await trained("item2vec, cosine", false, {});
await trained("item2vec, window 50, cosine", false, { window: 50 });
await trained("item2vec, window 20, radii drawn, rate 0.1, cosine", false, {
  ...{ window: 20, shrinkWindows: true, learningRate: 0.1 },
});
for (const noiseExponent of [0.75, 0, -0.5])
  await trained(`item2vec, CBOW, noise exponent ${noiseExponent}, output vectors`, true, {
    ...{ model: "cbow", noiseExponent },
  });
