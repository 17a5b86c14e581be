// The layout of the memory that the kernels and their driver share, declared once for both.
// Portable: asc folds it into load offsets, TypeScript imports it from src/kernel.
//
// Abi.version is what both sides compare before anything is computed. Raise it by one, and build the binaries anew, with any change
// of what lies in memory or is called: an offset, a number or the meaning of one in this file, or a function that index.ts exports,
// its arguments or its result. A change of arithmetic alone leaves it.

/** The version of this agreement, which the binaries export as abi(). */
export const enum Abi {
  version = 3,
}

/** Where a failed assertion of the debug binary leaves the value it found and the limit: see assertions.ts. */
export const enum Seen {
  value = 16,
  limit = 20,
}

/**
 * Entries of a batch that are no words: their top byte says what they are, the others are a row. They are for the sentence that
 * they stand in.
 */
export const enum Mark {
  /** Words are below it: a JavaScript Map holds no more than 2²⁴ of them. */
  least = 0x01000000,
  /** Mark.document | row: what the sentence is a part of */
  document = 0x02000000,
  /** Mark.label | row: what it is an example of */
  label = 0x03000000,
  sentenceEnd = 0xffffffff,
}

/** Output rows of one register tile; lists of output rows are padded to whole tiles with the zero row. */
export const enum Tile {
  outputs = 6,
  /** Floats a tile takes in the list of labels: six, and two of ½ that fill the second vector. */
  labels = 8,
}

export const enum Model {
  skipgram = 0,
  cbow = 1,
  /** Lines predict their labels, see lines.ts. */
  lines = 2,
}

/** The output layer. */
export const enum Loss {
  negativeSampling = 0,
  hierarchicalSoftmax = 1,
  softmax = 2,
  /** Each row alone, for lines with any number of labels. */
  oneVsAll = 3,
}

/** Byte offsets into a set: the output rows of a prediction. */
export const enum TargetSet {
  /** Valid rows, each of a word or node: fewer than `listed` where a noise word equals the target. */
  valid = 0,
  listed = 4,
  /** u32[tiles × Tile.outputs]: row pointers, filled up to whole tiles with the zero row */
  rows = 8,
  /** f32[tiles × Tile.labels]; for softmax the place of the target in the list */
  labels = 12,
  /** Negative sampling and hierarchical softmax: the list lies here, of the latter the labels too; one-vs-all: the labels alone. */
  size = 16,
}

