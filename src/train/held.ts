// Checks what already lies where checkpoints go: the same training, which is resumed, or another one, which is not overwritten.

import { show } from "../base/check.js";
import { orAborted } from "../text/abort.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import type { RunListeners } from "./listeners.js";
import type { EpochRecord, Schedule } from "./loop/records.js";
import { type SizedOption, smallEpochs, smallMinCount, smallSubsample } from "./options/small-text.js";
import { DEFAULTS, type StoredOptions } from "./options/table.js";
import { asksForThreads, otherOptions } from "./resume-options.js";
import { type ResolvedOptions, resolveOptions, type TrainOptions } from "./train-options.js";
import { multipliersOf, vectorsFingerprint } from "./warm-start.js";

/**
 * The training that the checkpoint's place holds, where it is this one.
 * @param differs how the text differs from the one that a checkpoint was trained on
 * @returns undefined if there is nothing, or a finished training of other options or of another text, which may be overwritten
 * @throws RangeError if it holds a training that has not ended, and is another one; what `read` throws
 */
export async function heldTraining(
  given: TrainOptions,
  options: ResolvedOptions,
  differs: (held: Checkpoint) => Promise<string | undefined>,
): Promise<Checkpoint | undefined> {
  const { resume } = options;
  const held = await readHeld(options);
  if (held === undefined) return resume;
  if (resume !== undefined) {
    if (!isSame(held, resume)) refuse(held, `${resume.name} is another one`);
    if (isFurther(held, resume)) refuse(held, `it is further on than ${resume.name}`);
    return resume;
  }
  const other = difference(given, held);
  // the rows of one that has ended lie nowhere else
  const refuseOther = held.blocks ? refuseBlocks : refuse;
  if (other !== undefined) refuseOther(held, `this one differs: ${other}`);
  const text = other === undefined ? await differs(held) : undefined;
  if (text !== undefined)
    refuseOther(held, `its text is another one: ${text}`, "give it the text that it was begun on to go on");
  if (other !== undefined || text !== undefined) return undefined;
  tell(held, options);
  return held;
}

/** A call of Model.train. */
export interface ModelRun {
  options: StoredOptions;
  vocabulary: Vocabulary;
  schedule: Schedule;
  history: readonly EpochRecord[];
  multipliers: Float32Array | undefined;
}

/**
 * The same call of Model.train, as the checkpoint's place holds it.
 * @returns undefined if there is nothing, or a finished training, which may be overwritten
 * @throws RangeError if it holds a training that has not ended, and is another one; what `read` throws
 */
export async function heldRun(
  { options, vocabulary, schedule, history, multipliers }: ModelRun,
  listeners: RunListeners,
  differs: (held: Checkpoint) => Promise<string | undefined>,
): Promise<Checkpoint | undefined> {
  const held = await readHeld(listeners);
  if (held === undefined) return undefined;
  const begun = JSON.stringify([withoutThreads(options), schedule, history]);
  const there = [withoutThreads(held.options), held.schedule, held.history.slice(0, schedule.firstEpoch)];
  const isThis = JSON.stringify(there) === begun && hasSameWords(held.vocabulary, vocabulary);
  const other = !isThis
    ? "its model, its options or its words"
    : (multipliersDiffer(multipliers, held) ?? (await differs(held)));
  if (other !== undefined) {
    refuse(held, `this one differs: ${other}`);
    return undefined;
  }
  tell(held, listeners);
  return held;
}

/** The checkpoint that is there; undefined if there is none, or if `overwrite` says that it does not matter. */
async function readHeld({ checkpoint, signal }: RunListeners): Promise<Checkpoint | undefined> {
  if (checkpoint?.read === undefined || checkpoint.overwrite === true) return undefined;
  // stores of browsers give null for nothing
  const held = (await orAborted(checkpoint.read(), signal)) ?? undefined;
  if (held instanceof Checkpoint && held.isOlder)
    refuse(held, "an older wasm2vec began it, which trained in another way", "end it with that one");
  if (held === undefined || held instanceof Checkpoint) return held;
  throw new TypeError(`checkpoint.read expected to give a Checkpoint, got ${show(held)}: use readCheckpoint`);
}

