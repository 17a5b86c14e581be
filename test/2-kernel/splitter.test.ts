// Splitting at whitespace, in wasm and in JavaScript, against a reference that works on whole texts.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Mark } from "../../assembly/params";
import { JsSplitter } from "../../src/text/js-splitter";
import { WasmSplitter, whitespaceSplitter } from "../../src/text/splitter";
import type { TextParser } from "../../src/text/tokens";

const binary = new WebAssembly.Module(readFileSync("build/split.wasm"));
const SPLITTERS: [string, () => TextParser][] = [
  ["wasm", () => new WasmSplitter(binary)],
  ["js", () => new JsSplitter()],
];
const LONGEST = 65_536;

interface Split {
  sentences: string[][];
  /** of the tokens, in each table */
  tables: (readonly string[])[];
}

/** @param cuts where parts end */
function splitBy(splitter: TextParser, bytes: Uint8Array, cuts: readonly number[]): Split {
  const sentences: string[][] = [[]];
  const tables: (readonly string[])[] = [];
  const take = ({ numbers, tokens }: ReturnType<TextParser["add"]>) => {
    if (tables.at(-1) !== tokens) tables.push(tokens);
    for (const number of numbers) {
      if (number === Mark.sentenceEnd) sentences.push([]);
      else sentences.at(-1)!.push(tokens[number]);
    }
  };
  splitter.begin(true);
  let from = 0;
  for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    for (; from < to; from = Math.min(to, from + splitter.step))
      take(splitter.add(bytes.subarray(from, Math.min(to, from + splitter.step))));
  }
  take(splitter.end(true));
  return { sentences, tables };
}

/** The tokens of each line, and what comes after the last; from the bytes as Latin-1. */
function expectedOf(bytes: Uint8Array): string[][] {
  const text = Buffer.from(bytes).toString("latin1");
  const body = text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text;
  const lines = body.split("\n");
  // the end of a text ends a sentence that has begun, be it with a mark alone
  if (text !== "" && !text.endsWith("\n")) lines.push("");
  return lines.map((line) =>
    line
      .split(/[ \t\v\f\r\0]/)
      .filter((token) => token !== "")
      .flatMap((token) =>
        Array.from({ length: Math.ceil(token.length / LONGEST) }, (_, i) =>
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(
            Buffer.from(token.slice(i * LONGEST, (i + 1) * LONGEST), "latin1"),
          ),
        ),
      ),
  );
}

const encode = (text: string) => new TextEncoder().encode(text);

const part = fc.oneof(
  fc
    .constantFrom(...["a", "cat", "naïve", "東京", "👩‍🚀", " ", "  ", "\n", "\t", "\r\n", "\0", "\v", "\f", "\ufeff"])
    .map(encode),
  fc
    .constantFrom(...["\x01", "\x08", "\x0e", "\x1f", "!", "\x7f", "\x80", "\xa0", "\xff"])
    .map((byte) => Uint8Array.of(byte.charCodeAt(0))),
  fc.integer({ min: 1, max: 40 }).map((length) => encode("x".repeat(length))),
  fc.uint8Array({ maxLength: 20 }),
);
const bytesAndCuts = fc
  .array(part, { maxLength: 60 })
  .map((parts) => Uint8Array.from(parts.flatMap((some) => [...some])))
  .chain((bytes) => fc.tuple(fc.constant(bytes), fc.array(fc.nat(bytes.length), { maxLength: 12 })));

describe.each(SPLITTERS)("%s", (_, start) => {
  it("splits any bytes, wherever they are cut", () => {
    const splitter = start();
    fc.assert(
      fc.property(bytesAndCuts, ([bytes, cuts]) => {
        expect(splitBy(splitter, bytes, cuts).sentences).toEqual(expectedOf(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("cuts what is too long for a token", () => {
    for (const length of [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 5 * LONGEST + 7])
      for (const text of [`${"x".repeat(length)} y`, `a ${"y".repeat(length)}`, `\ufeff${"z".repeat(length)}\n`])
        expect(splitBy(start(), encode(text), [100, 70_000]).sentences).toEqual(expectedOf(encode(text)));
  });

  it("gives each distinct token the next number, and never another", () => {
    const words = Array.from({ length: 60_000 }, (_, i) => `w${(i * 7919) % 20_000}`);
    const { tables } = splitBy(start(), encode(words.join(" ")), []);
    expect(tables).toEqual([[...new Set(words)]]);
  });

  it("begins a new table when one is full, of tokens or of their bytes", () => {
    const many = Array.from({ length: 600_000 }, (_, i) => i.toString(36));
    const long = Array.from({ length: 700 }, (_, i) => `${i}${"é".repeat(14_000)}`);
    for (const words of [many, long]) {
      const { sentences, tables } = splitBy(start(), encode(words.join(" ")), []);
      expect(sentences[0]).toEqual(words);
      if (words === many) expect(tables.length).toBe(3);
      for (const table of tables) expect(new Set(table).size).toBe(table.length);
    }
  });

  it("a text begins anew, whatever the one before left unfinished", () => {
    const splitter = start();
    splitter.begin(true);
    splitter.add(encode("one tw"));
    expect(splitBy(splitter, encode("o three"), []).sentences).toEqual([["o", "three"], []]);
    // a mark in the midst of a text belongs to its token
    splitter.begin(false);
    expect(splitter.add(encode("\ufeffx ")).tokens.at(-1)).toBe("\ufeffx");
  });
});

describe("whitespaceSplitter", () => {
  afterEach(() => void vi.unstubAllGlobals());

  /** What it gives where WebAssembly lacks something. */
  async function splitterWith(lacking: Partial<typeof WebAssembly>): Promise<string> {
    vi.resetModules();
    vi.stubGlobal("WebAssembly", { ...WebAssembly, CompileError: WebAssembly.CompileError, ...lacking });
    const { whitespaceSplitter: fresh } = await import("../../src/text/splitter");
    return fresh().constructor.name;
  }

  it("is wasm", () => expect(whitespaceSplitter()).toBeInstanceOf(WasmSplitter));

  it("is JavaScript where a policy forbids wasm, or there is no memory for it", async () => {
    const { CompileError, Module } = WebAssembly;
    const forbidden = function Module() {
      throw new CompileError("code generation disallowed");
    };
    const full = function Memory() {
      throw new RangeError("could not allocate memory");
    };
    expect(await splitterWith({ Module: forbidden as never })).toBe("JsSplitter");
    expect(await splitterWith({ Module, Memory: full as never })).toBe("JsSplitter");
  });
});
