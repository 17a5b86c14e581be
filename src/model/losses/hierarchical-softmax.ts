// Hierarchical softmax: the inner nodes on the way to a target in a Huffman tree. Kernels: assembly/loss-tree.ts.

import { Loss, Param, Tile } from "../../../assembly/params.js";
import type { Layout, OutputLayer } from "../../kernel/layout.js";
import { type HuffmanTree, huffmanTree } from "../../math/huffman.js";
import { logisticLoss } from "../../math/scored-loss.js";
import type { OutputLoss } from "./output-loss.js";

export const hierarchicalSoftmax: OutputLoss<"hierarchical-softmax"> = {
  name: "hierarchical-softmax",
  options: [],
  outputRowsOf: "the inner nodes of a tree",
  fitsGrid: false,
  estimate(_options, { words }) {
    const levels = Math.ceil(Math.log2(words)) + 1;
    // codes of word counts: on average a level more than the logarithm, the longest half as long again
    return layerOf({ words, depth: Math.ceil(1.5 * levels), bits: words * (levels + 1) });
  },
  prepare(_options, _shape, { counts }) {
    const tree = huffmanTree(counts);
    return {
      ...layerOf(tree),
      // a bit at each node of the longest path: which words a text has is not known here
      unlearntLoss: Math.LN2 * Math.max(1, tree.depth),
      write: (buffer, layout) => writePaths(buffer, layout, tree),
    };
  },
  // about log₂ of the words, the same on every engine
  rowsAtOnce: (_options, words) => 32 - Math.clz32(words),
  drawing(_options, { counts }) {
    const tree = huffmanTree(counts);
    return (target) => {
      const { nodes, code } = tree.path(target);
      return { rows: nodes, predictions: 1, loss: (scores) => logisticLoss(scores, (j) => code[j] === 0) };
    };
  },
};

/** @param tree bits of the longest code and of all codes */
function layerOf({ words, depth, bits }: Pick<HuffmanTree, "words" | "depth" | "bits">): OutputLayer {
  return {
    code: Loss.hierarchicalSoftmax,
    // the only word of a vocabulary has no node, and a slot of padding
    mostTargets: Math.max(depth, 1),
    // paths differ in length: each prediction has labels of its own
    listBytes: (Tile.outputs + Tile.labels) * 4,
    tables: [
      [Param.pathStarts, (words + 1) * 4],
      [Param.paths, bits * 4],
    ],
  };
}

/** Where each path begins, u32[words + 1], and the paths, u32[bits]: inner node × 2 + bit. */
function writePaths(buffer: ArrayBufferLike, { tables }: Layout, tree: HuffmanTree): void {
  const starts = new Uint32Array(buffer, tables[Param.pathStarts], tree.words + 1);
  const paths = new Uint32Array(buffer, tables[Param.paths], tree.bits);
  let end = 0;
  for (let word = 0; word < tree.words; word++) {
    const { nodes, code } = tree.path(word);
    nodes.forEach((node, j) => {
      paths[end++] = 2 * node + code[j];
    });
    starts[word + 1] = end;
  }
}
