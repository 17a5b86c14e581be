// Tokens as numbers. A text repeats few words, so most tokens are looked up instead of made into strings.

/** Tokens of a table before a new one replaces it, which bounds the memory. */
export const CAPACITY = 2 ** 18;

/** Tokens of one sentence, in order. */
export type Sentence = readonly string[];

/** Some sentences of a corpus. The arrays are valid until the next chunk is requested. */
export interface TokenChunk {
  /** Numbers of tokens, and marks; Mark.sentenceEnd ends a sentence. A sentence may continue in the next chunk. */
  numbers: Uint32Array;
  /** The token of each number. Grows from chunk to chunk. Several such tables may alternate. */
  tokens: readonly string[];
  /** { number, count }[…] in the order of first occurrence, if a thread has counted them. */
  occurrences?: Uint32Array;
}

/** Makes tokens of the bytes of one text after another. */
export interface TextParser {
  /** Most bytes of one call of add. */
  readonly step: number;
  /** @param isStart whether this is the start of the text, where a byte order mark is skipped */
  begin(isStart: boolean): void;
  add(bytes: Uint8Array): TokenChunk;
  /** The remaining tokens. @param isText whether the text ends, too */
  end(isText: boolean): TokenChunk;
}

/** For each token table of the chunks, a table from its numbers to values; 0 for numbers not looked up yet. */
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

/** A copy of a string. V8 keeps the whole chunk alive that a token was sliced from. */
export function ownCopy(token: string): string {
  return token.length < 13 ? token : token.split("").join("");
}
