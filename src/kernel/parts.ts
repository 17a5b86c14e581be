// What rounds need of the memory: for each part its copies of rows, and what all parts share. See assembly/rounds.ts.

import { Param, Part, Tile } from "../../assembly/params.js";
import type { Ptr } from "./kernel.js";
import type { Layout, LossName, Scratch, Shape } from "./layout.js";
import type { Allocator } from "./memory.js";

/**
 * Words whose output rows each part has copies of, the most frequent: drawn as noise from a stripe alone they would be
 * drawn in bursts.
 */
const HOT = 200;

/** The words that a part may draw noise words from: `hot` words that all parts have, then every parts-th of the rest. */
export interface Stripe {
  alias: Ptr;
  /** of the alias table */
  cells: number;
  hot: number;
  /** cell hot + j is word hot + j × parts + offset for even j, + mirror for odd j: so stripes are of nearly equal weight */
  offset: number;
  mirror: number;
}

export interface Rounds {
  /** of the vocabulary */
  words: number;
  parts: Scratch[];
  /** of each part: see assembly/params.ts, Part */
  blocks: Ptr[];
  /** one for each part, or none where no noise is drawn */
  stripes: Stripe[];
  /** rounds that a part keeps a stripe: the more words, the longer, so that handing on its rows costs little */
  hold: number;
  /** the model's output rows, and the bytes of a row */
  outputs: Ptr;
  stride: number;
  /** { updates u32, parts u32 }[2][V] */
  tallies: Ptr;
  /** i32[3]: see train/barrier.ts and meeting.ts */
  barrier: Ptr;
}

/** With what only its first writing needs. */
export interface RoundsMemory {
  rounds: Rounds;
  blocks: PartBlock[];
}

/** Words for each round that a stripe is kept: some 100 bytes of rows of 100 floats are handed on for a word of text. */
const WORDS_A_ROUND = 1000;

/** Takes the memory of rounds with parts of at most `partWords` words, after that of the layout. */
export function takeRounds(memory: Allocator, layout: Layout, shape: Shape, partWords: number): RoundsMemory {
  const { words } = shape;
  const { scratch, outputs, stride } = layout;
  const blocks = scratch.map(() => takePart(memory, layout, shape, partWords));
  const rounds = {
    words,
    parts: scratch,
    blocks: blocks.map(({ block }) => block),
    stripes: shape.loss === "negative-sampling" ? layOutStripes(memory, scratch.length, words) : [],
    hold: Math.ceil(words / WORDS_A_ROUND),
    outputs,
    stride,
    tallies: memory.take(2 * words * 8),
    barrier: memory.take(12),
  };
  return { rounds, blocks };
}

/** Bytes of a part's block, and where its lists and copies lie. */
interface PartBlock {
  block: Ptr;
  values: [Part, number][];
  params: [Param, number][];
}

/** Rows of the tree that w words can have on their paths: all of a level, or one for each word. */
function nodesOf(w: number, { depth, words }: Shape): number {
  let nodes = 0;
  for (let level = 0; level < depth; level++) nodes += Math.min(2 ** level, w);
  return Math.min(nodes, words);
}

function takePart(memory: Allocator, layout: Layout, shape: Shape, partWords: number): PartBlock {
  const { words, loss } = shape;
  const { stride } = layout;
  const inputRows = Math.min(words, partWords);
  const hot = Math.min(HOT, words);
  const outputRows = {
    "negative-sampling": Math.min(words, inputRows + hot),
    "hierarchical-softmax": nodesOf(inputRows, shape),
    softmax: words,
  }[loss];
  const tree = loss === "hierarchical-softmax";
  const block = memory.take(Part.size);
  const inputCopies = memory.take(inputRows * stride);
  const outputCopies = memory.take(outputRows * stride);
  const pathStarts = memory.take(tree ? (inputRows + 1) * 4 : 0);
  const paths = memory.take(tree ? inputRows * shape.depth * 4 : 0);
  const allRows = memory.take(loss === "softmax" ? layout.tiles * Tile.outputs * 4 : 0);
  return {
    block,
    values: [
      [Part.inputs, layout.inputs],
      [Part.outputs, layout.outputs],
      [Part.inputCopies, inputCopies],
      [Part.outputCopies, outputCopies],
      [Part.oldOutputs, loss === "negative-sampling" ? memory.take((outputRows - hot) * stride) : 0],
      [Part.firstOld, loss === "negative-sampling" ? hot : outputRows],
      [Part.inputList, memory.take(inputRows * 8)],
      [Part.outputList, memory.take(outputRows * 8)],
      [Part.inputPlaces, memory.take(words * 4)],
      [Part.outputPlaces, loss === "softmax" ? 0 : memory.take(words * 4)],
      [Part.hot, loss === "negative-sampling" ? hot : 0],
      [Part.pathStarts, layout.pathStarts],
      [Part.paths, layout.paths],
    ],
    params: [
      [Param.part, block],
      [Param.inputs, inputCopies],
      // noise words are trained where they lie
      [Param.outputs, loss === "negative-sampling" ? layout.outputs : outputCopies],
      [Param.pathStarts, pathStarts],
      [Param.paths, paths],
      [Param.allRows, allRows],
      [Param.noiseStep, layout.scratch.length],
    ],
  };
}

function layOutStripes(memory: Allocator, parts: number, words: number): Stripe[] {
  return Array.from({ length: parts }, (_, offset) => {
    const stripe = {
      alias: 0,
      cells: Math.min(HOT, words),
      hot: Math.min(HOT, words),
      offset,
      mirror: parts - 1 - offset,
    };
    while (wordOfCell(stripe, parts, stripe.cells) < words) stripe.cells++;
    return { ...stripe, alias: memory.take(stripe.cells * 8) };
  });
}

/** The word of a cell of a stripe's alias table. */
export function wordOfCell({ hot, offset, mirror }: Stripe, parts: number, cell: number): number {
  if (cell < hot) return cell;
  const j = cell - hot;
  return hot + j * parts + (j % 2 === 0 ? offset : mirror);
}

/** The stripe that a part draws noise words from in a round; no other part has it. */
export function stripeOf({ stripes, hold }: Rounds, part: number, round: number): number {
  return (part + Math.floor(round / hold)) % stripes.length;
}

/** The stripe of a word that is not hot. */
export function stripeOfWord({ stripes }: Rounds, word: number): number {
  const j = word - stripes[0].hot;
  const offset = j % stripes.length;
  return Math.floor(j / stripes.length) % 2 === 0 ? offset : stripes.length - 1 - offset;
}

/** Fills the blocks of all parts, whose scratch has been written. */
export function writeRounds(
  buffer: ArrayBufferLike,
  layout: Layout,
  { blocks }: RoundsMemory,
  words: number,
  loss: LossName,
): void {
  blocks.forEach(({ block, values, params }, i) => {
    const scratch = layout.scratch[i];
    const part = new DataView(buffer, block, Part.size);
    for (const [offset, value] of values) part.setUint32(offset, value, true);
    const view = new DataView(buffer, scratch.params, Param.size);
    for (const [offset, value] of params) view.setUint32(offset, value, true);
    if (loss !== "softmax") return;
    const allRows = view.getUint32(Param.allRows, true);
    const rows = view.getUint32(Param.outputs, true);
    const list = new Uint32Array(buffer, allRows, layout.tiles * Tile.outputs).fill(layout.zeroRow);
    for (let word = 0; word < words; word++) list[word] = rows + word * layout.stride;
  });
}
