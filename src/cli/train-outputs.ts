// What the command train writes, and what becomes of the model if a file cannot be written.

import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCheckpoint, saveVocabulary } from "../files.js";
import { checkWords } from "../format/vectors.js";
import type { Checkpoint, Model, NodeCorpusSource, Vocabulary } from "../node.js";
import { STANDARD_OUTPUT, saveOutput } from "./output.js";
import { record } from "./record.js";
import { KEPT, type Task } from "./train-task.js";

/** Finds words that a file cannot hold, before hours of training. @throws RangeError */
export function checkNames(vocabulary: Vocabulary, task: Task): void {
  const { output, format, outputVectors, outputVectorsFormat, saveVocabulary } = task;
  if (output !== undefined) checkWords(vocabulary.words, format);
  if (outputVectors !== undefined) checkWords(vocabulary.words, outputVectorsFormat);
  if (saveVocabulary !== undefined) vocabulary.toText();
}

/** Writes what is asked for. @throws Error, with where the model is, if a file cannot be written */
export async function saveTrained(model: Model<NodeCorpusSource>, task: Task): Promise<void> {
  const { corpus, output, outputVectors, saveVocabulary: vocabulary, saveModel, saveFasttext } = task;
  const metadata = record(corpus, Object.fromEntries(KEPT.map((name) => [name, task[name]])));
  const outputs = [
    { file: outputVectors, vectors: () => model.outputVectors, format: task.outputVectorsFormat },
    { file: output, vectors: () => model.vectors, format: task.format },
  ];
  // files first: whoever reads standard output may have seen enough
  outputs.sort((a, b) => Number(a.file === STANDARD_OUTPUT) - Number(b.file === STANDARD_OUTPUT));
  try {
    if (saveModel !== undefined) await model.save(saveModel, { metadata });
    if (saveFasttext !== undefined) await model.save(saveFasttext, { format: "fasttext" });
    if (vocabulary !== undefined) await saveVocabulary(model.vocabulary, vocabulary);
    for (const { file, vectors, format } of outputs) if (file !== undefined) await saveOutput(vectors(), file, format);
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${await rescue(model, task, metadata)}`, { cause: error });
  }
}

/** Says where the trained model is, or brings it into a file of its own. */
async function rescue(
  model: Model<NodeCorpusSource>,
  { blocks, checkpoint }: Task,
  metadata: Record<string, unknown>,
): Promise<string> {
  if (blocks !== undefined) return `the trained model is in ${blocks}: write its vectors with the same command`;
  const held = checkpoint === undefined ? undefined : await loadCheckpoint(checkpoint).catch(() => undefined);
  if (held !== undefined && holdsModel(held, model)) return whereabouts(checkpoint!);
  let failure = "";
  for (const folder of [tmpdir(), process.cwd()]) {
    const file = join(folder, `wasm2vec-rescued-${randomUUID()}.w2v`);
    try {
      await model.save(file, { metadata });
      return whereabouts(file);
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  return `and the trained model is lost: ${failure}`;
}

function whereabouts(file: string): string {
  return `the trained model is in ${file}: write its vectors with: wasm2vec convert ${quoted(file)} <file>`;
}

/** Whether a checkpoint is of this very model, not of an earlier training. */
function holdsModel(
  { tensors: { inputs }, options: { dim } }: Checkpoint,
  { vectors }: Model<NodeCorpusSource>,
): boolean {
  const { matrix, stride, size } = vectors;
  if (dim !== vectors.dim || inputs.length !== size * dim) return false;
  return inputs.every((value, i) => value === matrix[Math.floor(i / dim) * stride + (i % dim)]);
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
