// What stays: checkpoints in the browser's own files (OPFS), and downloads.

import { type CheckpointOptions, type VectorFormat, type WordVectors, writeWord2vec } from "wasm2vec";

const NAME = "training.ckpt";

const folder = () => navigator.storage.getDirectory();

/** A checkpoint is written beside the one before and then takes its place: what is there is whole. */
export const keptCheckpoint: CheckpointOptions = {
  every: "10s",
  name: "this browser's copy",
  async write(chunks) {
    const root = await folder();
    const file = await root.getFileHandle(NAME, { create: true });
    // what is written to the stream takes the file's place when it is closed
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

/** The checkpoint's bytes, if there is one. */
export async function readKept(): Promise<Uint8Array | undefined> {
  const file = await (await folder()).getFileHandle(NAME).catch(() => undefined);
  const bytes = file && new Uint8Array(await (await file.getFile()).arrayBuffer());
  return bytes?.length ? bytes : undefined;
}

export async function forgetKept(): Promise<void> {
  await (await folder()).removeEntry(NAME).catch(() => {});
}

/** Hands the user files of the vectors. @param format "tsv" is the pair that TensorBoard's projector takes */
export function download(vectors: WordVectors, format: VectorFormat | "tsv"): void {
  if (format === "tsv") {
    const rows = vectors.words.map((word) => `${[...vectors.get(word)].join("\t")}\n`);
    save(rows, "vectors.tsv");
    save(
      vectors.words.map((word) => `${word.replace(/[\t\n]/g, " ")}\n`),
      "metadata.tsv",
    );
    return;
  }
  save([...writeWord2vec(vectors, format)] as BlobPart[], format === "word2vec" ? "vectors.bin" : "vectors.txt");
}

function save(parts: BlobPart[], name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
