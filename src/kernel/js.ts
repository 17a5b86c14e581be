// The same update in plain JavaScript: honest rival, and second opinion for the tests. Arithmetic is double, rows are float32.
// D = floats in a row, n = context rows, m = output rows; row numbers are indices into the Float32Array of the whole memory.

import { Mark, Model, Param, Tile } from "../../assembly/params.js";
import { expMinusAbs, log } from "../math/power.js";
import type { Kernel, Ptr } from "./kernel.js";

export function createJsKernel(memory: WebAssembly.Memory): Kernel {
  const floats = new Float32Array(memory.buffer);
  const integers = new Uint32Array(memory.buffer);
  return {
    name: "js",
    train(params, length) {
      new Trainer(memory.buffer, floats, integers, params).train(length);
    },
    scores(queries, count, rows, rowCount, stride, _scratch, out, outStride) {
      for (let q = 0; q < count; q++) {
        for (let r = 0; r < rowCount; r++) {
          floats[out / 4 + q * outStride + r] = dot(
            floats,
            (queries + q * stride) / 4,
            (rows + r * stride) / 4,
            stride / 4,
          );
        }
      }
    },
    norms(rows, rowCount, stride, out) {
      for (let r = 0; r < rowCount; r++) {
        const row = (rows + r * stride) / 4;
        floats[out / 4 + r] = Math.sqrt(dot(floats, row, row, stride / 4));
      }
    },
    allFinite(start, bytes) {
      return floats.subarray(start / 4, (start + bytes) / 4).every(Number.isFinite);
    },
  };
}

