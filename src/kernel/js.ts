// The same update in plain JavaScript: honest rival, second opinion for the tests, and fallback without WebAssembly SIMD.
// Arithmetic is double, rows are float32. Letters: D = floats in a row (stride / 4), n = context rows, m = output rows.
// Row numbers are indices into the Float32Array of the whole memory.

import { Mark, Model, Param } from "../../assembly/params.js";
import { log } from "../math/power.js";
import type { Kernel, Ptr } from "./kernel.js";

/** 2^n for n = −126 … 0, at n + 126. */
const POWERS = Float64Array.from({ length: 127 }, (_, i) => 1 / Number(1n << BigInt(126 - i)));

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
  /** Rows of a prediction or window: n inputs, m outputs in whole triples, filled up with the zero row. */
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
    this.m = Math.ceil((1 + this.negatives) / 3) * 3;
    this.xs = new Int32Array(2 * this.window);
    this.ys = new Int32Array(this.m).fill(this.zeroRow);
    this.g = new Float64Array(2 * this.window * this.m);
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
    const { f, g, ys, m, D, rate } = this;
    for (let b = 0; b < n; b++) {
      for (let k = 0; k < m; k++) {
        const i = b * m + k;
        g[i] = 0;
        if (ys[k] === this.zeroRow) continue;
        const z = dot(f, xs[b], ys[k], D);
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

  /** to_b −= Σ_k g[b][k] y_k and y_k −= Σ_b g[b][k] x_b, both from the values before, three outputs at a time. */
  private update(xs: Int32Array, n: number, to = xs): void {
    const { f, g, ys, m, D, partial } = this;
    for (let d = 0; d < D; d++) {
      for (let b = 0; b < n; b++) partial[b] = f[to[b] + d];
      for (let k = 0; k < m; k += 3) {
        const y0 = f[ys[k] + d];
        const y1 = f[ys[k + 1] + d];
        const y2 = f[ys[k + 2] + d];
        let new0 = y0;
        let new1 = y1;
        let new2 = y2;
        for (let b = 0, i = k; b < n; b++, i += m) {
          const x = f[xs[b] + d];
          const g0 = g[i];
          const g1 = g[i + 1];
          const g2 = g[i + 2];
          new0 -= g0 * x;
          new1 -= g1 * x;
          new2 -= g2 * x;
          partial[b] -= g0 * y0 + g1 * y1 + g2 * y2;
        }
        f[ys[k] + d] = new0;
        f[ys[k + 1] + d] = new1;
        f[ys[k + 2] + d] = new2;
      }
      for (let b = 0; b < n; b++) f[to[b] + d] = partial[b];
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

/** e^−|z|, as assembly/sigmoid.ts. */
function expMinusAbs(z: number): number {
  const a = z < -87 || z > 87 ? -87 : -Math.abs(z);
  const n = Math.round(a * Math.LOG2E);
  const r = a - n * Math.LN2;
  const p = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))));
  return p * POWERS[n + 126];
}
