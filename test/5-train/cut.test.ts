// How words are cut into blocks, and text into chunks that their memory holds.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { BLOCK_ROWS, rowsOfBlock } from "../../src/kernel/grid-layout";
import { shapeOf } from "../../src/model/spec";
import { BATCH_WORDS, type Batch } from "../../src/text/encode";
import { ChunkRoom } from "../../src/train/execution/chunk-room";
import { blocksOf, chunkWordsOf, cutText, pairsOf } from "../../src/train/execution/cut";

const evenShape = (size: number) => shapeOf({ size });

type CutOptions = Parameters<typeof cutText>[0];

describe("blocksOf", () => {
  it("has blocks enough for rows that are not of words", () => {
    expect(blocksOf({ words: 1000, inputRows: 2_000_000, outputRows: 1000 })).toBe(32);
    expect(blocksOf({ words: 1000, inputRows: 1000, outputRows: 8 * BLOCK_ROWS + 1 })).toBe(16);
  });

  it.each([
    [2, 1],
    [511, 1],
    [512, 2],
    [1023, 2],
    [1024, 4],
    [2048, 8],
    [131_071, 8],
    [131_072, 16],
    [2 ** 20, 16],
    [2 ** 20 + 1, 32],
    [2 ** 24, 256],
  ])("cuts %i words into %i", (words, blocks) => {
    expect(blocksOf(evenShape(words))).toBe(blocks);
  });

  it.each([
    [125_433, 16, 16],
    [125_433, 32, 32],
    [125_433, 24, 16],
    [1_000, 16, 2],
    [2 ** 24, 16, 256],
  ])("cuts %i words into %i parts, or %i", (words, parts, blocks) => {
    expect(blocksOf(evenShape(words), parts)).toBe(blocks);
  });

  it("is a power of two, grows with the words, and its rows fit into 16 bits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2 ** 24 }), fc.integer({ min: 0, max: 1000 }), (words, more) => {
        const blocks = blocksOf(evenShape(words));
        expect(Number.isInteger(Math.log2(blocks))).toBe(true);
        expect(rowsOfBlock(blocks, words)).toBeLessThanOrEqual(BLOCK_ROWS);
        expect(blocks * rowsOfBlock(blocks, words)).toBeGreaterThanOrEqual(words);
        expect(blocksOf(evenShape(Math.min(2 ** 24, words + more)))).toBeGreaterThanOrEqual(blocks);
      }),
      { examples: [2, 255, 256, 131_071, 131_072, 2 ** 20, 2 ** 20 + 1, 2 ** 24].map((words) => [words, 1]) },
    );
  });
});

describe("chunkWordsOf", () => {
  it.each<[string, { parts?: number }, number]>([
    ["a tenth", {}, 10],
    ["with parts a fifteenth", { parts: 16 }, 15],
  ])("is %s of the text, up to a limit", (_, options, chunks) => {
    expect(chunkWordsOf(3000, 250_000, options)).toBe(3000 / chunks);
    expect(chunkWordsOf(250_000 * chunks - 1, 250_000, options)).toBe(249_999);
    expect(chunkWordsOf(10 ** 9, 250_000, options)).toBe(250_000);
    expect(chunkWordsOf(Number.POSITIVE_INFINITY, 250_000, options)).toBe(250_000);
    expect(chunkWordsOf(3, 250_000, options)).toBe(0);
  });
});

