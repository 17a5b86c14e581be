// The text of a training, which is read once: the first pass keeps its words as numbers, and later passes read these.

import { Mark } from "../../assembly/params.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import type { Corpus } from "./corpus.js";
import { Spool, type SpoolFile } from "./spool.js";
import { NumberTables, type TokenChunk } from "./tokens.js";
import { buildVocabulary, type Count, type Vocabulary, type VocabularyOptions } from "./vocabulary.js";

/** Where the numbers are kept. */
export interface SpoolPlace {
  /** most bytes in memory; the rest goes to the file */
  memory: number;
  open: () => Promise<SpoolFile>;
}

/** Words looked up between yields to the event loop. */
const LOOKED_UP = 32_768;

export class SpooledText {
  /** the pass that was kept: in numbers of words while the vocabulary is not known, then in word ids */
  private kept:
    | {
        spool: Spool;
        counted?: Pick<Count, "vocabulary" | "numbers" | "distinct">;
        vocabulary?: Vocabulary;
        ids?: Int32Array;
      }
    | undefined;

  /**
   * @param place undefined: every pass reads the corpus
   * @param onFailure called with a message if the file fails
   */
  constructor(
    readonly corpus: Corpus,
    private place: SpoolPlace | undefined,
    private readonly onFailure: (message: string) => void,
  ) {}

  /** Counts the words, as buildVocabulary does, and keeps the pass. */
  async count(options: VocabularyOptions, onTokens: (tokens: number) => void = () => {}): Promise<Count> {
    const recorder = await this.record();
    try {
      const count = await buildVocabulary(this.corpus, options, async (tokens, numbers) => {
        await recorder?.add(numbers);
        onTokens(tokens);
      });
      // the numbers of forgotten words were reused for others
      const spool = count.isWhole ? await recorder?.end() : undefined;
      this.kept = spool && { spool, counted: count };
      return count;
    } finally {
      await recorder?.discard();
    }
  }

  /**
   * The corpus in the words of a vocabulary. The first complete pass is kept, unless counting was.
   * @param passes how often the corpus will be read
   */
  async words(vocabulary: Vocabulary, passes = Number.POSITIVE_INFINITY): Promise<Corpus> {
    const { kept } = this;
    if (kept?.counted) {
      const { spool, counted } = kept;
      this.kept = { spool, vocabulary, ids: await idsOf(counted, vocabulary) };
    }
    const chunks = (signal?: AbortSignal) => {
      if (this.kept?.vocabulary === vocabulary) return this.replay(vocabulary, signal);
      return passes > 1 ? this.keep(vocabulary, signal) : this.corpus.chunks(signal);
    };
    return Object.create(this.corpus, { chunks: { value: chunks } });
  }

  /** Removes the kept pass. If that fails it is reported but not thrown, so that nothing trained is lost. */
  async remove(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.spool.remove().catch(({ message }: Error) => {
      this.onFailure(`the temporary file of word ids was not removed: ${message}`);
    });
  }

  /** A pass over the kept numbers. If reading them fails, the rest comes from the text. */
  private async *replay(vocabulary: Vocabulary, signal?: AbortSignal): AsyncGenerator<TokenChunk> {
    const { spool, ids } = this.kept!;
    const pieces = spool.read();
    let yielded = 0;
    for (;;) {
      const step = await this.tried(() => pieces.next());
      if (step === undefined) break;
      if (step.done) return;
      const numbers = ids ? translated(step.value, ids) : step.value;
      yielded += numbers.length;
      yield { numbers, tokens: vocabulary.words };
      await yieldToEventLoop();
    }
    await this.remove();
    for await (const { numbers, tokens } of this.known(vocabulary, signal)) {
      const rest = numbers.subarray(yielded);
      yielded -= numbers.length - rest.length;
      if (rest.length > 0) yield { numbers: rest, tokens };
    }
  }

  private async *keep(vocabulary: Vocabulary, signal?: AbortSignal): AsyncGenerator<TokenChunk> {
    const recorder = await this.record();
    try {
      for await (const chunk of this.known(vocabulary, signal)) {
        await recorder?.add(chunk.numbers);
        yield chunk;
      }
      const spool = await recorder?.end();
      this.kept = spool && { spool, vocabulary };
    } finally {
      await recorder?.discard();
    }
  }

  /** The text in word ids and marks. */
  private async *known(vocabulary: Vocabulary, signal?: AbortSignal): AsyncGenerator<TokenChunk> {
    const tables = new NumberTables();
    for await (const { numbers, tokens } of this.corpus.chunks(signal)) {
      const table = tables.of(tokens);
      const known = new Uint32Array(numbers.length);
      let count = 0;
      for (let i = 0; i < numbers.length; i++) {
        const number = numbers[i];
        if (number < Mark.least) {
          // id + 1, or −1
          if (table[number] === 0) table[number] = (vocabulary.id(tokens[number]) ?? -2) + 1;
          if (table[number] > 0) known[count++] = table[number] - 1;
        } else known[count++] = number;
      }
      yield { numbers: known.subarray(0, count), tokens: vocabulary.words };
    }
  }

  /** Begins to keep a pass, if there is a place for it. */
  private async record(): Promise<Recorder | undefined> {
    await this.remove();
    if (this.place === undefined) return undefined;
    const { memory, open } = this.place;
    return new Recorder(new Spool(memory, open), (step) => this.tried(step));
  }

  /** The result of a step, or undefined if it failed; after a failure nothing is kept. */
  private async tried<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      this.place = undefined;
      this.onFailure(`word ids are not kept, epochs read the text: ${(error as Error).message}`);
      return undefined;
    }
  }
}

/** Keeps one pass, unless something fails. */
class Recorder {
  constructor(
    private spool: Spool | undefined,
    private readonly tried: <T>(step: () => Promise<T>) => Promise<T | undefined>,
  ) {}

  async add(numbers: Uint32Array): Promise<void> {
    await this.attempt((spool) => spool.add(numbers));
  }

  /** Ends the pass. @returns its numbers, if they were kept */
  async end(): Promise<Spool | undefined> {
    await this.attempt((spool) => spool.seal());
    const { spool } = this;
    this.spool = undefined;
    return spool;
  }

  /** Discards an incomplete pass. */
  async discard(): Promise<void> {
    const { spool } = this;
    this.spool = undefined;
    await spool?.remove().catch(() => {}); // the disk has failed, which was reported
  }

  private async attempt(step: (spool: Spool) => Promise<void>): Promise<void> {
    const { spool } = this;
    if (spool === undefined) return;
    const done = await this.tried(() => step(spool).then(() => true));
    if (!done) await this.discard();
  }
}

/** The id of each number, or −1. @param vocabulary those of its words that the text has were all counted */
async function idsOf(
  { vocabulary: { words }, numbers, distinct }: Pick<Count, "vocabulary" | "numbers" | "distinct">,
  vocabulary: Vocabulary,
): Promise<Int32Array> {
  const ids = new Int32Array(distinct).fill(-1);
  for (let i = 0; i < words.length; i++) {
    ids[numbers[i]] = vocabulary.id(words[i]) ?? -1;
    if (i % LOOKED_UP === 0) await yieldToEventLoop();
  }
  return ids;
}

/** The ids of those numbers that have one, and marks. */
function translated(numbers: Uint32Array, ids: Int32Array): Uint32Array {
  const known = new Uint32Array(numbers.length);
  let count = 0;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    if (number >= Mark.least) known[count++] = number;
    else if (ids[number] >= 0) known[count++] = ids[number];
  }
  return known.subarray(0, count);
}
