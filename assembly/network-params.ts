// What the network's kernel and its driver agree on, as params.ts for training.

/** The version of this agreement, which the binary exports as abi(); when to raise it, Abi in params.ts says. */
export const enum NetworkAbi {
  version = 1,
}

/** Byte offsets into the parameter block; all u32 where no other type is named. B = rows of a batch, strides in bytes. */
export const enum NetworkParam {
  /** u32[B]: pointers of the input rows x, f32[inputStride / 4], a 1 after the last input for the bias, then zeros */
  xs = 0,
  /** u32[B]: pointers of the hidden rows h, laid out alike */
  hs = 4,
  /** u32[hidden in tiles]: pointers of the rows of W1 transposed, the bias last; padded with the last row */
  w1 = 8,
  /** u32[classes in tiles]: the same of W2 */
  w2 = 12,
  hidden = 16,
  classes = 20,
  inputStride = 24,
  hiddenStride = 28,
  /** f32[hidden tiles][tileStride / 4]: scores of the hidden layer */
  z1 = 32,
  /** f32[class tiles][tileStride / 4]: scores of the output layer, then ŷ or (ŷ − y) / n */
  z2 = 36,
  /** Bytes of the scores of a tile of six outputs for B rows. */
  tileStride = 40,
  /** f32[B][hiddenStride / 4]: ∂J/∂h, then ∂J/∂z1 */
  hiddenGradients = 44,
  /** f32: ∂J/∂W1 and ∂J/∂W2, laid out as the weights */
  gradients1 = 48,
  gradients2 = 52,
  /** f32[B][inputStride / 4]: ∂J/∂x; 0: not wanted */
  inputGradients = 56,
  /** u32[B]: the true classes */
  targets = 60,
  /** { linear f64[2], products f64[4], exponents i64[2] }, as Param.lossLinear */
  loss = 64,
  size = 128,
}