/** Byte offsets into the parameter block. Pointers and integers are u32 where no other type is named. */
export const enum Param {
  /** f32[rows][stride / 4]: rows of words first */
  inputs = 0,
  /** f32[rows][stride / 4]: rows of words first, or those of inner nodes */
  outputs = 4,
  /** Bytes from one row to the next: whole vectors of 16, the padding zero. */
  stride = 8,
  vocabularySize = 12,
  model = 16,
  /** The larger of windowLeft and windowRight: the radius is drawn from 1 … window. */
  window = 20,
  negatives = 24,
  /** Pairs of the grid that share their noise words, at most: see cell.ts. */
  tile = 28,
  /** 1: hidden = mean of the context rows; 0: their sum. */
  cbowMean = 32,
  /** 1: each context row takes gradient / B of a window of B; 0: the whole gradient, as word2vec.c. */
  cbowDivided = 36,
  /** f32 */
  learningRate = 40,
  /** u32[vocabularySize]: a word stays if random < threshold; 0xffffffff: it always stays. */
  keepThresholds = 44,
  /** { threshold u32, alias u32 }[vocabularySize] */
  alias = 48,
  /** u32: the batch, sentences of words and marks, ended by Mark.sentenceEnd; lines have input rows instead of words */
  ids = 52,
  /** u32: a sentence after subsampling, as long as the batch at most; of a line pointers to its rows, and its labels at the other end */
  kept = 56,
  /**
   * { n u32, context words u32[contexts], pointers to their inputs u32[contexts], set, weights f32[contexts] }[group]:
   * windows drawn ahead; see TargetSet. contexts = windowLeft + windowRight; weights only where windowWeights is not 0
   */
  windows = 60,
  /** Bytes of a window. */
  windowStride = 64,
  /** Windows or tiles drawn ahead. */
  group = 72,
  /** f32[tiles × Tile.labels]: labels of negative sampling */
  labels = 76,
  /** f32[tiles][gradientStride / 4]: scores z, then learning rate × ∂loss/∂z, [context][6] in each tile */
  gradients = 80,
  gradientStride = 84,
  /** f32[stride / 4]: the hidden vector of CBOW */
  hidden = 88,
  /** f32[stride / 4]: learning rate × ∂loss/∂hidden */
  hiddenGradient = 92,
  /** f32[contexts][8]: what a row's slice becomes, while several tiles add to it */
  partial = 96,
  /** A row of zeros that stands for a missing output. */
  zeroRow = 100,
  /** Loss */
  loss = 104,
  /** u32[vocabularySize + 1]: where the path of a word begins in paths */
  pathStarts = 108,
  /** u32: the Huffman paths, root first: inner node × 2 + bit */
  paths = 112,
  /** u32[tiles × Tile.outputs]: all output rows, for softmax and one-vs-all */
  allRows = 116,
  /** 1: each radius is drawn; 0: it is `window` */
  shrinkWindows = 120,
  /** Cells of the alias table: one for each word, of a block in the grid. */
  noiseWords = 124,
  /** The grid: blocks that the words are cut into. */
  blocks = 128,
  /** u32[vocabularySize]: block × 2¹⁶ + row in the block */
  places = 132,
  /** Where sorting writes the pairs of a batch, { row of the context u16, of the target u16, weight f32 if contexts are weighted }[…] … */
  pairs = 136,
  /** … and where those of each cell begin: u32[blocks² + 1], pointers; a cell's end where the next one's begin */
  starts = 140,
  /** f32[input rows]: the learning-rate multiplier of each input row; 0: all are 1 */
  multipliers = 144,
  /** Staged[contexts]: staged inputs of a window, for words whose multiplier is not 1 */
  staged = 148,
  /** Context words on each side at most. */
  windowLeft = 152,
  windowRight = 156,
  /** f32[window]: the weight of a context word at distance 1, 2 …; 0: all weigh 1 */
  windowWeights = 160,
  /** Sorting writes pairs whose contexts are in the blocks from … up to, but not with, … */
  firstBlock = 164,
  lastBlock = 168,
  /** TileList[group]: tiles drawn ahead */
  tiles = 172,
  /** u32[4] */
  randomState = 176,
  // What training counts, cleared before each batch.
  /** f64[2]: Σ max(∓z, 0), see sigmoid.ts; softmax: Σ max z − z of the target */
  lossLinear = 192,
  /** f64[4]: Π (1 + e^−|z|), a mantissa in [1, 2) for each lane; softmax: Π Σ e^(z − max z) … */
  lossProducts = 208,
  /** i64[2]: … and the powers of two taken out of it */
  lossExponents = 240,
  /** i64: predictions made: rows scored with negative sampling, words predicted with the softmaxes */
  predictions = 256,
  /** i64: padding slots; each added ln 2 to the loss */
  paddingSlots = 264,
  /** i64: words that subsampling kept */
  trained = 272,
  /** Bytes of a tile drawn ahead. */
  tileStride = 280,
  /** u32[tiles × Tile.outputs]: output rows of a step that are not as they were drawn */
  spareRows = 284,
  /** Rows of `outputs`: what the full softmax chooses from. */
  outputRows = 288,
  /** f32[subwords][stride / 4]: rows that words are composed of, see subwords.ts; 0: each word has its row alone */
  subwords = 292,
  /** f32[input rows][stride / 4]: what input rows were composed as */
  origins = 296,
  /** u32[input rows + 1]: where the subwords of an input row begin in subwordList, … */
  subwordStarts = 300,
  /** … u32: their numbers */
  subwordList = 304,
  /** u32[subwords + 1]: where the input rows that a subword is in begin in memberList, … */
  memberStarts = 308,
  /** … u32: their numbers */
  memberList = 312,
  /** f32[subwords]: what the sum of their words' changes is multiplied by */
  subwordScales = 316,
  /** u32[batch capacity]: the words of a batch, each once; in the grid u32[Touched.members]: some of the rows that a subword is in */
  touched = 320,
  /** where the words of a batch end, a pointer */
  touchedEnd = 324,
  /** u8[input rows]: 1 for each that is composed and trained in a batch, or in a chunk of the grid */
  touchedMarks = 328,
  /** f32[output rows]: what a line counts by its label; 0: all count 1 */
  labelWeights = 332,
  size = 336,
}

/** The list of rows that have a subword, in the grid. */
export const enum Touched {
  /** Rows that are listed, and added up, at a time. */
  members = 1024,
}

/** Byte offsets into a pair that was drawn ahead. */
export const enum Pair {
  /** Input row. */
  context = 0,
  /** Output row. */
  target = 4,
  /** f32; only where windowWeights is not 0 */
  weight = 8,
  /** f32: the learning-rate multiplier of the context's row; only where multipliers is not 0 */
  multiplier = 12,
  size = 16,
}

/** Byte offsets into a tile of pairs that was drawn ahead. */
export const enum TileList {
  /** Pair[tile] */
  pairs = 0,
  /** Where the pairs in use end. */
  end = 4,
  /** Whether a noise word was drawn twice. */
  repeats = 8,
  /** Whether a noise word is the target of a pair. */
  clashes = 12,
  /** u32[tiles × Tile.outputs]: noise words' rows from the second on, filled up with the zero row */
  rows = 16,
}

/** Byte offsets into the staged input of a word, see Param.staged. */
export const enum Staged {
  word = 0,
  /** f32[stride / 4]: what learns, and after it f32[stride / 4]: what it began as */
  copy = 16,
}

/** Byte offsets into the block of encodeRows and boundRows, see quantized.ts: u32 where no other type is named. */
export const enum CodeParam {
  /** i8[rowCount][codeStride] */
  codes = 0,
  /** Bytes from a row's codes to the next's: a multiple of 16, at least dim. */
  codeStride = 4,
  rowCount = 8,
  /** f32[rowCount]: what a row's codes are multiplied by */
  scales = 12,
  /** f32[rowCount]: the length of what the codes leave out */
  errors = 16,
  // encodeRows
  /** f32[rowCount][stride / 4] */
  rows = 20,
  /** f32[rowCount]: lengths of the rows */
  norms = 24,
  /** Bytes from one row to the next. */
  stride = 28,
  /** Floats of a row that are not padding. */
  dim = 32,
  // boundRows
  /** i16[codeStride]: the codes of the query */
  query = 36,
  /** f32: what they are multiplied by */
  scale = 40,
  /** f32: the length of the query as its codes have it */
  norm = 44,
  /** f32: what a bound is raised by */
  slack = 48,
  /** f32[rowCount] */
  bounds = 52,
  size = 56,
}
