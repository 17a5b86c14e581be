// Which sentences of a text are held out: they are not trained on, and tell how well training predicts what it has not seen.

import { Mark } from "../../assembly/params.js";
import { Fingerprint } from "../base/fingerprint.js";

/** Words of what is held out whose loss is computed, at most: some tenths of a second. */
const SAMPLE_WORDS = 20_000;

/**
 * Chooses the sentences of one pass by their numbers alone, evenly over the text. Of what it takes it keeps a sample: all, or
 * every second sentence, or every fourth, and so on.
 */
export class ValidationSplit {
  /** sentences so far that have words of the vocabulary; longer than maxSentenceLength, each part is one */
  sentences = 0;
  /** sentences and words that are held out */
  heldOut = 0;
  words = 0;
  /** word ids of the sample */
  sample: Uint32Array[] = [];
  private sampleWords = 0;
  private every = 1;
  private readonly taken = new Fingerprint();

  /** @param share of the sentences, 0 to ½ */
  constructor(readonly share: number) {}

  /** Whether the next sentence is held out. @param ids its words and marks */
  takes(ids: Uint32Array): boolean {
    const before = Math.floor(this.sentences++ * this.share);
    if (Math.floor(this.sentences * this.share) === before) return false;
    const words = ids.filter((id) => id < Mark.least);
    this.words += words.length;
    this.taken.add(ids);
    if (this.heldOut++ % this.every === 0) this.keep(words.slice(0, SAMPLE_WORDS));
    return true;
  }

  /** Of all that is held out: see Fingerprint. */
  get fingerprint(): string {
    return this.taken.value;
  }

  private keep(words: Uint32Array): void {
    this.sample.push(words);
    this.sampleWords += words.length;
    while (this.sampleWords > SAMPLE_WORDS) {
      this.sample = this.sample.filter((_, i) => i % 2 === 0);
      this.sampleWords = this.sample.reduce((sum, { length }) => sum + length, 0);
      this.every *= 2;
    }
  }
}
