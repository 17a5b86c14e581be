// The output of vectors: a file whose name may choose the format, or standard output.

import { saveVectors, writeAtomically } from "../files.js";
import { VECTOR_FORMATS, type VectorFormat, WORDLESS, writeVectors } from "../format/vectors.js";
import type { WordVectors } from "../node.js";
import { filesOf } from "../platform/node/vectors.js";
import { UsageError } from "./command.js";

/** The name of standard output; "./-" is a file named "-". */
export const STANDARD_OUTPUT = "-";

/** The format of a file extension, with or without .gz after it. */
const FORMAT_OF_ENDING: Record<string, VectorFormat> = {
  ".bin": "word2vec",
  ".txt": "word2vec-text",
  ".vec": "word2vec-text",
  ".safetensors": "safetensors",
  ".npy": "npy",
  ".tsv": "tsv",
  ".json": "json",
};

/** The extensions that choose a format, for messages and help. */
export const ENDINGS = Object.keys(FORMAT_OF_ENDING).join(", ");

/**
 * The format of an output: the given one, else the one of the file extension.
 * @param fallback the format of other names; without it they are refused
 * @throws UsageError for a name without a format, and for a format with a second file on standard output
 */
export function formatOf(output: string, given?: VectorFormat, fallback?: VectorFormat): VectorFormat {
  const [, ending = ""] = /(\.[^./\\]+)(?:\.gz)?$/.exec(output.toLowerCase()) ?? [];
  const format = given ?? FORMAT_OF_ENDING[ending] ?? fallback;
  if (format === undefined)
    throw new UsageError(
      output === STANDARD_OUTPUT
        ? `standard output has no file extension that chooses a format: give one of ${VECTOR_FORMATS.join(", ")} with --to`
        : `the name ${JSON.stringify(output)} chooses no format: end it in one of ${ENDINGS}, with or without .gz after it, or give --to`,
    );
  if (output === STANDARD_OUTPUT && WORDLESS.includes(format))
    throw new UsageError(
      `the format "${format}" writes its words to a second file, which standard output cannot be: name a file`,
    );
  return format;
}

/** The files that saveOutput writes; none for standard output. */
export function filesOfOutput(output: string, format: VectorFormat): string[] {
  return output === STANDARD_OUTPUT ? [] : (filesOf(output, { format }) as string[]);
}

/** Writes vectors to a file, or to standard output. @throws as saveVectors */
export async function saveOutput(vectors: WordVectors, output: string, format: VectorFormat): Promise<void> {
  if (output !== STANDARD_OUTPUT) return saveVectors(vectors, output, { format });
  await writeOutput(output, writeVectors(vectors, format));
}

let isWriting = false;

/** Whether standard output holds the data of a command, so that closing it loses some. */
export function isOutputUnderWay(): boolean {
  return isWriting;
}

/** Writes bytes to a file, completely or not at all, or to standard output. @throws as writeAtomically */
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