/** Σ x·y over D floats, a multiple of 4: four partial sums, so that additions need not wait for each other. */
function dot(f: Float32Array, x: number, y: number, D: number): number {
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

class Trainer {
  private readonly view: DataView;
  private readonly D: number;
  private readonly window: number;
  private readonly negatives: number;
  private readonly words: number;
  private readonly inputs: number;
  private readonly outputs: number;
  private readonly alias: number;
  private readonly zeroRow: number;
  private readonly rate: number;
  /** Rows of a prediction or window: n inputs, m outputs in whole tiles of six, filled up with the zero row. */
  private readonly xs: Int32Array;
  private readonly ys: Int32Array;
  private readonly m: number;
  /** learning rate × ∂loss/∂z, [n][m] */
  private readonly g: Float64Array;
  private readonly partial: Float64Array;
  private readonly state: Uint32Array;
  private loss = 0;
  private factor = 1;
  private predictions = 0;
  private trained = 0;

  constructor(
    buffer: ArrayBufferLike,
    private readonly f: Float32Array,
    private readonly u: Uint32Array,
    params: Ptr,
  ) {
    this.view = new DataView(buffer, params, Param.size);
    this.D = this.integer(Param.stride) / 4;
    this.window = this.integer(Param.window);
    this.negatives = this.integer(Param.negatives);
    this.words = this.integer(Param.vocabularySize);
    this.inputs = this.integer(Param.inputs) / 4;
    this.outputs = this.integer(Param.outputs) / 4;
    this.alias = this.integer(Param.alias) / 4;
    this.zeroRow = this.integer(Param.zeroRow) / 4;
    this.rate = this.view.getFloat32(Param.learningRate, true);
    this.m = Math.ceil((1 + this.negatives) / Tile.outputs) * Tile.outputs;
    this.xs = new Int32Array(2 * this.window);
    this.ys = new Int32Array(this.m).fill(this.zeroRow);
    // room for a row more, where the scores of an odd last row go twice
    this.g = new Float64Array((2 * this.window + 1) * this.m);
    this.partial = new Float64Array(2 * this.window);
    this.state = new Uint32Array(buffer, params + Param.randomState, 4);
  }

  private integer(offset: Param): number {
    return this.view.getUint32(offset, true);
  }

  train(length: number): void {
    const { u } = this;
    const ids = this.integer(Param.ids) / 4;
    const kept = this.integer(Param.kept) / 4;
    const thresholds = this.integer(Param.keepThresholds) / 4;
    const sentence = this.walker();
    let last = kept;
    for (let i = ids; i < ids + length; i++) {
      const word = u[i];
      if (word === Mark.sentenceEnd) {
        sentence(kept, last);
        this.trained += last - kept;
        last = kept;
        continue;
      }
      const threshold = u[thresholds + word];
      if (threshold !== 0xffffffff && this.random() >= threshold) continue;
      u[last++] = word;
    }
    this.report();
  }

  private walker(): (first: number, last: number) => void {
    if (this.integer(Param.model) === Model.cbow) return (first, last) => this.cbow(first, last);
    if (this.integer(Param.sharedNegatives)) return (first, last) => this.skipgram(first, last);
    return (first, last) => this.skipgramPairs(first, last);
  }

  private skipgram(first: number, last: number): void {
    for (let p = first; p < last; p++) {
      const n = this.contexts(first, p, last);
      if (n === 0) continue;
      this.drawTargets(this.u[p]);
      this.score(this.xs, n);
      this.mergeRepeats(this.xs, n);
      this.update(this.xs, n);
    }
  }

  private skipgramPairs(first: number, last: number): void {
    for (let p = first; p < last; p++) {
      const n = this.contexts(first, p, last);
      for (let b = 0; b < n; b++) {
        const row = this.xs.subarray(b, b + 1);
        this.drawTargets(this.u[p]);
        this.score(row, 1);
        this.mergeRepeats(row, 1);
        this.update(row, 1);
      }
    }
  }

  private cbow(first: number, last: number): void {
    const { f, D, xs } = this;
    const hidden = this.integer(Param.hidden) / 4;
    const change = this.integer(Param.hiddenGradient) / 4;
    const mean = this.integer(Param.cbowMean);
    const divided = this.integer(Param.cbowDivided);
    const hiddenRow = Int32Array.of(hidden);
    const changeRow = Int32Array.of(change);
    for (let p = first; p < last; p++) {
      const n = this.contexts(first, p, last);
      if (n === 0) continue;
      for (let d = 0; d < D; d++) {
        let sum = 0;
        for (let b = 0; b < n; b++) sum += f[xs[b] + d];
        f[hidden + d] = mean ? sum / n : sum;
      }
      f.fill(0, change, change + D);
      this.drawTargets(this.u[p]);
      this.score(hiddenRow, 1);
      this.mergeRepeats(hiddenRow, 1);
      this.update(hiddenRow, 1, changeRow);
      const scale = divided ? 1 / n : 1;
      for (let b = 0; b < n; b++) {
        for (let d = 0; d < D; d++) f[xs[b] + d] += scale * f[change + d];
      }
    }
  }

  /** Draws the radius 1 … window, lists the input rows around position p; returns their number. */
  private contexts(first: number, p: number, last: number): number {
    const radius = 1 + this.below(this.window);
    const to = Math.min(p + radius + 1, last);
    let n = 0;
    for (let q = Math.max(p - radius, first); q < to; q++) {
      if (q !== p) this.xs[n++] = this.inputs + this.u[q] * this.D;
    }
    return n;
  }

  /** Lists the output rows of the target and its noise words; one equal to the target gives way to the zero row. */
  private drawTargets(target: number): void {
    const { u, ys } = this;
    ys[0] = this.outputs + target * this.D;
    for (let k = 1; k <= this.negatives; k++) {
      const cell = this.below(this.words);
      const entry = this.alias + 2 * cell;
      const word = this.random() < u[entry] ? cell : u[entry + 1];
      ys[k] = word === target ? this.zeroRow : this.outputs + word * this.D;
    }
  }

  /** g = rate × (σ(x·y) − label); adds the loss −log σ(±x·y). */
  private score(xs: Int32Array, n: number): void {
    const { g, ys, m, rate } = this;
    for (let b = 0; b < n; b += 2) {
      for (let k = 0; k < m; k += Tile.outputs)
        this.dots(xs[b], xs[b + 1 < n ? b + 1 : b], ys, k, b * m + k, (b + 1) * m + k);
    }
    for (let b = 0; b < n; b++) {
      for (let k = 0; k < m; k++) {
        const i = b * m + k;
        const z = g[i];
        g[i] = 0;
        if (ys[k] === this.zeroRow) continue;
        const e = expMinusAbs(z);
        g[i] = rate * ((z >= 0 ? 1 : e) / (1 + e) - (k === 0 ? 1 : 0));
        const wrong = k === 0 ? -z : z;
        if (!(wrong <= 0)) this.loss += wrong;
        this.factor *= 1 + e;
        this.predictions++;
      }
      if (this.factor > 1e100) this.takeLog();
    }
  }

  /** g[i …] = x · y_k …, g[j …] = z · y_k … for a tile: twelve sums, each row read once. j may lie past the last row. */
  private dots(x: number, z: number, ys: Int32Array, k: number, i: number, j: number): void {
    const { f, D, g } = this;
    let [y0, y1, y2, y3, y4, y5] = [ys[k], ys[k + 1], ys[k + 2], ys[k + 3], ys[k + 4], ys[k + 5]];
    let [a0, a1, a2, a3, a4, a5] = [0, 0, 0, 0, 0, 0];
    let [b0, b1, b2, b3, b4, b5] = [0, 0, 0, 0, 0, 0];
    for (const end = x + D; x < end; ) {
      const u = f[x++];
      const v = f[z++];
      let y = f[y0++];
      a0 += u * y;
      b0 += v * y;
      y = f[y1++];
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

  /** Moves the product of all 1 + e^−|z| so far to the loss: one logarithm for hundreds of predictions. */
  private takeLog(): void {
    this.loss += log(this.factor);
    this.factor = 1;
  }

  /** Sums the gradients of a row that is listed twice in its first place: repeated negatives accumulate. */
  private mergeRepeats(xs: Int32Array, n: number): void {
    const { g, ys, m } = this;
    for (let k = 1; k <= this.negatives; k++) {
      const first = ys.indexOf(ys[k]);
      if (first === k || ys[k] === this.zeroRow) continue;
      ys[k] = this.zeroRow;
      for (let b = 0; b < n; b++) {
        g[b * m + first] += g[b * m + k];
        g[b * m + k] = 0;
      }
    }
    for (let b = 1; b < n; b++) {
      const first = xs.indexOf(xs[b]);
      if (first === b) continue;
      xs[b] = this.zeroRow;
      for (let k = 0; k < m; k++) {
        g[first * m + k] += g[b * m + k];
        g[b * m + k] = 0;
      }
    }
  }

  /**
   * to_b −= Σ_k g[b][k] y_k and y_k −= Σ_b g[b][k] x_b, both from the values before: float by float, a tile of six
   * outputs at a time; what a row becomes goes from tile to tile in `partial`.
   */
  private update(xs: Int32Array, n: number, to = xs): void {
    const { f, g, ys, m, D, partial } = this;
    for (let d = 0; d < D; d++) {
      for (let k = 0; k < m; k += Tile.outputs) {
        const first = k === 0;
        const last = k + Tile.outputs === m;
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
        for (let b = 0, i = k; b < n; b++, i += m) {
          const x = f[xs[b] + d];
          let next = first ? f[to[b] + d] : partial[b];
          let w = g[i];
          n0 -= w * x;
          next -= w * y0;
          w = g[i + 1];
          n1 -= w * x;
          next -= w * y1;
          w = g[i + 2];
          n2 -= w * x;
          next -= w * y2;
          w = g[i + 3];
          n3 -= w * x;
          next -= w * y3;
          w = g[i + 4];
          n4 -= w * x;
          next -= w * y4;
          w = g[i + 5];
          n5 -= w * x;
          next -= w * y5;
          if (last) f[to[b] + d] = next;
          else partial[b] = next;
        }
        f[p0] = n0;
        f[p1] = n1;
        f[p2] = n2;
        f[p3] = n3;
        f[p4] = n4;
        f[p5] = n5;
      }
    }
  }

  /** xoshiro128**, as assembly/random.ts. */
  private random(): number {
    const s = this.state;
    const s1 = s[1];
    const s2 = s[2] ^ s[0];
    const s3 = s[3] ^ s1;
    s[1] = s1 ^ s2;
    s[0] ^= s3;
    s[2] = s2 ^ (s1 << 9);
    s[3] = (s3 << 11) | (s3 >>> 21);
    const r = Math.imul(s1, 5);
    return Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
  }

  /** Uniform integer in [0, n): the high word of random × n, in halves that a double holds exactly. */
  private below(n: number): number {
    const r = this.random();
    return Math.floor(((r >>> 16) * n + Math.floor(((r & 0xffff) * n) / 65536)) / 65536);
  }

  /** Adds what was counted to the parameter block, in the form that the wasm kernels use. */
  private report(): void {
    const { view } = this;
    this.takeLog();
    view.setFloat64(Param.lossLinear, view.getFloat64(Param.lossLinear, true) + this.loss, true);
    for (const [offset, count] of [
      [Param.predictions, this.predictions],
      [Param.trained, this.trained],
    ]) {
      view.setBigInt64(offset, view.getBigInt64(offset, true) + BigInt(count), true);
    }
  }
}