describe("pairsOf", () => {
  /** Pairs of a sentence whose windows have all their words. */
  function counted(length: number, left: number, right: number): number {
    let pairs = 0;
    for (let centre = 0; centre < length; centre++)
      for (let other = 0; other < length; other++)
        if (other !== centre && other >= centre - left && other <= centre + right) pairs++;
    return pairs;
  }

  it("counts the pairs of windows of full width", () => {
    for (let length = 0; length < 12; length++)
      for (let left = 0; left < 14; left++)
        for (let right = 0; right < 14; right++)
          expect(pairsOf(length, { windowLeft: left, windowRight: right })).toBe(counted(length, left, right));
  });

  it("is no less for a longer sentence, nor for a wider window", () => {
    const size = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(size, size, size, (length, windowLeft, windowRight) => {
        const pairs = pairsOf(length, { windowLeft, windowRight });
        expect(pairsOf(length + 1, { windowLeft, windowRight })).toBeGreaterThanOrEqual(pairs);
        expect(pairsOf(length, { windowLeft: windowLeft + 1, windowRight })).toBeGreaterThanOrEqual(pairs);
        expect(pairs).toBeLessThanOrEqual(length * (windowLeft + windowRight));
      }),
    );
  });
});

/** A batch of sentences of so many words. */
function batchOf(lengths: readonly number[]): Batch {
  const words = lengths.reduce((sum, length) => sum + length, 0);
  const ids = new Uint32Array(words + lengths.length);
  let at = 0;
  for (const length of lengths) {
    at += length;
    ids[at++] = Mark.sentenceEnd;
  }
  return { ids, words };
}

