// Trainings of a model that is at hand, batch by batch, without train(): in process, or by workers of the build.

import { Worker } from "node:worker_threads";
import { type KernelChoice, planKernel } from "../../src/kernel/engines/kernels";
import type { Shape } from "../../src/kernel/shape";
import { Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { workerChannel } from "../../src/platform/node/worker";
import type { Batch } from "../../src/text/encode";
import type { Vocabulary } from "../../src/text/vocabulary";
import { planExecution } from "../../src/train/execution/engines";
import type { StepResult } from "../../src/train/execution/step";
import { resolveOptions, type TrainOptions } from "../../src/train/train-options";

export interface TrainingRun {
  parameters: Parameters;
  results: StepResult[];
}

const spawn = () => workerChannel(new Worker(new URL("../../build/worker-node.js", import.meta.url)));

/**
 * Trains a fresh model on batches, as an epoch does.
 * @param shared whether workers share its memory @param more rows than the model has by itself
 */
export async function trainBatches(
  given: TrainOptions & { kernel: KernelChoice },
  vocabulary: Vocabulary,
  batches: readonly Batch[],
  { shared = false, more = {} }: { shared?: boolean; more?: Partial<Shape> } = {},
): Promise<TrainingRun> {
  const options = resolveOptions(given);
  const rows = { ...shapeOf(vocabulary), ...more };
  const { totalWords } = vocabulary;
  const plan = planExecution(options, { cores: 2, shared }, { shape: rows, totalWords });
  const parameters = new Parameters(vocabulary, options, plan.memoryOptions, rows);
  await parameters.initialise(options);
  const kernel = await planKernel(options.kernel, shared);
  const runner = plan.engine.start({ plan, kernel, parameters, options, spawn }, totalWords, 0);
  await runner.go();
  const results: StepResult[] = [];
  const learningRate = options.learningRate === "auto" ? 0.025 : options.learningRate;
  for (let first = 0; first < batches.length; ) {
    let last = first + 1;
    while (last < batches.length && runner.fits(batches[last], batches.slice(first, last))) last++;
    const some = batches.slice(first, last).map(({ ids, words }) => ({ ids: ids.slice(), words }));
    const chunk = { epoch: 1, first, batches: some, learningRate, steps: 0 };
    await runner.train(chunk, (result) => results.push(result));
    first = last;
  }
  await runner.pause();
  await runner.collect();
  await runner.close();
  return { parameters, results };
}
