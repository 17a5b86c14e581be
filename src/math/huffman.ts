// The Huffman tree of hierarchical softmax.

import type { Path } from "./loss.js";

/** The binary tree with the least mean depth, weighted by counts. */
export class HuffmanTree {
  /** Bits of the longest code. */
  readonly depth: number;
  /** Sum of the bits of all codes. */
  readonly bits: number;

  /** @internal use huffmanTree. parents: of each node, words first, then inner nodes; the last is the root */
  constructor(
    readonly words: number,
    private readonly parents: Uint32Array,
    private readonly branches: Uint8Array,
  ) {
    // parents come after their children, so this goes from the root down
    const depths = new Uint32Array(parents.length);
    for (let node = parents.length - 2; node >= 0; node--) depths[node] = depths[parents[node]] + 1;
    this.depth = depths.subarray(0, words).reduce((a, b) => Math.max(a, b), 0);
    this.bits = depths.subarray(0, words).reduce((a, b) => a + b, 0);
  }

  /** The inner nodes from the root to the word, numbered from 0, and the branch at each. */
  path(word: number): Path {
    const nodes: number[] = [];
    const code: number[] = [];
    const root = this.parents.length - 1;
    for (let node = word; node !== root; node = this.parents[node]) {
      nodes.push(this.parents[node] - this.words);
      code.push(this.branches[node]);
    }
    return { nodes: nodes.reverse(), code: code.reverse() };
  }
}

/**
 * Builds the tree in linear time from two queues: the words by rising count, and the inner nodes as they are made (van Leeuwen 1976).
 * On equal counts an inner node goes before a word, and a later word before an earlier one, as in word2vec.c. The node taken
 * second has bit 1. Node n − 2, the last of the n − 1 inner nodes, is the root.
 * @param counts of the words, not rising; at least one word
 * @throws RangeError if they rise or there are none
 */
export function huffmanTree(counts: ArrayLike<number>): HuffmanTree {
  const words = counts.length;
  if (words === 0) throw new RangeError("a Huffman tree expected at least one word, got none");
  const weights = new Float64Array(2 * words - 1);
  for (let word = 0; word < words; word++) {
    weights[word] = counts[word];
    if (word > 0 && !(counts[word] <= counts[word - 1]))
      throw new RangeError(
        `counts expected the most frequent word first, got ${counts[word - 1]} before ${counts[word]} (word ${word})`,
      );
  }
  const parents = new Uint32Array(weights.length);
  const branches = new Uint8Array(weights.length);
  let word = words - 1;
  let inner = words;
  for (let made = words; made < weights.length; made++) {
    const takeLeast = () => (word >= 0 && (inner === made || weights[word] < weights[inner]) ? word-- : inner++);
    const first = takeLeast();
    const second = takeLeast();
    weights[made] = weights[first] + weights[second];
    parents[first] = made;
    parents[second] = made;
    branches[second] = 1;
  }
  return new HuffmanTree(words, parents, branches);
}