describe("cutText", () => {
  const window = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 100_000 }));
  const options: fc.Arbitrary<CutOptions> = fc
    .record({
      windowLeft: window,
      windowRight: window,
      windowWeights: fc.constantFrom<number[]>([], [1]),
      sharedNegatives: fc.boolean(),
      maxSentenceLength: fc.oneof(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 1_000_000 })),
      maxn: fc.constantFrom(0, 6),
    })
    .filter(({ windowLeft, windowRight }) => windowLeft + windowRight > 0);
  const words = fc.oneof(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 2, max: 2 ** 24 }));
  const totalWords = fc.oneof(fc.integer({ min: 2, max: 10 ** 10 }), fc.constant(Number.POSITIVE_INFINITY));

  const given = {
    windowLeft: 5,
    windowRight: 5,
    windowWeights: [],
    sharedNegatives: true,
    maxSentenceLength: 10_000,
    maxn: 0,
  };

  it("says what it is given", () => {
    expect(cutText(given, evenShape(60_000), 12_000_000)).toMatchObject({
      shape: {
        blocks: 8,
        tile: 16,
        chunkWords: 1_200_000,
        pairSize: 4,
        holds: { chunks: true, blocks: { inputs: 8, outputs: 8 } },
      },
      batchWords: BATCH_WORDS,
      maxSentenceLength: 10_000,
    });
    expect(cutText({ ...given, sharedNegatives: false }, evenShape(60_000), 12_000_000).shape.tile).toBe(1);
    expect(cutText({ ...given, windowWeights: [1, 1, 1, 1, 1] }, evenShape(60_000), 12_000_000).shape.pairSize).toBe(8);
    // whole baskets as windows: shorter batches and sentences, for as many pairs
    const baskets = cutText({ ...given, windowLeft: 1000, windowRight: 1000 }, evenShape(4000), 10 ** 9);
    expect(baskets).toMatchObject({ batchWords: 8388, maxSentenceLength: 8388 });
  });

  it("makes other chunks for parts: a fifteenth, more pairs, whatever the blocks", () => {
    const cut = (size: number, total: number, more = {}) =>
      cutText({ ...given, parts: 16, ...more }, evenShape(size), total).shape;
    expect(cut(125_433, 48_000_000)).toMatchObject({ blocks: 16, chunkWords: 3_200_000 });
    expect(cut(125_433, 10 ** 9)).toMatchObject({ blocks: 16, chunkWords: Math.floor(2 ** 26 / 10) });
    // with narrow windows the words end it
    expect(cut(125_433, 10 ** 9, { windowLeft: 2, windowRight: 2 }).chunkWords).toBe(8_000_000);
    // without parts 256 blocks make a chunk four times as long
    expect(cut(2 ** 24, 10 ** 9)).toMatchObject({ blocks: 256, chunkWords: Math.floor(2 ** 26 / 10) });
    expect(cut(2 ** 24, 10 ** 9, { parts: undefined }).chunkWords).toBe(6_400_000);
  });

  it("holds the worst batch, with any window", () => {
    fc.assert(
      fc.property(options, words, totalWords, fc.integer({ min: 1, max: 10_000 }), (given, size, total, seed) => {
        const { shape, batchWords, maxSentenceLength } = cutText(given, evenShape(size), total);
        const most = Math.max(batchWords, maxSentenceLength);
        expect(maxSentenceLength).toBeLessThanOrEqual(given.maxSentenceLength);
        expect(Math.min(batchWords, maxSentenceLength, shape.batches, shape.blocks)).toBeGreaterThan(0);
        // a sentence each; all words one to a sentence; and something between
        const long = Array<number>(Math.floor(most / maxSentenceLength)).fill(maxSentenceLength);
        const short = Array<number>(most).fill(1);
        const between = Array<number>(Math.floor(most / (1 + (seed % maxSentenceLength)))).fill(
          1 + (seed % maxSentenceLength),
        );
        for (const lengths of [long, short, between]) {
          const { ids } = batchOf(lengths);
          expect(ids.length).toBeLessThanOrEqual(shape.entries);
          const pairs = lengths.reduce((sum, length) => sum + pairsOf(length, given), 0);
          expect(pairs).toBeLessThanOrEqual(shape.pairs);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("holds each chunk that the runner makes of any batches", () => {
    fc.assert(
      fc.property(
        options,
        words,
        totalWords,
        fc.array(fc.tuple(fc.double({ min: 0.02, max: 1, noNaN: true }), fc.integer({ min: 1, max: 40 })), {
          minLength: 1,
          maxLength: 80,
        }),
        (given, size, total, drawn) => {
          const { shape, batchWords, maxSentenceLength } = cutText(given, evenShape(size), total);
          const room = new ChunkRoom(shape, given, shape.chunkWords);
          let chunk: Batch[] = [];
          const sum = (of: (batch: Batch) => number) => chunk.reduce((all, batch) => all + of(batch), 0);
          const pairs = ({ ids }: Batch) => {
            let [count, start] = [0, 0];
            ids.forEach((id, at) => {
              if (id !== Mark.sentenceEnd) return;
              count += pairsOf(at - start, given);
              start = at + 1;
            });
            return count;
          };
          for (const [share, sentence] of drawn) {
            // as the encoder makes them: full, or a sentence that is longer
            const length = Math.min(sentence, maxSentenceLength);
            const count = Math.max(1, Math.floor((share * Math.min(batchWords, 2000)) / length));
            const batch = batchOf(Array(count).fill(length));
            if (chunk.length > 0 && !room.fits(batch, chunk)) chunk = [];
            chunk.push(batch);
            expect(chunk.length).toBeLessThanOrEqual(shape.batches);
            expect(sum(({ ids }) => ids.length)).toBeLessThanOrEqual(shape.entries);
            expect(sum(pairs)).toBeLessThanOrEqual(shape.pairs);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("takes marks for entries of a chunk, not for words of its windows", () => {
    const sides = { windowLeft: 2, windowRight: 2 };
    const { shape } = cutText(
      { ...sides, windowWeights: [], sharedNegatives: true, maxSentenceLength: 50, maxn: 0 },
      evenShape(600),
      1000,
    );
    const marks = [Mark.document | 7, Mark.label | 1, Mark.label | 2];
    const batch = { ids: Uint32Array.of(marks[0], 1, 2, 3, ...marks.slice(1), 4, 5, Mark.sentenceEnd), words: 5 };
    const fits = (room: { entries: number; pairs: number }) =>
      new ChunkRoom({ ...shape, ...room }, sides, 100).fits(batch, [batch]);
    const room = { entries: 18, pairs: 2 * pairsOf(5, sides) };
    expect(fits(room)).toBe(true);
    expect(fits({ ...room, entries: 17 })).toBe(false);
    expect(fits({ ...room, pairs: room.pairs - 1 })).toBe(false);
  });
});
