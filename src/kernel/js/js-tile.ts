// The update of a tile of pairs in plain JavaScript, float by float: as assembly/tile.ts.
// Rows are indices into the floats f of the memory, D floats long; g: learning rate × ∂loss/∂z, [pair][m].

/** The pairs of a tile. */
export interface Pairs {
  /** Rows of the contexts, of the targets. */
  xs: Int32Array;
  ts: Int32Array;
  weights: Float64Array;
  /** Shares of their steps that the contexts' rows keep. */
  multipliers: Float64Array;
}

/**
 * The pairs first … last against their targets and the noise rows ys[1] … ys[5]. With the noise rows from before: t −= g₀ x,
 * y_k −= g_k x, x −= rate (g₀ t + Σ g_k y_k), pair after pair, each from the t and x that the pair before left.
 */
export function updatePairs(
  f: Float32Array,
  D: number,
  { xs, ts, multipliers }: Pairs,
  first: number,
  last: number,
  ys: Int32Array,
  g: Float64Array,
  m: number,
): void {
  for (let d = 0; d < D; d++) {
    const p1 = ys[1] + d;
    const p2 = ys[2] + d;
    const p3 = ys[3] + d;
    const p4 = ys[4] + d;
    const p5 = ys[5] + d;
    const y1 = f[p1];
    const y2 = f[p2];
    const y3 = f[p3];
    const y4 = f[p4];
    const y5 = f[p5];
    let n1 = y1;
    let n2 = y2;
    let n3 = y3;
    let n4 = y4;
    let n5 = y5;
    for (let b = first, i = 0; b < last; b++, i += m) {
      const context = xs[b] + d;
      const target = ts[b] + d;
      const x = f[context];
      const t = f[target];
      let w = g[i];
      let move = w * t;
      f[target] = t - w * x;
      w = g[i + 1];
      move += w * y1;
      n1 -= w * x;
      w = g[i + 2];
      move += w * y2;
      n2 -= w * x;
      w = g[i + 3];
      move += w * y3;
      n3 -= w * x;
      w = g[i + 4];
      move += w * y4;
      n4 -= w * x;
      w = g[i + 5];
      move += w * y5;
      n5 -= w * x;
      f[context] = x - multipliers[b] * move;
    }
    f[p1] = n1;
    f[p2] = n2;
    f[p3] = n3;
    f[p4] = n4;
    f[p5] = n5;
  }
}

/** The contexts of the pairs first … last against six more noise rows, from ys[k] on. */
export function updateMore(
  f: Float32Array,
  D: number,
  { xs, multipliers }: Pairs,
  first: number,
  last: number,
  ys: Int32Array,
  k: number,
  g: Float64Array,
  m: number,
): void {
  for (let d = 0; d < D; d++) {
    const p0 = ys[k] + d;
    const p1 = ys[k + 1] + d;
    const p2 = ys[k + 2] + d;
    const p3 = ys[k + 3] + d;
    const p4 = ys[k + 4] + d;
    const p5 = ys[k + 5] + d;
    const y0 = f[p0];
    const y1 = f[p1];
    const y2 = f[p2];
    const y3 = f[p3];
    const y4 = f[p4];
    const y5 = f[p5];
    let n0 = y0;
    let n1 = y1;
    let n2 = y2;
    let n3 = y3;
    let n4 = y4;
    let n5 = y5;
    for (let b = first, i = k; b < last; b++, i += m) {
      const context = xs[b] + d;
      const x = f[context];
      let w = g[i];
      let move = w * y0;
      n0 -= w * x;
      w = g[i + 1];
      move += w * y1;
      n1 -= w * x;
      w = g[i + 2];
      move += w * y2;
      n2 -= w * x;
      w = g[i + 3];
      move += w * y3;
      n3 -= w * x;
      w = g[i + 4];
      move += w * y4;
      n4 -= w * x;
      w = g[i + 5];
      move += w * y5;
      n5 -= w * x;
      f[context] = x - multipliers[b] * move;
    }
    f[p0] = n0;
    f[p1] = n1;
    f[p2] = n2;
    f[p3] = n3;
    f[p4] = n4;
    f[p5] = n5;
  }
}
