import { Mark } from "../../assembly/params.js";

/** Counts how often each token number occurs in a chunk. */
export class Occurrences {
  /** of each number; all 0 between calls */
  private counts = new Uint32Array(1024);

  /** { number, count }[…] in the order of first occurrence. @param tokens size of their table */
  of(numbers: Uint32Array, tokens: number): Uint32Array<ArrayBuffer> {
    if (tokens > this.counts.length) this.counts = new Uint32Array(2 * tokens);
    const { counts } = this;
    const found = new Uint32Array(2 * Math.min(numbers.length, tokens));
    let end = 0;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i];
      if (number >= Mark.least) continue;
      if (counts[number]++ > 0) continue;
      found[end] = number;
      end += 2;
    }
    for (let i = 0; i < end; i += 2) {
      found[i + 1] = counts[found[i]];
      counts[found[i]] = 0;
    }
    return found.slice(0, end);
  }
}
