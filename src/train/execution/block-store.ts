// Where blocks lie that a memory does not hold: what training asks of a store, and what a checkpoint holds of it.

import type { Side } from "../../kernel/shape.js";

/** How the rows of a model are cut into blocks. */
export interface BlocksShape {
  blocks: number;
  /** rows of each matrix, which are those of words in their order, and rows of a block, padding included */
  rows: Record<Side, number>;
  blockRows: Record<Side, number>;
  /** bytes of a row */
  stride: number;
}

/** Which of its two places a block lies in, how often it was written, and the checksum of its rows, which older ones do not have. */
export type BlockPlace = readonly [generation: 0 | 1, writes: number, checksum?: string];

/** Where the rows of a checkpoint are, whose own tensors hold none. */
export interface BlocksState {
  /** of the training, so that files of another one are not taken for its own */
  mark: string;
  shape: BlocksShape;
  places: Record<Side, readonly BlockPlace[]>;
}

/** Gives the rows that a block begins with: those of some words, which follow each other. */
export type FillRows = (first: number, rows: Float32Array) => void;

/**
 * A store of blocks. Each has two places: what is written after a checkpoint goes to the one that the checkpoint does not need, so
 * that an interrupted training finds its rows as the checkpoint left them.
 */
export interface BlockStore {
  readonly state: BlocksState;
  /** Begins anew, with zeros where `fill` gives none. @throws Error if there is no room */
  begin(shape: BlocksShape, fill: Partial<Record<Side, FillRows>>): Promise<void>;
  /** Goes on with what a checkpoint left, after it has read all of it once. @throws FormatError if it is not there, or damaged */
  open(shape: BlocksShape, state: BlocksState): Promise<void>;
  /** Whether a checkpoint lies in it. */
  holdsCheckpoint(): Promise<boolean>;
  read(side: Side, block: number, bytes: Uint8Array): Promise<void>;
  write(side: Side, block: number, bytes: Uint8Array): Promise<void>;
  /** Computes the checksums of what was written, before a checkpoint takes `state`. @param throwIfEnded is called every few MB */
  seal(throwIfEnded: () => void): Promise<void>;
  /** Rows of words that follow each other, stride bytes apart; valid until the next call. */
  readRows(side: Side, first: number, count: number): Float32Array;
  /** Drops rows that readRows has read ahead. */
  refresh(): void;
  /** Nobody else may use the store until each lock is released. @throws Error if somebody does */
  lock(): Promise<void>;
  unlock(): Promise<void>;
}
