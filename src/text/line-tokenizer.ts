// UTF-8 to lines to tokens, for tokenizers other than whitespace, and for JSON Lines.

import { Mark } from "../../assembly/params.js";
import type { Row } from "./fields.js";
import { LABEL_PREFIX } from "./labels.js";
import { type Sentence, StringTable, type TextParser, type TokenChunk } from "./tokens.js";

/** Most characters of a line; a longer one is split. */
const LONGEST_LINE = 1_000_000;

export class LineTokenizer implements TextParser {
  readonly step = 32_768;
  private table = new StringTable();
  private lines = new LineDecoder(true);

  /** @param rowOf extracts from a line the text to tokenize, or its tokens, and labels; undefined skips the line. Default: the whole line */
  constructor(
    private readonly tokenize: (text: string) => Iterable<Sentence>,
    private readonly rowOf: (line: string) => Row | undefined = (text) => ({ text }),
  ) {}

  begin(isStart: boolean): void {
    this.lines = new LineDecoder(isStart);
  }

  add(bytes: Uint8Array): TokenChunk {
    return this.chunk(this.lines.add(bytes));
  }

  end(): TokenChunk {
    return this.chunk(this.lines.end());
  }

  private chunk(lines: Iterable<string>): TokenChunk {
    if (this.table.isFull) this.table = new StringTable();
    const { table } = this;
    const numbers: number[] = [];
    for (const line of lines) {
      const row = this.rowOf(line);
      if (row === undefined) continue;
      const { text, labels = [] } = row;
      for (const label of labels) numbers.push(table.numberOf(LABEL_PREFIX + label));
      for (const sentence of typeof text === "string" ? this.tokenize(text) : [text]) {
        for (const token of sentence) if (token !== "") numbers.push(table.numberOf(token));
        numbers.push(Mark.sentenceEnd);
      }
    }
    return { numbers: Uint32Array.from(numbers), tokens: table.tokens };
  }
}

/** Splits UTF-8 at \n or \r\n. */
export class LineDecoder {
  private readonly decoder: TextDecoder;
  private rest = "";

  /** @param isStart whether this is the start of a text, whose byte order mark is skipped */
  constructor(isStart: boolean) {
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: !isStart });
  }

  *add(bytes: Uint8Array): Generator<string> {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) yield* withinLimit(line.endsWith("\r") ? line.slice(0, -1) : line);
    for (; this.rest.length > LONGEST_LINE; this.rest = this.rest.slice(LONGEST_LINE))
      yield this.rest.slice(0, LONGEST_LINE);
  }

  *end(): Generator<string> {
    const last = this.rest + this.decoder.decode();
    this.rest = "";
    if (last !== "") yield last;
  }
}

function* withinLimit(line: string): Generator<string> {
  for (let at = 0; at === 0 || at < line.length; at += LONGEST_LINE) yield line.slice(at, at + LONGEST_LINE);
}
