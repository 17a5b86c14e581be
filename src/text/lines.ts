// Text to tokens: bytes are checked and counted, then split into lines, then tokenized.

import { checkFunction, checkKnown, checkOneOf, show } from "../base/check.js";
import { blobPlace } from "./blob-place.js";
import { type InvalidOptions, Utf8Check } from "./check-utf8.js";
import type { Corpus } from "./corpus.js";
import { exampleCorpus } from "./examples.js";
import { type FieldOptions, Tally } from "./fields.js";
import { refuseBinary } from "./kind.js";
import type { Example } from "./labels.js";
import type { Parsing } from "./parser.js";
import { cut, type NamedText, PieceMemory, uncut } from "./pieces.js";
import { readHere, readThere } from "./readers.js";
import type { ReadingThreads } from "./reading-link.js";
import { type BytesRead, bytesOf, openBytes, type TextBytes } from "./source.js";
import { stringCorpus } from "./strings.js";
import { isIterable, makeTokenizer, TOKENIZE_OPTIONS, type TokenizeOptions } from "./tokenize.js";
import type { TokenChunk } from "./tokens.js";

/** How a text is read. */
export interface TextOptions extends TokenizeOptions, InvalidOptions, FieldOptions {
  /** Called with a message about what was skipped, once and not in each pass. */
  onWarning?: (message: string) => void;
}

export const TEXT_OPTIONS: readonly string[] = [
  ...TOKENIZE_OPTIONS,
  ...["invalid", "onInvalid", "jsonField", "labelField", "missingField", "onWarning"],
];

/**
 * A corpus of UTF-8 text, one sentence a line, tokens separated by ASCII whitespace unless the options say otherwise.
 * A byte order mark at the start is skipped. Each pass is assumed to give the same text; for a text that differs each time, pass
 * { ...textCorpus(open), isConstant: false }.
 * @param open gives the bytes from the start: an iterable of parts cut anywhere, a stream, a Blob or File, a fetch response, or a
 * promise of one of these. It is called once for each pass, with the signal that ends the pass, which it may pass on to fetch
 * @throws TypeError, RangeError for options. While it is read: FormatError for bytes that are not text (an archive, UTF-16,
 * binary data), for invalid UTF-8 if it is refused, and for lines that are not JSON
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
    chunks: (signal, threads) => {
      const texts = async function* () {
        const opened = await openBytes(open, name, read, signal);
        const place = async () => (opened instanceof Blob ? blobPlace(opened, read) : undefined);
        yield { name, bytes: bytesOf(opened, name, read, signal), place };
      };
      return reader.pass(name, (tally) => reader.read(texts(), tally, threads, signal));
    },
  };
}

/** @throws RangeError for "missingField" or "labelField" without an option that names the field of the text */
export function checkMissing({ missingField, jsonField, labelField }: TextOptions): void {
  if (labelField !== undefined && jsonField === undefined)
    throw new RangeError(
      '"labelField" goes with "jsonField", the field that holds the text: give both, or leave it out',
    );
  if (missingField !== undefined && jsonField === undefined)
    throw new RangeError(
      '"missingField" goes with the fields of "jsonField" or "column": give one of them, or leave it out',
    );
}

/** Reads texts with options that are checked once. */
export class TextReader {
  private readonly parsing: Parsing;
  private isWarned = false;

  /** @throws TypeError, RangeError */
  constructor(private readonly options: TextOptions) {
    const { jsonField, labelField, invalid = "replace", onInvalid, missingField, onWarning, ...tokenizing } = options;
    checkOneOf("invalid", invalid, ["replace", "error"]);
    if (missingField !== undefined) checkOneOf("missingField", missingField, ["error", "skip"]);
    checkFunction("onInvalid", onInvalid);
    checkFunction("onWarning", onWarning);
    for (const [option, field] of Object.entries({ jsonField, labelField }))
      if (field !== undefined && (typeof field !== "string" || field === ""))
        throw new TypeError(`"${option}" expected the name of a field, such as "text", got ${show(field)}`);
    // an iterable may give its words only once, and cannot be posted to a worker
    if (isIterable(tokenizing.stopWords)) tokenizing.stopWords = [...tokenizing.stopWords];
    makeTokenizer(tokenizing);
    const counts = invalid === "replace" && onInvalid !== undefined;
    this.parsing = { tokenizing, jsonField, labelField, missingField, invalid: counts ? "count" : invalid };
  }

  /** One pass over texts; its counts are reported at the end. */
  async *pass(name: string, chunks: (tally: Tally) => AsyncIterable<TokenChunk>): AsyncGenerator<TokenChunk> {
    const { onInvalid, onWarning } = this.options;
    const tally = new Tally();
    yield* chunks(tally);
    if (tally.invalid > 0) onInvalid?.(tally.invalid);
    const warning = this.isWarned ? undefined : tally.warning(name);
    if (warning === undefined) return;
    this.isWarned = true;
    onWarning?.(warning);
  }

  /** The tokens of texts, read by these threads if there are any. A tokenizer that is a function runs in this thread. */
  read(
    texts: AsyncIterable<NamedText>,
    tally: Tally,
    threads: ReadingThreads | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TokenChunk> {
    const { parsing } = this;
    const { tokenizing, jsonField } = parsing;
    if (threads === undefined || typeof tokenizing.tokenizer === "function")
      return readHere(uncut(texts), parsing, tally);
    const memory = new PieceMemory();
    const atLines = jsonField !== undefined || makeTokenizer(tokenizing) !== undefined;
    const pieces = cut(texts, atLines, memory);
    return readThere(pieces, parsing, tally, threads, memory, signal);
  }

  /** The tokens of texts that are strings. */
  tokens(texts: AsyncIterable<string>, name: string): AsyncIterable<TokenChunk> {
    return stringCorpus(() => texts, name, this.parsing.tokenizing).chunks();
  }

  /** The tokens of texts with labels. */
  labelledTokens(rows: AsyncIterable<Example>, name: string): AsyncIterable<TokenChunk> {
    return exampleCorpus(() => rows, name, this.parsing.tokenizing).chunks();
  }

  /** Yields the bytes unchanged. @throws FormatError for bytes that are not text, and for invalid UTF-8 if it is refused */
  async *check(parts: AsyncIterable<Uint8Array>, name: string, tally: Tally): AsyncGenerator<Uint8Array> {
    const { invalid } = this.parsing;
    const check = invalid === "replace" ? undefined : new Utf8Check(name, invalid === "error");
    for await (const part of refuseBinary(parts, name)) {
      tally.invalid += check?.add(part) ?? 0;
      yield part;
    }
    tally.invalid += check?.end() ?? 0;
  }
}
