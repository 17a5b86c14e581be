// Trains a text classifier. The loop, its checkpoints and who trains are those of train(); what is not is its text, which is read
// once into rows of words and of n-grams, and its output rows, which are of labels.

import { checkKnown, show } from "../base/check.js";
import { Fingerprint } from "../base/fingerprint.js";
import {
  type ClassifierArgs,
  type ClassifierData,
  type ClassifierRows,
  DenseRows,
  floatsOf,
} from "../classifier/classifier-data.js";
import { isExact, type KernelPlan, kernelName, planKernel } from "../kernel/engines/kernels.js";
import type { Side } from "../kernel/shape.js";
import { Parameters } from "../model/parameters.js";
import { orAborted } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import type { Batch } from "../text/encode.js";
import type { ExampleSource } from "../text/examples.js";
import { type EncodedLines, LabelledText } from "../text/labelled-text.js";
import { readBy } from "../text/readers.js";
import { readersOf } from "../text/threads.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { Checkpointer } from "./checkpoint/checkpointer.js";
import { type ClassifierHost, ClassifierModel, classifierBytes, withExamples } from "./classifier-model.js";
import type { ClassifierTraining } from "./classifier-training.js";
import type { EnginePlan } from "./execution/engine.js";
import { hogwild } from "./execution/hogwild-engine.js";
import { single } from "./execution/single-engine.js";
import { LISTENERS, withListeners } from "./listeners.js";
import { trainEpochs } from "./loop/epochs.js";
import { ProgressReporter, shareOf } from "./loop/progress.js";
import { type EpochRecord, type Position, type Run, type Schedule, START } from "./loop/records.js";
import {
  CLASSIFIER_SETTINGS,
  type ClassifierSettings,
  type StoredClassifierSettings,
  weightsOf,
} from "./options/classifier-table.js";
import { callback, type Given, namesOf, type OptionTable, resolve } from "./options/option.js";
import { canShare } from "./platform.js";
import { takeVectors } from "./warm-start.js";

/** What onEpochEnd is given; false stops training. */
export type ClassifierListener = (model: ClassifierModel, record: EpochRecord) => unknown;

/** Options of one run; files do not hold them. */
const RUN = {
  /**
   * Goes on with a training that was interrupted, from the file of its checkpoint as loadClassifier reads it, on the same text. Options are
   * those of the file; threads, worker, wasm and listeners may be others.
   */
  resume: { check: checkResume, stored: false },
  /** Checkpoints while training: see fileCheckpoint, whose file loadClassifier reads. Its `read` is not asked: give `resume`. Default: none. */
  checkpoint: LISTENERS.checkpoint,
  /** Pauses training, and asks for checkpoints; a classifier cannot be looked at. One for each training. */
  control: LISTENERS.control,
  /** Called at most ten times a second. */
  onProgress: LISTENERS.onProgress,
  /** Called as each epoch ends, while training waits: it may predict, test and save the model. Awaited. false stops training early. */
  onEpochEnd: callback<ClassifierListener>(),
  /** Receives warnings, such as that one thread trains instead of several. Default: they are dropped. */
  onWarning: LISTENERS.onWarning,
  /** Stops training, even while it waits for its text or a listener; the promise rejects with the signal's reason. */
  signal: LISTENERS.signal,
} as const satisfies OptionTable;

/** All options of trainClassifier. */
export const CLASSIFIER_OPTIONS = { ...CLASSIFIER_SETTINGS, ...RUN } as const;

/** Options of trainClassifier; all have defaults. */
export interface ClassifierOptions extends Given<typeof CLASSIFIER_SETTINGS>, Given<typeof RUN> {}

type Resolved = ClassifierSettings & Given<typeof RUN>;

/** Settings that a training which is resumed may change. */
const OF_THIS_RUN = ["threads", "worker", "wasm"];

/** @throws TypeError */
function checkResume(name: string, value: ClassifierModel<never>): ClassifierModel<never> {
  if (value instanceof ClassifierModel) return value;
  throw new TypeError(`"${name}" expected a ClassifierModel, got ${show(value)}: use loadClassifier`);
}

/** @throws TypeError, RangeError naming the option */
export function resolveClassifierOptions(given: ClassifierOptions): Resolved {
  checkKnown("option", given, namesOf(CLASSIFIER_OPTIONS));
  const { resume } = given;
  if (resume !== undefined) {
    checkResume("resume", resume);
    const refused = namesOf(CLASSIFIER_SETTINGS).find(
      (name) => given[name] !== undefined && !OF_THIS_RUN.includes(name),
    );
    if (refused !== undefined)
      throw new RangeError(`"${refused}" is what ${resume.name} was trained with: leave it out with "resume"`);
    return resolve(CLASSIFIER_OPTIONS, given, resume.options);
  }
  const values = resolve(CLASSIFIER_OPTIONS, given);
  if (values.minn > 0 && values.maxn === 0)
    throw new RangeError('"minn" goes with "maxn", the characters of an n-gram at most: give both, or leave it out');
  if (Math.fround(values.initialRange / values.dim) === 0 && !values.initialVectors)
    throw new RangeError(
      `"initialRange" ${values.initialRange} has all rows begin at 0, where no gradient ever moves them: give more than 0`,
    );
  return values;
}

