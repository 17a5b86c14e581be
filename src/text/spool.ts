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
   * @param onFailure told when the file failed, and what that means
   */
  constructor(
    private readonly encode: () => AsyncGenerator<Batch>,
    private open: (() => Promise<SpoolFile>) | undefined,
    private readonly onFailure: (message: string) => void,
  ) {}

  /** A pass; the first that comes to its end is kept. */
  batches(): AsyncGenerator<Batch> {
    if (this.kept) return this.replay(this.kept.file, this.kept.index);
    return this.open ? this.keep(this.open) : this.encode();
  }

  /** Removes the file; that this fails is told too, and no reason to lose what was trained. */
  async remove(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.file.remove().catch(({ message }: Error) => {
      this.onFailure(`the temporary file of word ids was not removed: ${message}`);
    });
  }

  /** A pass from the file; if that cannot be read any more, the rest comes from the text. */
  private async *replay(file: SpoolFile, index: Index): AsyncGenerator<Batch> {
    let given = 0;
    for (const piece of piecesOf(index)) {
      const bytes = await this.tried(() => file.read(piece.from, piece.to));
      if (bytes === undefined) break;
      for (const batch of batchesIn(bytes, piece, index)) {
        given++;
        yield batch;
      }
    }
    if (given === index.words.length) return;
    await this.remove();
    let number = 0;
    for await (const batch of this.encode()) if (number++ >= given) yield batch;
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
      this.onFailure(`word ids are not kept, epochs read the text: ${(error as Error).message}`);
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

/** Some batches, first … last, which lie from … to. */
interface Piece {
  first: number;
  last: number;
  from: number;
  to: number;
}

function* piecesOf({ bytes }: Index): Generator<Piece> {
  let from = 0;
  for (let first = 0; first < bytes.length; ) {
    let last = first;
    let to = from;
    while (last < bytes.length && to - from < PIECE) to += bytes[last++];
    yield { first, last, from, to };
    first = last;
    from = to;
  }
}

function* batchesIn(buffer: ArrayBuffer, { first, last }: Piece, { bytes, words }: Index): Generator<Batch> {
  let at = 0;
  for (let i = first; i < last; i++) {
    yield { ids: new Uint32Array(buffer.slice(at, at + bytes[i])), words: words[i] };
    at += bytes[i];
  }
}
