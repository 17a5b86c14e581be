// Counts or refuses invalid UTF-8 in a stream of bytes.

import { FormatError } from "../base/errors.js";
import { joinBytes } from "./source.js";

export interface InvalidOptions {
  /** Invalid UTF-8: "replace" (default) by U+FFFD, or "error". */
  invalid?: "replace" | "error";
  /** Called at the end of each pass with the number of invalid byte sequences that were replaced, if any. */
  onInvalid?: (count: number) => void;
}

const REPLACEMENT = "\uFFFD";

/** Checks the bytes of a text, part by part. */
export class Utf8Check {
  private readonly fatal = new TextDecoder("utf-8", { fatal: true });
  /** the start of a character that the next part continues */
  private rest: Uint8Array = new Uint8Array();

  /** @param refuses whether invalid UTF-8 throws @param passed bytes of the text before the first part */
  constructor(
    private readonly name: string,
    private readonly refuses: boolean,
    private passed = 0,
  ) {}

  /** @returns invalid sequences in the part and in the unfinished character before it @throws FormatError if they are refused */
  add(part: Uint8Array): number {
    const bytes = this.rest.length > 0 ? joinBytes([this.rest, part]) : part;
    const end = bytes.length - unfinished(bytes);
    this.rest = bytes.slice(end);
    return this.check(bytes.subarray(0, end));
  }

  /** As add, for the unfinished character at the end. */
  end(): number {
    return this.check(this.rest);
  }

  private check(bytes: Uint8Array): number {
    const { passed } = this;
    this.passed += bytes.length;
    try {
      this.fatal.decode(bytes);
      return 0;
    } catch (cause) {
      if (this.refuses)
        throw new FormatError(
          `${this.name}: invalid UTF-8 between byte ${passed} and ${this.passed}: ` +
            'save the text as UTF-8, or set "invalid" to "replace"',
          { cause },
        );
      return replacements(new TextDecoder().decode(bytes)) - replacements(genuine(bytes));
    }
  }
}

function replacements(text: string): number {
  return text.split(REPLACEMENT).length - 1;
}

/** The characters U+FFFD that the text itself contains, EF BF BD. */
function genuine(bytes: Uint8Array): string {
  let found = "";
  for (let i = 0; i + 2 < bytes.length; i++)
    if (bytes[i] === 0xef && bytes[i + 1] === 0xbf && bytes[i + 2] === 0xbd) found += REPLACEMENT;
  return found;
}

/** Bytes at the end that may be the start of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}
