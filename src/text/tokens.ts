// Tokens as numbers: a text repeats few words, so that most are looked up, not made into strings.

/** Tokens that a table takes before a new one replaces it: what bounds its memory. */
const CAPACITY = 2 ** 18;

/** Some sentences of a corpus; what they hold is valid until the next chunk is asked for. */
export interface TokenChunk {
  /** Numbers of tokens; Mark.sentenceEnd ends a sentence. A sentence may go on in the next chunk. */
  numbers: Uint32Array;
  /** The token of each number. Grows from chunk to chunk. Several such tables may take turns. */
  tokens: readonly string[];
}

/** For each table of tokens that chunks come with, what its numbers stand for elsewhere; 0 for those not looked up yet. */
export class NumberTables {
  private tables = new WeakMap<readonly string[], Int32Array>();

  of(tokens: readonly string[]): Int32Array {
    const table = this.tables.get(tokens);
    if (table !== undefined && table.length >= tokens.length) return table;
    const larger = new Int32Array(2 * tokens.length);
    if (table) larger.set(table);
    this.tables.set(tokens, larger);
    return larger;
  }

  clear(): void {
    this.tables = new WeakMap();
  }
}

/** Numbers for tokens that are strings. */
export class StringTable {
  readonly tokens: string[] = [];
  private readonly numbers = new Map<string, number>();

  get isFull(): boolean {
    return this.tokens.length >= CAPACITY;
  }

  numberOf(token: string): number {
    let number = this.numbers.get(token);
    if (number === undefined) {
      number = this.tokens.length;
      this.tokens.push(token);
      this.numbers.set(token, number);
    }
    return number;
  }
}

/** Numbers for tokens that are UTF-8; the bytes are compared four at a time, and decoded where they are new. */
export class ByteTable {
  readonly tokens: string[] = [];
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** { hash, first word, bytes, number + 1 } in open addressing; at most half full, but for the tokens of a last chunk */
  private readonly slots = new Int32Array(4 * 2 * CAPACITY);
  private words = new Int32Array(2 * CAPACITY);
  private usedWords = 0;

  get isFull(): boolean {
    return this.tokens.length >= CAPACITY;
  }

  /** The number of the `length` bytes from `start`, 3 readable bytes after them; invalid UTF-8 becomes U+FFFD. */
  numberOf(bytes: DataView, start: number, length: number): number {
    const { slots } = this;
    const tail = length & 3;
    const last = start + length - tail;
    let hash = length;
    for (let at = start; at < last; at += 4) hash = mix(hash, bytes.getInt32(at, true));
    if (tail > 0) hash = mix(hash, bytes.getInt32(last, true) & masks[tail]);
    let slot = (hash ^ (hash >>> 16)) & (2 * CAPACITY - 1);
    for (;;) {
      const entry = 4 * slot;
      const number = slots[entry + 3] - 1;
      if (number < 0) break;
      if (slots[entry] === hash && slots[entry + 2] === length && this.isAt(slots[entry + 1], bytes, start, last, tail))
        return number;
      slot = (slot + 1) & (2 * CAPACITY - 1);
    }
    slots.set([hash, this.usedWords, length, this.tokens.length + 1], 4 * slot);
    return this.add(bytes, start, last, tail);
  }

  private isAt(word: number, bytes: DataView, start: number, last: number, tail: number): boolean {
    const { words } = this;
    for (let at = start; at < last; at += 4) if (words[word++] !== bytes.getInt32(at, true)) return false;
    return tail === 0 || words[word] === (bytes.getInt32(last, true) & masks[tail]);
  }

  private add(bytes: DataView, start: number, last: number, tail: number): number {
    if (this.usedWords + (last - start) / 4 + 1 > this.words.length) {
      const larger = new Int32Array(2 * this.words.length + (last - start));
      larger.set(this.words);
      this.words = larger;
    }
    for (let at = start; at < last; at += 4) this.words[this.usedWords++] = bytes.getInt32(at, true);
    if (tail > 0) this.words[this.usedWords++] = bytes.getInt32(last, true) & masks[tail];
    const token = this.decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, last + tail - start));
    return this.tokens.push(token) - 1;
  }
}

/** The low bytes of a word. */
const masks = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
