// Batches of a corpus, kept in a file after the first pass: later passes read ids instead of text.

import type { Batch } from "./encode.js";

/** A file for one run: bytes go in at the end, and come out from anywhere once it is sealed. */
export interface SpoolFile {
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  seal(): Promise<void>;
  /** The bytes from … to of what was appended. */
  read(from: number, to: number): Promise<ArrayBuffer>;
  remove(): Promise<void>;
}

/** Bytes written and read at a time, about. */
const PIECE = 1_048_576;

/** Where batches lie: bytes and words of each, in their order. */
interface Index {
  bytes: number[];
  words: number[];
}

/** The batches of each pass. */
export class SpooledBatches {
  private kept: { file: SpoolFile; index: Index } | undefined;

  /**
   * @param encode a fresh pass over the corpus
   * @param open gives the file; undefined: every pass encodes
   * @param onFailure told when the file failed; training goes on without
   */
  constructor(
    private readonly encode: () => AsyncGenerator<Batch>,
    private open: (() => Promise<SpoolFile>) | undefined,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** A pass; the first that comes to its end is kept. */
  batches(): AsyncGenerator<Batch> {
    if (this.kept) return replay(this.kept.file, this.kept.index);
    return this.open ? this.keep(this.open) : this.encode();
  }

  async remove(): Promise<void> {
    await this.kept?.file.remove();
    this.kept = undefined;
  }

  private async *keep(open: () => Promise<SpoolFile>): AsyncGenerator<Batch> {
    let writer = await this.tried(async () => new SpoolWriter(await open()));
    const abandon = async () => {
      await writer?.file.remove().catch(() => {}); // it was the disk that failed
      writer = undefined;
    };
    try {
      for await (const batch of this.encode()) {
        if (writer && !(await this.tried(() => writer!.add(batch)))) await abandon();
        yield batch;
      }
      if (writer && (await this.tried(() => writer!.seal()))) {
        this.kept = { file: writer.file, index: writer.index };
        writer = undefined;
      }
    } finally {
      await abandon();
    }
  }

  /** What a step gives, or undefined if it failed, after which nothing is kept any more. */
  private async tried<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      this.open = undefined;
      this.onFailure(error as Error);
      return undefined;
    }
  }
}

class SpoolWriter {
  readonly index: Index = { bytes: [], words: [] };
  private waiting: Uint8Array[] = [];
  private size = 0;

  constructor(readonly file: SpoolFile) {}

  async add({ ids, words }: Batch): Promise<true> {
    this.index.bytes.push(ids.byteLength);
    this.index.words.push(words);
    // whoever trains on a batch may take its memory away
    this.waiting.push(new Uint8Array(ids.slice().buffer));
    this.size += ids.byteLength;
    if (this.size >= PIECE) await this.flush();
    return true;
  }

  async seal(): Promise<true> {
    await this.flush();
    await this.file.seal();
    return true;
  }

  private async flush(): Promise<void> {
    const piece = new Uint8Array(this.size);
    let at = 0;
    for (const bytes of this.waiting) {
      piece.set(bytes, at);
      at += bytes.length;
    }
    this.waiting = [];
    this.size = 0;
    await this.file.append(piece);
  }
}

async function* replay(file: SpoolFile, { bytes, words }: Index): AsyncGenerator<Batch> {
  let start = 0;
  for (let first = 0; first < bytes.length; ) {
    let last = first;
    let end = start;
    while (last < bytes.length && end - start < PIECE) end += bytes[last++];
    const piece = await file.read(start, end);
    let at = 0;
    for (; first < last; first++) {
      yield { ids: new Uint32Array(piece.slice(at, at + bytes[first])), words: words[first] };
      at += bytes[first];
    }
    start = end;
  }
}
