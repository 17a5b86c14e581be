// A classifier that was trained here or loaded: it predicts, is tested and saved, and its training can go on.

import { checkKnown, checkOneOf, show } from "../base/check.js";
import type { ClassifierData } from "../classifier/classifier-data.js";
import { type ClassifierFile, readClassifierFile } from "../classifier/classifier-file.js";
import { type ClassifierScore, scoreClassifier } from "../classifier/classifier-scores.js";
import { Classifier, type ClassifyOptions, checkPredict } from "../classifier/line-classifier.js";
import type { QuantizeOptions } from "../format/fasttext/quantize-model.js";
import { abortable } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import { type ExampleSource, exampleCorpus } from "../text/examples.js";
import type { TokenizeOptions } from "../text/tokenize.js";
import type { fastTextClassifierBytes } from "./classifier-fasttext.js";
import type { ClassifierTraining } from "./classifier-training.js";
import type { EpochRecord } from "./loop/records.js";
import type { ModelWriter, SaveModelOptions } from "./model.js";
import type { StoredClassifierSettings } from "./options/classifier-table.js";
import type { Platform } from "./platform.js";

/** What a classifier needs of where it runs. */
export type ClassifierHost = Pick<Platform<never>, "spawn" | "cores" | "fetchBytes" | "writeFile" | "labelledFile">;

/** Options of ClassifierModel.test. */
export interface TestOptions extends ClassifyOptions {
  signal?: AbortSignal;
  onWarning?: (message: string) => unknown;
}

/** Options of ClassifierModel.save. */
export interface SaveClassifierOptions extends SaveModelOptions {
  /** With format "fasttext": quantizes, for a .ftz of a tenth of the size and less. Its `cutoff` is how many rows stay; default all. */
  quantize?: QuantizeOptions;
}

/** What fastText's files begin with. */
const FASTTEXT_MAGIC = [0xba, 0x16, 0x4f, 0x2f];

const BUSY =
  "the classifier is being trained: wait until that has ended; onEpochEnd may save it, and TrainingControl.checkpoint keeps it meanwhile";

const FAILED =
  "the training of the classifier was interrupted in the midst of an epoch: take its checkpoint, or what onEpochEnd saved";

/** @typeParam Path of files, string | URL in Node; never in a page */
export class ClassifierModel<Path = never> extends Classifier {
  /** @internal whether its rows change at this moment, or were left in the midst of an epoch */
  state: "ready" | "training" | "failed" = "ready";

  /** @internal use trainClassifier or loadClassifier */
  constructor(
    private readonly host: ClassifierHost,
    data: ClassifierData,
    /** @internal */
    readonly training: ClassifierTraining,
    /** for messages */
    readonly name = "the classifier",
  ) {
    super(data);
  }

  /** The options that it was trained with. */
  get options(): StoredClassifierSettings {
    return this.training.options;
  }

  /** One record for each epoch so far. */
  get history(): readonly EpochRecord[] {
    return this.training.history;
  }

  /** Whether no epoch is left to train; if there is, trainClassifier's `resume` goes on. */
  get isFinished(): boolean {
    const { position, schedule } = this.training;
    return position.epochs >= schedule.epochs;
  }

  /** What `save` or CheckpointOptions.metadata gave. */
  get metadata(): Readonly<Record<string, unknown>> {
    return this.training.metadata ?? {};
  }

  /**
   * Predicts the lines of a text whose labels are known.
   * @param source as for trainClassifier @param options k: most labels of a line; threshold: their least probability
   * @throws TypeError, RangeError for options and for a text without a label that the classifier knows; the signal's reason
   */
  async test(source: ExampleSource | Path, options: TestOptions = {}): Promise<ClassifierScore> {
    const { signal, onWarning, ...predicting } = options;
    const { k, threshold } = checkPredict(predicting);
    return withExamples(this.host, source, { tokenize: this.data.args.tokenize, signal, onWarning }, async (corpus) => {
      const score = await scoreClassifier(this, corpus, k, threshold);
      if (score.examples === 0)
        throw new RangeError(
          `${corpus.name} has no line with a label of the classifier, such as ${this.labels.slice(0, 3).map(show).join(", ")}: a line expected ` +
            "words and labels such as __label__spam, an example { text, labels }",
        );
      return score;
    });
  }

