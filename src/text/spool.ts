// Numbers in memory up to a budget, the rest in a file: what a pass over a text gave, for the passes after it.

/** A file for one run: bytes go in at the end, and come out from anywhere once it is sealed. */
export interface SpoolFile {
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  seal(): Promise<void>;
  /** The bytes from … to of what was appended. */
  read(from: number, to: number): Promise<ArrayBuffer>;
  remove(): Promise<void>;
}

/** Numbers kept, written and read at a time: 1 MB. */
const BLOCK = 262_144;
const BLOCK_BYTES = 4 * BLOCK;

/** Numbers go in at the end, and come out in the same order as often as they are asked for. */
export class Spool {
  private readonly inMemory: Uint32Array[] = [];
  private file: SpoolFile | undefined;
  private blocksInFile = 0;
  /** the block that is being filled, in the end a part of one */
  private last = new Uint32Array(BLOCK);
  private used = 0;

  /** @param memory bytes that stay in memory at most, but for the last block @param open gives the file for the others */
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

  /** Nothing comes after it. */
  async seal(): Promise<void> {
    this.last = this.last.slice(0, this.used);
    await this.file?.seal();
  }

  /** A pass, once it is sealed. */
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
