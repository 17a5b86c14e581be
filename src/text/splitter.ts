// UTF-8 to tokens: a line is a sentence, whitespace separates its tokens, as in word2vec.c and fastText. In wasm: assembly/split.ts.

import { SplitAbi, SplitPlace, SplitSize } from "../../assembly/split-params.js";
import split from "../../build/split.wasm";
import { checkAbi, linkWasm } from "../kernel/compile.js";
import { fromBase64 } from "../kernel/embedded.js";
import { JsSplitter } from "./js-splitter.js";
import { CAPACITY, type TextParser, type TokenChunk } from "./tokens.js";
import { NEWLINE } from "./whitespace.js";

/** The functions that assembly/split.ts exports. Pointers are i32. */
interface Split {
  abi(): number;
  split(length: number): number;
  clear(): void;
}

/** Bytes of a page of wasm memory, and the most pages that the binary allows, which are never all needed. */
const PAGE = 65_536;
const MAXIMUM = 512;

/** Bytes of a table's tokens, beyond which a new table begins. */
const TEXT_CAPACITY = 2 ** 24;

/** Most bytes of a step's tokens: the step and its rest, a newline after each token, and 16 bytes that loads may read past the end. */
const STEP_TEXT = 2 * (SplitSize.step + SplitSize.longest) + 16;

let binary: WebAssembly.Module | undefined;

/** A splitter in wasm, or in JavaScript if a policy forbids wasm. */
export function whitespaceSplitter(): TextParser {
  if (typeof WebAssembly === "undefined") return new JsSplitter();
  try {
    binary ??= new WebAssembly.Module(fromBase64(split));
    return new WasmSplitter(binary);
  } catch (error) {
    // a RangeError: there is no memory for the instance
    if (isNoWasm(error) || error instanceof RangeError) return new JsSplitter();
    throw error;
  }
}

/** WebKit compiles what a policy forbids, and linking it fails for that reason. */
function isNoWasm(error: unknown): boolean {
  return [error, (error as Error).cause].some((one) => one instanceof WebAssembly.CompileError);
}

/** @internal */
export class WasmSplitter implements TextParser {
  readonly step = SplitSize.step;
  private readonly memory: WebAssembly.Memory;
  private readonly kernel: Split;
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  private tokens: string[] = [];
  private bytes!: Uint8Array;
  private words!: Uint32Array;

  constructor(binary: WebAssembly.Module) {
    this.memory = new WebAssembly.Memory({
      initial: Math.ceil((SplitPlace.text + STEP_TEXT) / PAGE),
      maximum: MAXIMUM,
    });
    this.kernel = linkWasm<Split>("split", binary, this.memory);
    checkAbi("split", this.kernel, SplitAbi.version);
    this.view();
    this.kernel.clear();
  }

  begin(isStart: boolean): void {
    this.set(SplitPlace.rest, 0);
    this.set(SplitPlace.inSentence, 0);
    this.set(SplitPlace.isFirst, Number(isStart));
  }

  add(piece: Uint8Array): TokenChunk {
    const before = this.makeRoom();
    const { bytes, words, tokens } = this;
    const rest = this.get(SplitPlace.rest);
    bytes.set(piece, SplitPlace.bytes + rest);
    const end = this.kernel.split(rest + piece.length) >>> 0;
    const after = this.get(SplitPlace.textEnd);
    if (after > before) {
      // without the newline after the last token
      for (const token of this.decoder.decode(bytes.subarray(before, after - 1)).split("\n")) tokens.push(token);
    }
    return { numbers: words.subarray(SplitPlace.numbers / 4, end / 4), tokens };
  }

  end(isText: boolean): TokenChunk {
    const isOpen = this.get(SplitPlace.inSentence) > 0 || this.get(SplitPlace.rest) > 0;
    return this.add(isText && isOpen ? Uint8Array.of(NEWLINE) : new Uint8Array());
  }

  /** Makes room for the tokens of a step, in a new table if this one is full. @returns where their bytes begin */
  private makeRoom(): number {
    let end = this.get(SplitPlace.textEnd);
    if (this.tokens.length >= CAPACITY || end > SplitPlace.text + TEXT_CAPACITY) {
      this.kernel.clear();
      this.tokens = [];
      end = SplitPlace.text;
    }
    const missing = end + STEP_TEXT - this.bytes.length;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE));
      this.view();
    }
    return end;
  }

  private view(): void {
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
  }

  private get(place: SplitPlace): number {
    return this.words[place / 4];
  }

  private set(place: SplitPlace, value: number): void {
    this.words[place / 4] = value;
  }
}
