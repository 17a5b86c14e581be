// Pieces of text to tokens: the work of one thread, this one or a worker.

import { Utf8Check } from "./check-utf8.js";
import { type FieldOptions, Tally } from "./fields.js";
import { LineTokenizer } from "./line-tokenizer.js";
import type { Piece } from "./pieces.js";
import { whitespaceSplitter } from "./splitter.js";
import { makeTokenizer, splitAtWhitespace, type TokenizeOptions } from "./tokenize.js";
import type { TextParser, TokenChunk } from "./tokens.js";

/** How text is read. It can be posted to a worker unless the tokenizer is a function. */
export interface Parsing extends FieldOptions {
  tokenizing: TokenizeOptions;
  /** whether invalid UTF-8 is replaced, replaced and counted, or refused */
  invalid: "replace" | "count" | "error";
}

/** The first step is smaller, and the next ones grow, because code that is not yet compiled takes ten times as long. */
const FIRST_STEP = 8192;

export class PieceReader {
  private readonly parser: TextParser;
  private step = FIRST_STEP / 2;
  private check: Utf8Check | undefined;
  /** name of the text, and counts of the current piece */
  private name = "";
  private tally = new Tally();
  private isOpen = false;

  /** @throws TypeError, RangeError for options */
  constructor(private readonly parsing: Parsing) {
    const tokenize = makeTokenizer(parsing.tokenizing);
    const rowOf =
      parsing.jsonField === undefined ? undefined : (line: string) => this.tally.row(line, this.name, parsing);
    this.parser =
      tokenize === undefined && rowOf === undefined
        ? whitespaceSplitter()
        : new LineTokenizer(tokenize ?? splitAtWhitespace, rowOf);
  }

  /** The tokens of a piece, in steps. The chunk of a step is valid until the next step. @throws FormatError */
  *read({ bytes, name, from, ending }: Piece, tally: Tally): Generator<TokenChunk> {
    const { parser, parsing } = this;
    this.tally = tally;
    this.name = name;
    if (!this.isOpen) {
      if (from === 0) tally.lines = 0;
      parser.begin(from === 0);
      this.check = parsing.invalid === "replace" ? undefined : new Utf8Check(name, parsing.invalid === "error", from);
    }
    this.isOpen = ending === "anywhere";
    tally.invalid += this.check?.add(bytes) ?? 0;
    if (!this.isOpen) tally.invalid += this.check?.end() ?? 0;
    for (let at = 0; at < bytes.length; at += this.step) {
      this.step = Math.min(2 * this.step, parser.step);
      yield parser.add(bytes.subarray(at, at + this.step));
    }
    if (!this.isOpen) yield parser.end(ending === "text");
  }
}