/** Reads the examples, and trains from nothing or from a checkpoint. */
export async function trainClassifierOn<Path>(
  host: ClassifierHost,
  source: ExampleSource | Path,
  given: ClassifierOptions = {},
): Promise<ClassifierModel<Path>> {
  return withListeners(resolveClassifierOptions(given), async (options) => {
    const { tokenize, signal, onWarning, resume } = options;
    signal.throwIfAborted();
    if (resume?.isFinished) onWarning?.(`the training in ${resume.name} has ended: nothing is left to train`);
    const kernel = await orAborted(
      planKernel(options.kernel, canShare(options), options.wasm, host.fetchBytes),
      signal,
    );
    return withExamples(host, source, { tokenize, signal, onWarning }, async (corpus) => {
      const lines = await readLines(host, corpus, options);
      const training = new TrainedLines<Path>(host, corpus, lines, kernel, options);
      await training.begin();
      await training.run();
      return training.model;
    });
  });
}

interface Lines extends EncodedLines {
  vocabulary: Vocabulary;
  labels: Vocabulary;
  fingerprint: string;
}

/** Reads a text once, into the rows of its lines. @throws RangeError for a text that trains nothing */
async function readLines(host: ClassifierHost, corpus: Corpus, options: Resolved): Promise<Lines> {
  const report = readingReport(corpus, options);
  const text = await LabelledText.read(readBy(corpus, readersOf(host, options)), report);
  const labels = text.labelsOf(options.minCountLabel);
  const vocabulary = text.wordsOf(options.minCount);
  const encoding = text.encode(vocabulary, labels, options, options.shuffle ? options.seed : undefined);
  const lines = await orAborted(encoding, options.signal);
  if (lines.lines === 0)
    throw new RangeError(
      `${corpus.name} has no line with both a label and a word or an n-gram: lower "minCount" or "minCountLabel"`,
    );
  const fingerprint = new Fingerprint();
  for (const { ids } of lines.batches) fingerprint.add(ids);
  return { ...lines, vocabulary, labels, fingerprint: fingerprint.value };
}

/** Reports the progress of reading, given the tokens read so far. */
function readingReport(
  corpus: Corpus,
  { epochs, learningRate, kernel, onProgress }: Resolved,
): (tokens: number) => void {
  const reporter = new ProgressReporter(onProgress);
  return (words) => {
    const read = corpus.progress?.();
    const none = { epoch: 0, totalWords: 0, loss: 0, threads: 0, parallel: "none" } as const;
    const share = read && shareOf(read);
    reporter.report({
      ...{ phase: "vocabulary", ...none, epochs, words, share, bytes: read?.bytes },
      ...{ learningRate, kernel: kernelName(kernel) },
    });
  };
}

/** The settings that the loss and the kernels read. */
function kernelOptions(options: Resolved, labels: Vocabulary) {
  const { loss, dim, negatives, noiseExponent, seed } = options;
  return {
    // a line is a window without a word in its middle
    ...({ model: "lines", windowLeft: 1, windowRight: 0, shrinkWindows: false, windowWeights: [] } as const),
    ...({ cbowCombine: "mean", cbowGradient: "divided", subsample: 0 } as const),
    ...{ loss, dim, negatives, noiseExponent, seed, labelWeights: weightsOf(options.classWeights, labels) },
  };
}

/** Who trains: one thread, or several without locks. @param longest entries of a batch */
function planThreads(
  host: ClassifierHost,
  options: Resolved,
  longest: number,
): EnginePlan & { engine: typeof hogwild | typeof single } {
  const resources = { cores: host.cores(), shared: canShare(options) };
  const asked = { worker: options.worker, threads: options.threads, reproducible: false, maxSentenceLength: longest };
  if (hogwild.fits(asked, resources)) return { engine: hogwild, ...hogwild.plan(asked, resources) };
  if (options.threads !== "auto" && options.threads > 1)
    options.onWarning?.(
      `one thread trains, not ${options.threads}: several need shared memory, for which a page must be cross-origin isolated`,
    );
  return { engine: single, ...single.plan(asked, resources) };
}

/** Lines that are trained on, and the classifier that they make. */
class TrainedLines<Path> {
  readonly model: ClassifierModel<Path>;
  private readonly parameters: Parameters;
  private readonly plan: ReturnType<typeof planThreads>;
  private readonly training: ClassifierTraining & { position: Position; history: EpochRecord[] };

