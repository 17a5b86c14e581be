// Text to tokens: bytes, checked and counted while they pass, then lines, then the tokens of each line.

import { checkFunction, checkKnown, checkOneOf, show } from "../math/check.js";
import { checkUtf8, type InvalidOptions } from "./check-utf8.js";
import type { Corpus, Sentence } from "./corpus.js";
import { type MissingOptions, RowTally } from "./fields.js";
import { refuseBinary } from "./kind.js";
import { type BytesRead, bytesOf, type TextBytes } from "./source.js";
import { whitespaceTokens } from "./splitter.js";
import { decodeLines, stringCorpus } from "./strings.js";
import { makeTokenizer, TOKENIZE_OPTIONS, type TokenizeOptions } from "./tokenize.js";
import type { TokenChunk } from "./tokens.js";

/** How a text is read. */
export interface TextOptions extends TokenizeOptions, InvalidOptions, MissingOptions {
  /** The text is JSON Lines: the field, such as "text" or "review.body", that holds a line's text or its tokens. */
  jsonField?: string;
  /** Called with what was left out, once and not in each pass. */
  onWarning?: (message: string) => void;
}

export const TEXT_OPTIONS: readonly string[] = [
  ...TOKENIZE_OPTIONS,
  ...["invalid", "onInvalid", "jsonField", "missingField", "onWarning"],
];

/**
 * A corpus of UTF-8 text, one sentence a line, tokens separated by ASCII whitespace unless the options say otherwise.
 * A byte order mark at the start is left out. Each pass is taken to give the same: for a text that is drawn anew, say
 * { ...textCorpus(open), isConstant: false }.
 * @param open gives the bytes from the start: an iterable of parts cut anywhere, a stream, a Blob or File, or a response of
 * fetch, or a promise of one; called once for each pass, with the signal that ends it, to hand on to fetch
 * @throws TypeError, RangeError for options; while it is read FormatError for what is not text (an archive, UTF-16, binary
 * data), for invalid UTF-8 that is to be refused, or lines that are no JSON
 */
export function textCorpus(
  open: (signal?: AbortSignal) => TextBytes | Promise<TextBytes>,
  name = "corpus",
  options: TextOptions = {},
): Corpus {
  if (typeof open !== "function")
    throw new TypeError(
      `textCorpus expected a function that gives the bytes, called once for each pass, got ${show(open)}: ` +
        (typeof open === "string" ? "for strings use stringCorpus(() => [text])" : "for example () => blob"),
    );
  checkKnown("option", options, TEXT_OPTIONS);
  checkMissing(options);
  const reader = new TextReader(options);
  const read: BytesRead = { bytes: 0 };
  return {
    name,
    isConstant: true,
    progress: () => read,
    chunks: (signal) => reader.pass(name, (tally) => reader.chunks(bytesOf(open, name, read, signal), name, tally)),
  };
}

/** @throws RangeError for "missingField" where nothing has fields */
export function checkMissing({ missingField, jsonField }: TextOptions): void {
  if (missingField !== undefined && jsonField === undefined)
    throw new RangeError(
      '"missingField" goes with the fields of "jsonField" or "column": give one of them, or leave it out',
    );
}

/** What one pass met. */
export class Tally {
  /** stretches of invalid UTF-8 */
  invalid = 0;
  readonly rows = new RowTally();
}

/** Reads texts as the options say, which are checked once. */
export class TextReader {
  private readonly tokenizing: TokenizeOptions;
  private readonly isSimple: boolean;
  private isWarned = false;

  /** @throws TypeError, RangeError */
  constructor(private readonly options: TextOptions) {
    const { jsonField, invalid, onInvalid, missingField, onWarning, ...tokenizing } = options;
    if (invalid !== undefined) checkOneOf("invalid", invalid, ["replace", "error"]);
    if (missingField !== undefined) checkOneOf("missingField", missingField, ["error", "skip"]);
    checkFunction("onInvalid", onInvalid);
    checkFunction("onWarning", onWarning);
    if (jsonField !== undefined && (typeof jsonField !== "string" || jsonField === ""))
      throw new TypeError(`"jsonField" expected the name of a field, such as "text", got ${show(jsonField)}`);
    this.tokenizing = tokenizing;
    this.isSimple = makeTokenizer(tokenizing) === undefined && jsonField === undefined;
  }

  /** One pass over some texts; what it met is reported at its end. */
  async *pass(name: string, chunks: (tally: Tally) => AsyncIterable<TokenChunk>): AsyncGenerator<TokenChunk> {
    const { onInvalid, onWarning } = this.options;
    const tally = new Tally();
    yield* chunks(tally);
    if (tally.invalid > 0) onInvalid?.(tally.invalid);
    const warning = this.isWarned ? undefined : tally.rows.warning(name);
    if (warning === undefined) return;
    this.isWarned = true;
    onWarning?.(warning);
  }

  /** The tokens of one text. */
  chunks(parts: AsyncIterable<Uint8Array>, name: string, tally: Tally): AsyncIterable<TokenChunk> {
    const bytes = this.check(parts, name, tally);
    if (this.isSimple) return whitespaceTokens(bytes);
    const { jsonField, missingField } = this.options;
    const lines = decodeLines(bytes);
    return this.tokens(jsonField === undefined ? lines : tally.rows.fields(lines, jsonField, name, missingField), name);
  }

  /** The tokens of texts, or tokens as they are. */
  tokens(texts: AsyncIterable<string | Sentence>, name: string): AsyncIterable<TokenChunk> {
    return stringCorpus(() => texts, name, this.tokenizing).chunks();
  }

  /** The bytes as they are. @throws FormatError for what is no text, or invalid UTF-8 that is to be refused */
  check(parts: AsyncIterable<Uint8Array>, name: string, tally: Tally): AsyncIterable<Uint8Array> {
    const text = refuseBinary(parts, name);
    const { invalid, onInvalid } = this.options;
    if (invalid !== "error" && onInvalid === undefined) return text;
    const count = (stretches: number) => {
      tally.invalid += stretches;
    };
    return checkUtf8(text, name, { invalid, onInvalid: count });
  }
}
