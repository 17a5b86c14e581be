// What a chunk of the grid can hold, and where its batches lie in it.

import { Mark } from "../../../assembly/params.js";
import type { Grid } from "../../kernel/grid-layout.js";
import type { Batch } from "../../text/encode.js";
import type { ChunkTask } from "./cells.js";
import { pairsOf } from "./cut.js";
import type { Chunk } from "./runner.js";

interface Windows {
  windowLeft: number;
  windowRight: number;
}

export class ChunkRoom {
  /** pairs that batches have at most */
  private readonly pairs = new WeakMap<Batch, number>();

  /** @param words of a chunk, unless its first batch has more */
  constructor(
    private readonly grid: Pick<Grid, "batches" | "entries" | "pairs">,
    private readonly windows: Windows,
    private readonly words: number,
  ) {}

  /** Whether a batch can be one of a chunk that has some. */
  fits(batch: Batch, chunk: readonly Batch[]): boolean {
    const all = [...chunk, batch];
    const sum = (of: (batch: Batch) => number) => all.reduce((total, one) => total + of(one), 0);
    return (
      all.length <= this.grid.batches &&
      sum(({ words }) => words) <= this.words &&
      sum(({ ids }) => ids.length) <= this.grid.entries &&
      sum((one) => this.pairsOf(one)) <= this.grid.pairs
    );
  }

  /** Where the batches of a chunk lie. @param number of the chunk in the run */
  place({ epoch, first, learningRate, batches }: Chunk, number: number): ChunkTask {
    let [at, pairs] = [0, 0];
    const places = batches.map((batch) => {
      const place = { at, length: batch.ids.length, pairs };
      at += place.length;
      pairs += this.pairsOf(batch);
      return place;
    });
    return { number, epoch, first, learningRate, batches: places };
  }

  private pairsOf(batch: Batch): number {
    const known = this.pairs.get(batch);
    if (known !== undefined) return known;
    const pairs = pairsOfBatch(batch.ids, this.windows);
    this.pairs.set(batch, pairs);
    return pairs;
  }
}

/** Lays the ids of a chunk where all threads read them, or in an array of their own. */
export function layIds(
  { batches }: Chunk,
  { number, batches: places }: ChunkTask,
  grid: Grid,
  memory?: WebAssembly.Memory,
): Uint32Array<ArrayBufferLike> {
  const last = places[places.length - 1];
  const length = last.at + last.length;
  const ids = memory
    ? new Uint32Array(memory.buffer, grid.chunks[number % grid.chunks.length].ids, length)
    : new Uint32Array(length);
  places.forEach(({ at }, i) => ids.set(batches[i].ids, at));
  return ids;
}

function pairsOfBatch(ids: Uint32Array, windows: Windows): number {
  let pairs = 0;
  let words = 0;
  for (const entry of ids) {
    if (entry < Mark.least) words++;
    if (entry !== Mark.sentenceEnd) continue;
    pairs += pairsOf(words, windows);
    words = 0;
  }
  return pairs;
}
