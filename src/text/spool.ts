// Keeps the numbers of one pass over a text for later passes: in memory up to a limit, the rest in a file.

/** A temporary file. Bytes are appended; once it is sealed, they can be read at any offset. */
export interface SpoolFile {
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  seal(): Promise<void>;
  /** The bytes [from, to). */
  read(from: number, to: number): Promise<ArrayBuffer>;
  remove(): Promise<void>;
}

/** Numbers of a block, which is kept, written and read as a whole: 1 MB. */
const BLOCK = 262_144;
const BLOCK_BYTES = 4 * BLOCK;

/** A sequence of numbers: appended once, then read in the same order any number of times. */
export class Spool {
  private readonly inMemory: Uint32Array[] = [];
  private file: SpoolFile | undefined;
  private blocksInFile = 0;
  /** the block that is being filled; after sealing, its used part */
  private last = new Uint32Array(BLOCK);
  private used = 0;

  /** @param memory most bytes in memory, without the last block @param open creates the file for the rest */
  constructor(
    private readonly memory: number,
    private readonly open: () => Promise<SpoolFile>,
  ) {}

  async add(numbers: Uint32Array): Promise<void> {
    for (let at = 0; at < numbers.length; ) {
      const taken = numbers.subarray(at, at + BLOCK - this.used);
      this.last.set(taken, this.used);
      this.used += taken.length;
      at += taken.length;
      if (this.used === BLOCK) await this.flush();
    }
  }

  /** Ends the sequence. */
  async seal(): Promise<void> {
    this.last = this.last.slice(0, this.used);
    await this.file?.seal();
  }

  /** A pass over the sequence, after it is sealed. */
  async *read(): AsyncGenerator<Uint32Array> {
    yield* this.inMemory;
    for (let from = 0; from < this.blocksInFile * BLOCK_BYTES; from += BLOCK_BYTES)
      yield new Uint32Array(await this.file!.read(from, from + BLOCK_BYTES));
    yield this.last;
  }

  async remove(): Promise<void> {
    await this.file?.remove();
  }

  private async flush(): Promise<void> {
    if ((this.inMemory.length + 1) * BLOCK_BYTES <= this.memory) {
      this.inMemory.push(this.last);
      this.last = new Uint32Array(BLOCK);
    } else {
      this.file ??= await this.open();
      await this.file.append(new Uint8Array(this.last.buffer));
      this.blocksInFile++;
    }
    this.used = 0;
  }
}
