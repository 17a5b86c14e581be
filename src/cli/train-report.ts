// What the command train says when it is done.

import type { Trial } from "../evaluate.js";
import { isExact, kernelName } from "../kernel/engines/kernels.js";
import type { KernelName } from "../kernel/kernel.js";
import type { Model, NodeCorpusSource, Progress } from "../node.js";
import { engineNamed } from "../train/execution/engines.js";
import { countOf, grouped, type Result } from "./command.js";
import { STANDARD_OUTPUT } from "./output.js";
import { duration, threadsText } from "./progress.js";
import type { Task } from "./train-task.js";

/** Why a training ended early. The command has no onEpochEnd that ends it, but a model of the library may. */
const REASONS = {
  validationLoss: "the held-out loss no longer improved",
  score: "the score no longer improved",
  onEpochEnd: "its onEpochEnd said so",
};

export function describe(
  { vectors, vocabulary, history, options }: Model<NodeCorpusSource>,
  { output, format, saveModel }: Task,
  best?: Trial,
): Result {
  const discardedSeconds = history.reduce((sum, epoch) => sum + (epoch.discardedSeconds ?? 0), 0);
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, discardedSeconds);
  const words = history.reduce((sum, epoch) => sum + epoch.words, 0);
  const last = history[history.length - 1];
  const { loss, validationLoss, score, stopped, kernel, threads, parallel, reproducible } = last;
  const { initialLearningRate, lowered = 0 } = last;
  const files = [output, saveModel].filter((file) => file !== undefined);
  return {
    onStderr: output === STANDARD_OUTPUT,
    json: {
      output,
      format,
      model: saveModel,
      words: vectors.size,
      dim: vectors.dim,
      corpusWords: vocabulary.totalWords,
      kernel,
      threads,
      parallel,
      reproducible,
      seed: options.seed,
      learningRate: initialLearningRate,
      lowered,
      discardedSeconds,
      seconds,
      wordsPerSecond: words / seconds,
      loss,
      validationLoss,
      score,
      stopped,
      history,
      ...(best && { autotuned: best }),
    },
    text:
      `wrote ${files.join(", ")}: ${countOf(vectors.size, "word")}, dim ${vectors.dim}; ` +
      `${grouped(words)} words in ${duration(seconds)}${discardedSeconds === 0 ? "" : `, ${duration(discardedSeconds)} of them undone`} (${grouped(words / seconds)} words/s, ${kernel}, ${threadsText(threads, parallel, last.hosts)}), learning rate ${Number(initialLearningRate.toPrecision(3))}` +
      (lowered === 0 ? "" : ` (too high at first, and lowered ${countOf(lowered, "time")})`) +
      `, loss ${loss.toFixed(4)}` +
      (validationLoss === undefined ? "" : `, held-out loss ${validationLoss.toFixed(4)}`) +
      (score === undefined ? "" : `, score ${score.toFixed(4)}`) +
      (stopped === undefined ? "" : `; ended early, after epoch ${last.epoch}: ${REASONS[stopped]}`) +
      (reproducible ? "" : `; ${doubt(kernel, parallel)}`),
  };
}

/** Why the same command may give other bytes, and what makes it give the same. */
function doubt(kernel: KernelName, parallel: Progress["parallel"]): string {
  const { isDeterministic } = engineNamed(parallel);
  const needed = [isExact(kernel) ? "" : `--kernel ${kernelName("auto")}`, isDeterministic ? "" : "--reproducible"];
  const who = isDeterministic ? "another machine may give" : "another run gives";
  return `${who} other vectors: for the same bytes ${needed.filter((flag) => flag !== "").join(" and ")}`;
}
