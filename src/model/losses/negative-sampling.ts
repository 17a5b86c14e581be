// Negative sampling: a target against a few noise words. Kernels: assembly/loss-negative.ts, and cell.ts for the grid.

import { Loss, Param, Tile } from "../../../assembly/params.js";
import { blockSize } from "../../kernel/grid-layout.js";
import type { Layout, OutputLayer } from "../../kernel/layout.js";
import { type AliasTable, aliasTable } from "../../math/alias.js";
import { logisticLoss } from "../../math/scored-loss.js";
import type { OutputLoss } from "./output-loss.js";

export const negativeSampling: OutputLoss<"negative-sampling"> = {
  name: "negative-sampling",
  options: ["negatives", "noiseExponent"],
  outputRowsOf: "words",
  fitsGrid: true,
  estimate: ({ negatives }, { words }) => layerOf(negatives, words),
  prepare({ negatives, noiseExponent }, { words }, vocabulary) {
    return {
      ...layerOf(negatives, words),
      unlearntLoss: Math.LN2,
      write(buffer, layout) {
        writeLabels(buffer, layout, negatives);
        writeNoise(buffer, layout, vocabulary.noiseWeights(noiseExponent));
      },
    };
  },
  rowsAtOnce: ({ negatives }) => 1 + negatives,
  drawing({ negatives, noiseExponent }, vocabulary) {
    const { thresholds, aliases } = noiseTable(vocabulary.noiseWeights(noiseExponent));
    return (target, random) => {
      const rows = [target];
      for (let k = 0; k < negatives; k++) {
        const cell = random.below(thresholds.length);
        const word = random.next() < thresholds[cell] ? cell : aliases[cell];
        if (word !== target) rows.push(word);
      }
      return { rows, predictions: rows.length, loss: (scores) => logisticLoss(scores, (k) => k === 0) };
    };
  },
};

function layerOf(negatives: number, words: number): OutputLayer {
  const mostTargets = 1 + negatives;
  const tiles = Math.ceil(mostTargets / Tile.outputs);
  return {
    code: Loss.negativeSampling,
    mostTargets,
    listBytes: Tile.outputs * 4,
    tables: [
      [Param.labels, tiles * Tile.labels * 4],
      [Param.alias, words * 8],
    ],
  };
}

/** f32[tiles × Tile.labels]: the positive first, noise words 0, and ½ where a slot holds no prediction. */
function writeLabels(buffer: ArrayBufferLike, { tables, tiles }: Layout, negatives: number): void {
  const labels = new Float32Array(buffer, tables[Param.labels], tiles * Tile.labels).fill(0.5);
  for (let k = 0; k <= negatives; k++)
    labels[Math.floor(k / Tile.outputs) * Tile.labels + (k % Tile.outputs)] = k === 0 ? 1 : 0;
}

/** The alias table { threshold u32, alias u32 }[…] of all words, or one for each block. */
function writeNoise(buffer: ArrayBufferLike, { tables, grid }: Layout, weights: Float64Array): void {
  const blocks = grid?.blocks ?? 1;
  const cells = new Uint32Array(buffer, tables[Param.alias], 2 * weights.length);
  let start = 0;
  for (let block = 0; block < blocks; block++) {
    const size = blockSize(blocks, weights.length, block);
    const blockWeights = Float64Array.from({ length: size }, (_, row) => weights[row * blocks + block]);
    const { thresholds, aliases } = noiseTable(blockWeights);
    for (let i = 0; i < size; i++) {
      cells[start++] = thresholds[i];
      cells[start++] = aliases[i];
    }
  }
}

function noiseTable(weights: Float64Array): AliasTable {
  // words with count 0 only: any of them will do
  return aliasTable(weights.some((weight) => weight > 0) ? weights : weights.fill(1));
}