  /** All rows are 0. @throws RangeError if they do not fit into memory, or the text is not that of the checkpoint */
  constructor(
    private readonly host: ClassifierHost,
    private readonly corpus: Corpus,
    private readonly lines: Lines,
    private readonly kernel: KernelPlan,
    private readonly options: Resolved,
  ) {
    const { vocabulary, labels, buckets, longest, words, fingerprint } = lines;
    const { resume, epochs, learningRate } = options;
    if (resume && resume.training.text !== fingerprint)
      throw new RangeError(
        `${corpus.name} is not the text that ${resume.name} was trained on, or not in the same order: give the same to resume`,
      );
    this.plan = planThreads(host, options, longest);
    const shape = { words: labels.size, inputRows: vocabulary.size + buckets.length, outputRows: labels.size };
    this.parameters = new Parameters(labels, kernelOptions(options, labels), this.plan.memoryOptions, shape);
    const schedule: Schedule = {
      ...{ epochs, epochWords: words, isCounted: true, learningRate, minLearningRate: 0, firstEpoch: 0 },
      learningRateSchedule: "linear",
    };
    const { schedule: last = schedule, position = START, history = [] } = resume?.training ?? {};
    this.training = {
      ...{ options: storedOf(options), schedule: last, position: { ...position }, history: [...history] },
      ...{ mode: this.plan.engine.name, random: [], text: fingerprint, metadata: options.checkpoint?.metadata },
    };
    this.model = new ClassifierModel(host, this.data, this.training);
  }

  private get data(): ClassifierData {
    const { vocabulary, labels, buckets } = this.lines;
    const { dim, loss, wordNgrams, minn, maxn, buckets: size, tokenize } = this.options;
    const args: ClassifierArgs = { dim, loss, wordNgrams, minn, maxn, buckets: size, tokenize };
    return {
      ...{ args, words: vocabulary.words, counts: vocabulary.counts },
      ...{ labels: labels.words, labelCounts: labels.counts, rowBuckets: buckets },
      ...{ inputs: this.matrix("inputs"), outputs: this.matrix("outputs") },
    };
  }

  private matrix(side: Side): ClassifierRows {
    const { dim, layout } = this.parameters;
    return new DenseRows(this.parameters.matrix(side), dim, layout.stride / 4);
  }

  /** Gives the rows what they begin with. @throws RangeError for vectors of other words only */
  async begin(): Promise<void> {
    const { parameters, lines, options } = this;
    const { resume, initialVectors } = options;
    if (resume) {
      const { dim } = options;
      const { inputs, outputs } = resume.data;
      parameters.restore({ inputs: floatsOf(inputs, dim), outputs: floatsOf(outputs, dim) }, resume.training.random);
      return;
    }
    await parameters.initialise(options);
    if (initialVectors) takeVectors(parameters, lines.vocabulary, initialVectors);
  }

  /** Trains the epochs that are left. @throws DivergenceError; the signal's reason; what onEpochEnd throws */
  async run(): Promise<void> {
    const { model, training, parameters, plan, kernel, host, options, corpus } = this;
    const { schedule, position, history } = training;
    const { signal, onProgress, onWarning, onEpochEnd, negatives } = options;
    const spawn = () => host.spawn(kernel.name);
    const runner = plan.engine.start({ plan, kernel, parameters, options, spawn });
    const close = () => void runner.close();
    signal?.addEventListener("abort", close, { once: true });
    const checkpointer = new Checkpointer(options);
    const collect = async () => {
      await runner.collect();
      training.random = parameters.random;
    };
    const image = async () => {
      await collect();
      const state = { ...training, position: { ...position } };
      const bytes = () => classifierBytes(model.data, state);
      return { firstEpoch: schedule.firstEpoch, goOn: 'go on with "resume"', bytes };
    };
    checkpointer.begin(image, async () => {
      throw new Error("a classifier cannot be looked at while it is trained: use onEpochEnd");
    });
    const run: Run = {
      ...{ schedule, corpus, batches: () => this.batches(), pausePoint: checkpointer },
      ...{ onProgress, onWarning, signal, subsample: 0, negatives },
      ...{ kernel: kernel.name, threads: plan.threads, parallel: plan.engine.name },
      reproducible: plan.engine.isDeterministic && isExact(kernel.name),
    };
    model.state = "training";
    try {
      await trainEpochs(run, position, runner, async (record) => {
        history.push(record);
        const isLast = position.epochs === schedule.epochs;
        if (onEpochEnd || isLast) await collect();
        if (onEpochEnd) {
          model.state = "ready";
          const answer = await orAborted((async () => onEpochEnd(model, record))(), signal);
          model.state = "training";
          if (answer === false && !isLast) {
            record.stopped = "onEpochEnd";
            position.epochs = schedule.epochs;
          }
        }
        const finished = position.epochs === schedule.epochs;
        await checkpointer.epochEnded(position, finished);
        return !finished;
      });
      model.state = "ready";
    } catch (error) {
      model.state = "failed";
      signal?.throwIfAborted();
      throw checkpointer.explain(error);
    } finally {
      signal?.removeEventListener("abort", close);
      checkpointer.end();
      await runner.close();
    }
  }

  /** A pass over the lines. Their ids are given away, so each pass has copies. */
  private async *batches(): AsyncGenerator<Batch> {
    for (const { ids, words } of this.lines.batches) yield { ids: ids.slice() as Batch["ids"], words };
  }
}

/** Settings as a file holds them. */
function storedOf(options: Resolved): StoredClassifierSettings {
  const names = namesOf(CLASSIFIER_SETTINGS, ({ stored }) => stored !== false);
  return Object.fromEntries(names.map((name) => [name, options[name]])) as unknown as StoredClassifierSettings;
}
