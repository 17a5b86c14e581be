// Invalid UTF-8, counted or refused while it passes.

import { FormatError } from "../math/error.js";
import { joinBytes } from "./source.js";

export interface InvalidOptions {
  /** Invalid UTF-8: "replace" (default) by U+FFFD, or "error". */
  invalid?: "replace" | "error";
  /** Called at the end of each pass with the number of stretches of bytes that were replaced, if any were. */
  onInvalid?: (count: number) => void;
}

const REPLACEMENT = "\uFFFD";

/**
 * Passes the bytes on as they are.
 * @throws FormatError for invalid UTF-8, if it is to be refused
 */
export async function* checkUtf8(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  { invalid = "replace", onInvalid }: InvalidOptions,
): AsyncGenerator<Uint8Array> {
  const fatal = new TextDecoder("utf-8", { fatal: true });
  /** the start of a character that the next part goes on with */
  let rest: Uint8Array = new Uint8Array();
  let passed = 0;
  let count = 0;
  const check = (bytes: Uint8Array) => {
    try {
      fatal.decode(bytes);
    } catch (cause) {
      if (invalid === "error")
        throw new FormatError(
          `${name}: invalid UTF-8 between byte ${passed} and ${passed + bytes.length}: ` +
            'save the text as UTF-8, or let "invalid" be "replace"',
          { cause },
        );
      count += replacements(new TextDecoder().decode(bytes)) - replacements(genuine(bytes));
    }
    passed += bytes.length;
  };
  for await (const part of parts) {
    const bytes = rest.length > 0 ? joinBytes([rest, part]) : part;
    const end = bytes.length - unfinished(bytes);
    check(bytes.subarray(0, end));
    rest = bytes.slice(end);
    yield part;
  }
  check(rest);
  if (count > 0) onInvalid?.(count);
}

function replacements(text: string): number {
  return text.split(REPLACEMENT).length - 1;
}

/** The characters U+FFFD that the text itself holds, EF BF BD. */
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
