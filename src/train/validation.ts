// The loss of sentences that are held out, in float64: (10.3) of docs/math.md.

import { Mark } from "../../assembly/params.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import { toThreshold } from "../kernel/layout.js";
import type { Targets } from "../model/losses/output-loss.js";
import { lossOf } from "../model/losses/registry.js";
import type { Corpus } from "../text/corpus.js";
import { ValidationSplit } from "../text/validation-split.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { SplitText } from "./loop/patience.js";
import type { Objective } from "./objective.js";
import type { Settings } from "./options/settings.js";

/** The stream of the seed that draws windows and noise words; training has the streams below it. */
const STREAM = 2 ** 16 + 2;

/** Milliseconds between yields to the event loop. */
const SLICE = 5;

/** Words held out below which a mean loss hangs on chance. */
const FEW_WORDS = 1_000;

/** What the loss depends on. */
export type ValidationOptions = Pick<
  Settings,
  | ("model" | "loss" | "negatives" | "noiseExponent" | "cbowCombine" | "subsample" | "seed")
  | ("windowLeft" | "windowRight" | "windowWeights" | "shrinkWindows")
>;

/** Gives a row of a matrix, dim floats. */
type RowOf = (row: number) => Float32Array;

interface Window {
  contexts: readonly { word: number; weight: number }[];
  targets: Targets;
}

/** Sentences that are held out. Each time their windows and noise words are drawn anew, with the same result. */
export class Validation {
  private readonly draw: (target: number, random: Random) => Targets;
  private readonly thresholds: Uint32Array;

  /** @throws RangeError if no word of the sentences has another beside it */
  constructor(
    private readonly sentences: readonly Uint32Array[],
    private readonly options: ValidationOptions,
    vocabulary: Vocabulary,
  ) {
    this.draw = lossOf(options.loss).drawing(options, vocabulary);
    this.thresholds = Uint32Array.from(vocabulary.keepProbabilities(options.subsample), toThreshold);
    if (this.windows().next().done)
      throw new RangeError(
        `"validationShare" holds out ${sentences.length} sentences, in which no word that "subsample" keeps has another beside it: ` +
          "give a larger share, or leave it out",
      );
  }

  /** Mean of −log p over the predictions. The event loop gets its turn every few ms. */
  async loss(inputs: RowOf, outputs: RowOf, dim: number, signal?: AbortSignal): Promise<number> {
    let [loss, predictions] = [0, 0];
    let last = performance.now();
    for (const { contexts, targets } of this.windows()) {
      const rows = targets.rows.map(outputs);
      const read = contexts.map(({ word, weight }) => ({ row: inputs(word), weight }));
      for (const hidden of this.options.model === "cbow" ? [this.combine(read, dim)] : read.map(({ row }) => row)) {
        loss += targets.loss(Float64Array.from(rows, (row) => dot(row, hidden)));
        predictions += targets.predictions;
      }
      if (performance.now() - last < SLICE) continue;
      await yieldToEventLoop();
      signal?.throwIfAborted();
      last = performance.now();
    }
    return loss / predictions;
  }

  /** The windows of all sentences, drawn in the order of assembly/train.ts. */
  private *windows(): Generator<Window> {
    const random = Random.from(this.options.seed, STREAM);
    for (const sentence of this.sentences) {
      const words = sentence.filter((word) => this.keeps(word, random));
      for (let p = 0; p < words.length; p++) {
        const contexts = this.contextsOf(words, p, random);
        if (contexts.length > 0) yield { contexts, targets: this.draw(words[p], random) };
      }
    }
  }

  private keeps(word: number, random: Random): boolean {
    const threshold = this.thresholds[word];
    return threshold === Mark.sentenceEnd || random.next() < threshold;
  }

  private contextsOf(words: Uint32Array, p: number, random: Random): Window["contexts"] {
    const { windowLeft, windowRight, shrinkWindows, windowWeights } = this.options;
    const most = Math.max(windowLeft, windowRight);
    const radius = shrinkWindows ? 1 + random.below(most) : most;
    const contexts: Window["contexts"][number][] = [];
    const last = Math.min(words.length - 1, p + Math.min(radius, windowRight));
    for (let q = Math.max(0, p - Math.min(radius, windowLeft)); q <= last; q++)
      if (q !== p) contexts.push({ word: words[q], weight: windowWeights[Math.abs(q - p) - 1] ?? 1 });
    return contexts;
  }

  /** The hidden vector of CBOW: (6.4), (6.8). */
  private combine(contexts: readonly { row: Float32Array; weight: number }[], dim: number): Float64Array {
    const hidden = new Float64Array(dim);
    for (const { row, weight } of contexts) for (let d = 0; d < dim; d++) hidden[d] += weight * row[d];
    if (this.options.cbowCombine === "sum") return hidden;
    const all = contexts.reduce((sum, { weight }) => sum + weight, 0);
    return hidden.map((value) => value / all);
  }
}

/** float32 rows, and the hidden vector of CBOW in float64 */
function dot(a: Float32Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/**
 * Reads which sentences of a text are held out.
 * @param spool whether it is read once, whatever it is
 * @throws RangeError if it may be another text in each pass, or if no sentence is held out
 */
export async function splitText(
  objective: Objective,
  corpus: Corpus,
  { validationShare: share, spool }: { validationShare: number; spool: boolean | "auto" },
  onWarning?: (message: string) => unknown,
): Promise<SplitText> {
  if (!corpus.isConstant && spool !== true)
    throw new RangeError(
      `"validationShare" needs a text that is the same in each pass, and ${corpus.name} may be drawn anew: set "spool" to true, so that it is read once`,
    );
  const split = new ValidationSplit(share);
  let trainedWords = 0;
  for await (const { words } of objective.batches(corpus, split)) trainedWords += words;
  const { sentences, heldOut, words } = split;
  if (heldOut === 0)
    throw new RangeError(
      `"validationShare" ${share} holds out none of the ${sentences} sentences of ${corpus.name}: ` +
        (sentences > 1 ? `give ${shareFor(sentences)} or more` : "leave it out"),
    );
  if (words < FEW_WORDS)
    onWarning?.(
      `"validationShare" ${share} holds out ${words} words, ${heldOut} of ${sentences} sentences: a loss of so few hangs on chance; ` +
        "give a larger share, or more text",
    );
  return { split, trainedWords };
}

/** The least share, in two digits, that holds one of so many sentences out. */
function shareFor(sentences: number): number {
  const digits = 10 ** (Math.ceil(Math.log10(sentences)) + 1);
  return Math.ceil(digits / sentences) / digits;
}
