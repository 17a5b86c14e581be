// Checkpoints in the origin private file system (OPFS), and downloads.

import type { CheckpointOptions, WordVectors } from "wasm2vec";
import { type VectorFormat, writeVectors, writeWords } from "wasm2vec/formats";

const NAME = "training.ckpt";

const folder = () => navigator.storage.getDirectory();

/** Writes each checkpoint beside the previous one, then replaces it, so that the stored one is always complete. */
export const keptCheckpoint: CheckpointOptions = {
  every: "10s",
  name: "this browser's copy",
  async write(chunks) {
    const root = await folder();
    const file = await root.getFileHandle(NAME, { create: true });
    // the stream replaces the file when it is closed
    const stream = await file.createWritable();
    try {
      for await (const chunk of chunks) await stream.write(chunk as Uint8Array<ArrayBuffer>);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
  },
};

/** The bytes of the checkpoint, if there is one. */
export async function readKept(): Promise<Uint8Array | undefined> {
  const file = await (await folder()).getFileHandle(NAME).catch(() => undefined);
  const bytes = file && new Uint8Array(await (await file.getFile()).arrayBuffer());
  return bytes?.length ? bytes : undefined;
}

export async function forgetKept(): Promise<void> {
  await (await folder()).removeEntry(NAME).catch(() => {});
}

const NAMES: Partial<Record<VectorFormat, string>> = {
  word2vec: "vectors.bin",
  "word2vec-text": "vectors.txt",
  tsv: "vectors.tsv",
};

/** Downloads the vectors; for "tsv" the pair of files that TensorBoard's projector takes. */
export function download(vectors: WordVectors, format: VectorFormat): void {
  save([...writeVectors(vectors, format)], NAMES[format] ?? `vectors.${format}`);
  if (format === "tsv") save([...writeWords(vectors.words)], "metadata.tsv");
}

/** Downloads a file of this name. */
export function save(parts: BlobPart[], name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
