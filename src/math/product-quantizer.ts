// Product quantisation: a vector is cut into parts of a few numbers, and of each part is kept which of 256 centroids is the nearest.
// Jégou, Douze, Schmid 2011, "Product Quantization for Nearest Neighbor Search".

/** Centroids of a part: a code is a byte. */
export const CENTROIDS = 256;

/** Codebooks for the parts of a vector. */
export class ProductQuantizer {
  /** Parts of a vector, and bytes of its code. */
  readonly parts: number;

  /**
   * @param partDim numbers of a part; the last has the rest, if dim is no multiple
   * @param centroids f32[256 × dim]: part after part, in a part centroid after centroid
   */
  constructor(
    readonly dim: number,
    readonly partDim: number,
    readonly centroids: Float32Array,
  ) {
    this.parts = Math.ceil(dim / partDim);
  }

  /** Writes factor × the vector whose code is codes[at … at + parts) to target, f32[dim]. */
  decode(codes: Uint8Array, at: number, target: Float32Array, factor = 1): void {
    for (let part = 0; part < this.parts; part++) {
      const size = this.sizeOf(part);
      const from = part * CENTROIDS * this.partDim + codes[at + part] * size;
      for (let d = 0; d < size; d++) target[part * this.partDim + d] = factor * this.centroids[from + d];
    }
  }

  /** Numbers of a part. */
  sizeOf(part: number): number {
    return Math.min(this.partDim, this.dim - part * this.partDim);
  }

  /** Of a part, f32[256 × size]: a view. */
  centroidsOf(part: number): Float32Array {
    const start = part * CENTROIDS * this.partDim;
    return this.centroids.subarray(start, start + CENTROIDS * this.sizeOf(part));
  }
}
