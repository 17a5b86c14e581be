// Where commands write vectors: a file whose name may tell the format, or standard output.

import { saveVectors, writeAtomically } from "../files.js";
import { VECTOR_FORMATS, type VectorFormat, WORDLESS, writeVectors } from "../format/vectors.js";
import type { WordVectors } from "../node.js";
import { filesOf } from "../platform/node/vectors.js";
import { UsageError } from "./command.js";

/** Standard output, where a file is named; "./-" is a file of that name. */
export const STANDARD_OUTPUT = "-";

/** What the ending of a file's name promises, .gz after it or not. */
const FORMAT_OF_ENDING: Record<string, VectorFormat> = {
  ".bin": "word2vec",
  ".txt": "word2vec-text",
  ".vec": "word2vec-text",
  ".safetensors": "safetensors",
  ".npy": "npy",
  ".tsv": "tsv",
  ".json": "json",
};

/** The endings that tell a format, for messages and help. */
export const ENDINGS = Object.keys(FORMAT_OF_ENDING).join(", ");

/**
 * The format of an output: the one given, else the one that the name's ending promises.
 * @param fallback the format of names that promise none; without it they are refused
 * @throws UsageError for a name that tells no format, and for a format with a second file on standard output
 */
export function formatOf(output: string, given?: VectorFormat, fallback?: VectorFormat): VectorFormat {
  const [, ending = ""] = /(\.[^./\\]+)(?:\.gz)?$/.exec(output.toLowerCase()) ?? [];
  const format = given ?? FORMAT_OF_ENDING[ending] ?? fallback;
  if (format === undefined)
    throw new UsageError(
      output === STANDARD_OUTPUT
        ? `standard output has no name that tells a format: name one of ${VECTOR_FORMATS.join(", ")} with --to`
        : `the name ${JSON.stringify(output)} tells no format: end it in one of ${ENDINGS}, with .gz after it or not, or give --to`,
    );
  if (output === STANDARD_OUTPUT && WORDLESS.includes(format))
    throw new UsageError(
      `the format "${format}" has its words in a second file, which standard output is not: name a file`,
    );
  return format;
}

/** The files that saveOutput writes: none for standard output. */
export function filesOfOutput(output: string, format: VectorFormat): string[] {
  return output === STANDARD_OUTPUT ? [] : (filesOf(output, { format }) as string[]);
}

/** Writes vectors to a file, or to standard output. @throws as saveVectors */
export async function saveOutput(vectors: WordVectors, output: string, format: VectorFormat): Promise<void> {
  if (output !== STANDARD_OUTPUT) return saveVectors(vectors, output, { format });
  await writeOutput(output, writeVectors(vectors, format));
}

let isWriting = false;

/** Whether a result goes to standard output, not a message: who closes it loses some of it. */
export function isOutputUnderWay(): boolean {
  return isWriting;
}

/** Writes bytes to a file, whole or not at all, or to standard output. @throws as writeAtomically */
export async function writeOutput(
  output: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (output !== STANDARD_OUTPUT) return writeAtomically(output, chunks);
  isWriting = true;
  for await (const chunk of chunks)
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
    }).catch((cause: Error) => {
      throw new Error(`cannot write standard output: ${cause.message}`, { cause });
    });
  isWriting = false;
}
