// The kernel interfaces, over memory laid out by layout.ts: training, scoring, quantising. All kernels compute the same.

/** Trains the rows of a memory. */
export interface Trainer {
  readonly name: KernelName;
  /** Trains on the batch of `length` ids (words and sentence ends) that lies in memory, by the parameter block at `params`. */
  train(params: Ptr, length: number): void;
  /**
   * Draws the windows of the batch that lies in memory, and sorts its pairs into cells, see Param.pairs and Param.starts.
   * @returns where the pairs end
   */
  sortPairs(params: Ptr, length: number): Ptr;
  /**
   * Trains on the pairs that some batches have in a cell, in their order.
   * @param starts u32[batches][blocks² + 1]: Param.starts of each batch
   */
  trainCell(params: Ptr, cell: number, starts: Ptr, batches: number): void;
  /**
   * Composes the input rows that trainCell will train of their subwords, each once, and marks them: see assembly/subwords.ts.
   * @param first the input row that the block of contexts begins with
   */
  composeCell(params: Ptr, first: number, cell: number, starts: Ptr, batches: number): void;
  /** Finds what the marked ones of the input rows from … to have learnt since, and … */
  learntRows(params: Ptr, from: number, to: number): void;
  /** … adds what all marked ones have learnt to the subwords from … to. */
  spreadRows(params: Ptr, from: number, to: number): void;
  /** Whether all f32 in [start, start + bytes) are finite. bytes: a multiple of 16. */
  allFinite(start: Ptr, bytes: number): boolean;
}

/** Multiplies rows with queries. */
export interface Scorer {
  /**
   * out[q][r] = query q · row r, for `count` queries and `rowCount` rows; rows of f32, `stride` bytes apart.
   * out: f32[count][outStride], outStride a multiple of 6 that holds rowCount. scratch: 128 bytes.
   */
  scores(
    queries: Ptr,
    count: number,
    rows: Ptr,
    rowCount: number,
    stride: number,
    scratch: Ptr,
    out: Ptr,
    outStride: number,
  ): void;
  /** out[r] = |row r|. out: f32[rowCount]. */
  norms(rows: Ptr, rowCount: number, stride: number, out: Ptr): void;
}

/** Rows as int8 codes, see assembly/quantized.ts. params: a block of CodeParam.size bytes. */
export interface Quantizer {
  encodeRows(params: Ptr): void;
  /** Bounds of the products of a query with the rows, from their codes. */
  boundRows(params: Ptr): void;
}

/** What queries need. It runs in the thread that asks. */
export interface QueryKernel extends Scorer, Quantizer {
  /** The same on another memory, shared if this one's is. */
  fork(memory: WebAssembly.Memory): QueryKernel;
}

/** The first is the reference that others are measured against; engines/kernels.ts describes each. */
export const KERNEL_NAMES = ["js", "scalar", "simd", "relaxed"] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

declare const brand: unique symbol;

/** A number of one kind: comparing it with another kind, or assigning any other number to it, does not compile. */
type Brand<Kind extends string> = number & { readonly [brand]: Kind };

/** A byte address in the memory. Allocator makes one, `advance` moves it. */
export type Ptr = Brand<"Ptr">;
/** A word's place in the vocabulary. */
export type WordId = Brand<"WordId">;
/** A word's place in a batch. */
export type BatchPosition = Brand<"BatchPosition">;

/** The start of the memory; also stands for "none" where a kernel expects an address. */
export const ZERO = 0 as Ptr;

/** The address `bytes` after another. */
export function advance(start: Ptr, bytes: number): Ptr {
  return (start + bytes) as Ptr;
}