function tell(held: Checkpoint, { onWarning }: RunListeners): void {
  onWarning?.(
    held.isFinished
      ? `${held.name} holds this training, finished: nothing is left to train; to train again, set "overwrite"`
      : `going on with the training in ${held.name}, ${held.progress}`,
  );
}

function refuseBlocks({ name, progress, isFinished }: Checkpoint, what: string, remedy?: string): void {
  const goOn = remedy ?? (isFinished ? "the same call gives its model" : "the same call goes on with it");
  throw new RangeError(
    `"blocks" ${name} holds a training (${progress}), and ${what}: ${goOn}, "overwrite" starts over and loses it; or name another folder`,
  );
}

function refuse(held: Checkpoint, what: string, remedy = '"resume" goes on with it'): void {
  if (held.isFinished) return;
  throw new RangeError(
    `"checkpoint" ${held.name} holds a training that has not ended (${held.progress}), and ${what}: ` +
      `${remedy}, "overwrite" starts over and loses it; or name another file`,
  );
}

/** The first option that differs; does not compare the text. */
function difference(given: TrainOptions, held: Checkpoint): string | undefined {
  const { open, vocabulary, initialVectors, freeze, wordRates } = resolveOptions(given);
  const asDefault = open.filter((name) => isDefault(name, held));
  const other = otherOptions(given, held).find(({ name }) => !(asDefault as readonly string[]).includes(name));
  if (other) return `it has "${other.name}" ${other.was}, this one ${other.is}`;
  if (asksForThreads(given, held)) return `it was trained with one thread, this one has "threads" ${given.threads}`;
  if (vocabulary && !hasSameWords(vocabulary, held.vocabulary)) return "it has another vocabulary";
  if (held.schedule.initialVectors !== (initialVectors && vectorsFingerprint(initialVectors)))
    return 'it began with other "initialVectors"';
  return multipliersDiffer(multipliersOf(held.vocabulary, freeze, wordRates), held);
}

function multipliersDiffer(multipliers: Float32Array | undefined, { tensors }: Checkpoint): string | undefined {
  return String(multipliers) === String(tensors.multipliers)
    ? undefined
    : 'it has other words in "freeze" or "wordRates"';
}

/** Whether an option in a checkpoint has the value that it would get by default for the checkpoint's text. */
function isDefault(name: SizedOption, { options, schedule, vocabulary: { totalWords } }: Checkpoint): boolean {
  // a vocabulary from elsewhere says nothing about the text
  if (schedule.isCounted === false) return options[name] === DEFAULTS[name];
  if (name === "epochs") return options.epochs === smallEpochs(totalWords, DEFAULTS.epochs);
  if (name === "subsample") return options.subsample === smallSubsample(totalWords, DEFAULTS.subsample);
  // depends on the words without a vector too, which a checkpoint does not know: these are the bounds
  return options.minCount >= smallMinCount(totalWords, DEFAULTS.minCount) && options.minCount <= DEFAULTS.minCount;
}

function isFurther({ position: a }: Checkpoint, { position: b }: Checkpoint): boolean {
  return (a.epochs - b.epochs || a.batches - b.batches || a.steps - b.steps) > 0;
}

/** Whether two checkpoints are of one training. */
function isSame(a: Checkpoint, b: Checkpoint): boolean {
  const [first, second] = [a, b].map(({ options, schedule }) => JSON.stringify([withoutThreads(options), schedule]));
  return first === second && hasSameWords(a.vocabulary, b.vocabulary);
}

function withoutThreads({ threads: _, ...others }: StoredOptions): object {
  return others;
}

function hasSameWords(a: Vocabulary, b: Vocabulary): boolean {
  return a.size === b.size && a.words.every((word, id) => word === b.words[id] && a.counts[id] === b.counts[id]);
}
