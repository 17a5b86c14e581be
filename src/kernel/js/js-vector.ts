// Products of rows in the js kernel. x, y: indices of rows into the floats of the memory; D: floats of a row.

/** Σ x·y over D floats, a multiple of 4: four partial sums, so that additions need not wait for each other. */
export function dot(f: Float32Array, x: number, y: number, D: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (const end = x + D; x < end; x += 4, y += 4) {
    a += f[x] * f[y];
    b += f[x + 1] * f[y + 1];
    c += f[x + 2] * f[y + 2];
    d += f[x + 3] * f[y + 3];
  }
  return a + c + (b + d);
}

/**
 * g[i …] = x · y0, y1 …, g[j …] = z · w0, y1 … for the six rows ys[k …]: twelve sums, each row read once.
 * y0, w0: the first row that x and z meet, ys[k] or one of their own
 */
export function dots2x6(
  f: Float32Array,
  D: number,
  x: number,
  z: number,
  y0: number,
  w0: number,
  ys: Int32Array,
  k: number,
  g: Float64Array,
  i: number,
  j: number,
): void {
  let [y1, y2, y3, y4, y5] = [ys[k + 1], ys[k + 2], ys[k + 3], ys[k + 4], ys[k + 5]];
  let [a0, a1, a2, a3, a4, a5] = [0, 0, 0, 0, 0, 0];
  let [b0, b1, b2, b3, b4, b5] = [0, 0, 0, 0, 0, 0];
  for (const end = x + D; x < end; ) {
    const u = f[x++];
    const v = f[z++];
    a0 += u * f[y0++];
    b0 += v * f[w0++];
    let y = f[y1++];
    a1 += u * y;
    b1 += v * y;
    y = f[y2++];
    a2 += u * y;
    b2 += v * y;
    y = f[y3++];
    a3 += u * y;
    b3 += v * y;
    y = f[y4++];
    a4 += u * y;
    b4 += v * y;
    y = f[y5++];
    a5 += u * y;
    b5 += v * y;
  }
  g[i] = a0;
  g[i + 1] = a1;
  g[i + 2] = a2;
  g[i + 3] = a3;
  g[i + 4] = a4;
  g[i + 5] = a5;
  g[j] = b0;
  g[j + 1] = b1;
  g[j + 2] = b2;
  g[j + 3] = b3;
  g[j + 4] = b4;
  g[j + 5] = b5;
}
