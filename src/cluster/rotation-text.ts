// The text of a run as a worker reads it: the batches of each rotation, which must be those of the driver.

import { taskQueue } from "../base/event-loop.js";
import { Fingerprint } from "../base/fingerprint.js";
import type { Corpus } from "../text/corpus.js";
import { type Batch, encode } from "../text/encode.js";
import { ValidationSplit } from "../text/validation-split.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { TextDiffersError } from "./recipe.js";
import type { Rotation } from "./records.js";

/** Rotations whose batches are held, for rows that lag behind others. */
const HELD = 3;

interface Reading {
  corpus: Corpus;
  vocabulary: Vocabulary;
  batchWords: number;
  maxSentenceLength: number;
  /** sentences that are held out */
  share: number;
}

export class RotationText {
  /** batches read so far, in all passes */
  read = 0;
  private pass: { epoch: number; next: number; batches: AsyncGenerator<Batch> } | undefined;
  private readonly held = new Map<number, Promise<Batch[]>>();
  private readonly inOrder = taskQueue();

  constructor(private readonly reading: Reading) {}

  /** @throws TextDiffersError if the text here is not the driver's; what reading throws */
  batches(number: number, rotation: Rotation): Promise<Batch[]> {
    const known = this.held.get(number);
    if (known) return known;
    // taskQueue fails for good after a failure, a text may be read again
    const batches = this.inOrder(() =>
      this.find(rotation).then(
        (value) => ({ value }),
        (reason: unknown) => ({ reason }),
      ),
    ).then((result) => {
      if ("value" in result) return result.value;
      this.held.delete(number);
      throw result.reason;
    });
    this.held.set(number, batches);
    for (const old of this.held.keys()) if (old <= number - HELD) this.held.delete(old);
    return batches;
  }

  async close(): Promise<void> {
    const { pass } = this;
    this.pass = undefined;
    await pass?.batches.return(undefined);
  }

  /** Ends a pass that has been read to its last batch, so that it is kept; breaks off another one. */
  private async endPass(epoch: number): Promise<void> {
    const { pass } = this;
    if (pass === undefined || pass.epoch >= epoch || !(await pass.batches.next()).done) await this.close();
    this.pass = undefined;
  }

  /** What fails ends the pass, so that its files are closed, and the next one begins anew. */
  private async find(rotation: Rotation): Promise<Batch[]> {
    try {
      return await this.next(rotation);
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  private async next({ epoch, first, batches: count, fingerprint }: Rotation): Promise<Batch[]> {
    const pass = await this.passTo(epoch, first);
    const batches: Batch[] = [];
    const seen = new Fingerprint();
    while (batches.length < count) {
      const { done, value } = await pass.batches.next();
      if (done) break;
      pass.next++;
      this.read++;
      seen.add(value.ids);
      batches.push(value);
    }
    if (batches.length === count && seen.value === fingerprint) return batches;
    const what = batches.length < count ? `it ends ${count - batches.length} batches early` : "its words are others";
    throw new TextDiffersError(
      `${this.reading.corpus.name} is not the text of the driver: in epoch ${epoch}, from batch ${first} on, ${what}; ` +
        "give all machines the same files",
    );
  }

  /** A pass over an epoch that stands at a batch. */
  private async passTo(epoch: number, first: number) {
    if (this.pass === undefined || this.pass.epoch !== epoch || this.pass.next > first) {
      await this.endPass(epoch);
      const { corpus, vocabulary, maxSentenceLength, batchWords, share } = this.reading;
      const split = share > 0 ? new ValidationSplit(share) : undefined;
      this.pass = { epoch, next: 0, batches: encode(corpus, vocabulary, maxSentenceLength, batchWords, split) };
    }
    const { pass } = this;
    while (pass.next < first && !(await pass.batches.next()).done) {
      pass.next++;
      this.read++;
    }
    return pass;
  }
}
