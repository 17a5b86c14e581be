// Tokens as numbers: a text repeats few words, so that most are looked up, not made into strings.

/** Tokens that a table takes before a new one replaces it: what bounds its memory. */
export const CAPACITY = 2 ** 18;

/** Tokens of one sentence, in order. */
export type Sentence = readonly string[];

/** Some sentences of a corpus; what they hold is valid until the next chunk is asked for. */
export interface TokenChunk {
  /** Numbers of tokens and marks, of which Mark.sentenceEnd ends a sentence. A sentence may go on in the next chunk. */
  numbers: Uint32Array;
  /** The token of each number. Grows from chunk to chunk. Several such tables may take turns. */
  tokens: readonly string[];
  /** Each of the numbers, in the order in which they come first, and how often it occurs; where a thread has counted them. */
  occurrences?: Uint32Array;
}

/** Makes tokens of the bytes of one text after another. */
export interface TextParser {
  /** Bytes that it takes at a time, at most. */
  readonly step: number;
  /** @param isStart of the text, where a byte order mark is left out */
  begin(isStart: boolean): void;
  add(bytes: Uint8Array): TokenChunk;
  /** The rest. @param isText the text ends too */
  end(isText: boolean): TokenChunk;
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

/** A string with letters of its own: V8 keeps the whole chunk alive that a token was sliced from. */
export function ownCopy(token: string): string {
  return token.length < 13 ? token : token.split("").join("");
}