  /**
   * Writes all that the classifier is: rows, words, labels, options, history, and where its training stands. loadClassifier reads it. Or,
   * with format "fasttext", fastText's model.bin or .ftz, which do not hold how texts become tokens.
   * @param target a path (Node), whose file is written whole or not at all, or a function that stores the bytes
   * @throws Error while it is being trained, except within onEpochEnd; RangeError with format "fasttext" for rows that were pruned,
   * and to quantize for those that are not finite; what writing throws
   */
  async save(target: Path | ModelWriter, options: SaveClassifierOptions = {}): Promise<void> {
    checkKnown("option", options, ["metadata", "format", "quantize"]);
    const format = checkOneOf("format", options.format ?? "wasm2vec", ["wasm2vec", "fasttext"]);
    const { quantize } = options;
    if (quantize !== undefined && format !== "fasttext")
      throw new TypeError('"quantize" goes with format "fasttext": our own format keeps what training goes on with');
    const { writeFile } = this.host;
    const isPath = typeof target === "string" || target instanceof URL;
    if (typeof target !== "function" && (writeFile === undefined || !isPath))
      throw new TypeError(
        `"save" expected ${writeFile ? "a path, or " : ""}a function that writes an iterable of bytes, got ${show(target)}`,
      );
    if (this.state !== "ready") throw new Error(this.state === "training" ? BUSY : FAILED);
    const { metadata = this.training.metadata } = options;
    const chunks =
      format === "fasttext"
        ? fastTextBytes(this.data, this.options, quantize)
        : classifierBytes(this.data, { ...this.training, metadata });
    await (isPath ? writeFile!(target, chunks) : (target as ModelWriter)(chunks));
  }
}

/** The bytes of fastText's file. */
async function* fastTextBytes(...given: Parameters<typeof fastTextClassifierBytes>): AsyncGenerator<Uint8Array> {
  const { fastTextClassifierBytes } = await import("./classifier-fasttext.js");
  yield* fastTextClassifierBytes(...given);
}

/** The bytes of a classifier's file. A page that saves nothing does not load what writes. */
export async function* classifierBytes(data: ClassifierData, state: ClassifierTraining): AsyncGenerator<Uint8Array> {
  const { writeClassifier } = await import("./checkpoint/write-classifier.js");
  yield* writeClassifier(data, state);
}

/** The classifier of a file, of ours or of fastText's. @throws TypeError, FormatError */
export async function loadClassifierOn<Path>(
  host: ClassifierHost,
  bytes: Uint8Array,
  name: string,
): Promise<ClassifierModel<Path>> {
  if (bytes instanceof Uint8Array && FASTTEXT_MAGIC.every((byte, i) => bytes[i] === byte)) {
    const { readFastTextClassifier } = await import("./classifier-fasttext.js");
    const { data, training } = await readFastTextClassifier(bytes, name);
    return new ClassifierModel(host, data, training, name);
  }
  const { data, state } = readClassifierFile(bytes, name);
  return new ClassifierModel(host, data, state as unknown as ClassifierFile["state"] & ClassifierTraining, name);
}

interface Opening {
  tokenize: TokenizeOptions;
  signal?: AbortSignal;
  onWarning?: (message: string) => unknown;
}

/** Works on the examples of a source; a corpus that is made here is closed at the end. @throws TypeError for a path in a page */
export async function withExamples<Path, Result>(
  { labelledFile }: Pick<ClassifierHost, "labelledFile">,
  source: ExampleSource | Path,
  { tokenize, signal, onWarning }: Opening,
  work: (corpus: Corpus) => Promise<Result>,
): Promise<Result> {
  const isPath = typeof source === "string" || source instanceof URL;
  if (isPath && labelledFile === undefined)
    throw new TypeError(
      `expected examples { text, labels }, got ${show(String(source))}: a page has no files; read one with textCorpus(() => file)`,
    );
  const corpus = isPath
    ? labelledFile!(source, tokenize, onWarning)
    : exampleCorpus(source as ExampleSource, "the examples", tokenize);
  try {
    return await work(abortable(corpus, signal));
  } finally {
    if (isPath) await corpus.close?.();
  }
}
