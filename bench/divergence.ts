// npm run bench:divergence: trainings of random settings and texts: whether each ends, and has learnt something. A line for each that does
// not, with its JSON, and for each whose learning rate was lowered on the way.
// Environment: SETTINGS=500 (that train; those that leave no words to train on are drawn besides) SEED=1 FIRST=0 WORDS=200000 (most of
// a text) ROWS=2000 (MB of both matrices at most, which is 500,000 words of 500 floats; a training takes up to twice as much) RATE (so many times 0.025, CBOW 0.05, instead of
// "auto") STEPS (rates of so much over the steps that rows take at once)

import { Random } from "../src/base/random.js";
import { machine } from "./measure.js";
import { drawSetting, type Outcome, type Setting, trainSetting } from "./random-settings.js";

const { SETTINGS = 500, SEED = 1, FIRST = 0, WORDS = 200_000, ROWS = 2_000, RATE, STEPS } = process.env;

/** Loss over that of a model which learnt nothing from which it did worse: noise that cannot be learnt costs a little. */
const NOTHING_LEARNT = 1.02;
/** Norm of a row that no good training reaches. */
const LARGE = 100;

const totals = { ended: 0, refused: 0, lowered: 0, diverged: 0, "not finite": 0, "nothing learnt": 0, "large rows": 0 };
let [largest, largestRow, widest] = [0, 0, 0];

/** What is wrong with an outcome. */
function faults({ lossRatio, inputNorm, outputNorm }: Outcome): (keyof typeof totals)[] {
  if (!Number.isFinite(inputNorm + outputNorm)) return ["not finite"];
  return [
    ...(lossRatio <= NOTHING_LEARNT ? [] : (["nothing learnt"] as const)),
    ...(Math.max(inputNorm, outputNorm) <= LARGE ? [] : (["large rows"] as const)),
  ];
}

async function run(number: number): Promise<void> {
  const random = Random.from(Number(SEED), number);
  const setting: Setting = drawSetting(random, Number(WORDS), Number(ROWS) * 1e6);
  const { options } = setting;
  if (RATE) options.learningRate = Number(RATE) * (options.model === "cbow" ? 0.05 : 0.025);
  const tell = (what: string) => console.log(`${number}: ${what}: ${JSON.stringify(setting)}`);
  try {
    const outcome = await trainSetting(setting, random, STEPS ? Number(STEPS) : undefined);
    totals.ended++;
    const { lossRatio, inputNorm, outputNorm, lowered, history, vocabulary } = outcome;
    largest = Math.max(largest, lossRatio);
    largestRow = Math.max(largestRow, inputNorm, outputNorm);
    widest = Math.max(widest, vocabulary);
    const wrong = faults(outcome);
    for (const fault of wrong) totals[fault]++;
    if (lowered.length > 0) totals.lowered++;
    if (wrong.length + lowered.length > 0)
      tell(
        `${[...wrong, ...(lowered.length > 0 ? [`lowered ${lowered.length} times`] : [])].join(", ")}; rate ${history.at(-1)!.initialLearningRate}, ` +
          `loss ${lossRatio.toFixed(3)} of nothing, norms ${inputNorm.toPrecision(3)}, ${outputNorm.toPrecision(3)}, ${vocabulary} words`,
      );
  } catch (error) {
    const { name, message } = error as Error;
    // a text may leave no word, or none beside another, and training says so
    if (name === "DivergenceError") totals.diverged++;
    else if (error instanceof RangeError) totals.refused++;
    else throw error;
    tell(message);
  }
}

console.log(machine());
let number = Number(FIRST);
while (totals.ended + totals.diverged < Number(SETTINGS)) await run(number++);
const rate = RATE ? `${RATE} times 0.025, CBOW 0.05` : STEPS ? `${STEPS} over the steps at once` : "auto";
console.log(`${number - Number(FIRST)} settings, learning rate ${rate}:`);
for (const [what, count] of Object.entries(totals)) console.log(`  ${what}: ${count}`);
console.log(
  `  the worst loss is ${largest.toFixed(3)} of that of nothing, the largest row ${largestRow.toPrecision(3)}, the widest vocabulary ${widest}`,
);
