// Which rows a model has: the one place that decides it. Memory, checkpoints and estimates take the counts from here.

import type { Shape, SubwordSizes } from "../kernel/shape.js";

/**
 * One row for each word on either side. With hierarchical softmax the output rows are those of the V − 1 inner nodes; the last
 * row is nobody's and stays 0, so that files hold as many output rows whatever the loss. Where words have subwords, these have rows besides.
 */
export function shapeOf({ size }: { size: number }, subwords?: SubwordSizes): Shape {
  return { words: size, inputRows: size, outputRows: size, subwords };
}
