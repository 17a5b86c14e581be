// Scores to gradients and loss in the js kernel, and the gradients of repeated rows: as assembly/sigmoid.ts and repeats.ts.

import { expMinusAbs, log } from "../../math/power.js";

/** Σ −log p; the logistic loss costs a logarithm for hundreds of predictions. */
export class LossSum {
  /** without what is in `factor` */
  private loss = 0;
  private factor = 1;

  /**
   * Replaces the scores g[i …] of m rows by rate × (σ(z) − label), and those of the zero row, which are none, by 0; adds the loss.
   * @returns rows that are not the zero row
   */
  scoresToGradients(
    g: Float64Array,
    i: number,
    ys: Int32Array,
    labels: Uint8Array,
    m: number,
    zeroRow: number,
    rate: number,
  ): number {
    let { loss, factor } = this;
    let valid = 0;
    for (let k = 0; k < m; k++, i++) {
      const z = g[i];
      g[i] = 0;
      if (ys[k] === zeroRow) continue;
      const e = expMinusAbs(z);
      const label = labels[k];
      g[i] = rate * ((z >= 0 ? 1 : e) / (1 + e) - label);
      const wrong = label === 1 ? -z : z;
      if (!(wrong <= 0)) loss += wrong;
      factor *= 1 + e;
      // of hundreds of rows
      if (factor > 1e200) {
        loss += log(factor);
        factor = 1;
      }
      valid++;
    }
    this.loss = loss;
    this.factor = factor;
    if (factor > 1e100) this.takeLog();
    return valid;
  }

  /** Adds loss + log factor. */
  add(loss: number, factor: number): void {
    this.loss += loss;
    this.factor *= factor;
    if (this.factor > 1e100) this.takeLog();
  }

  private takeLog(): void {
    this.loss += log(this.factor);
    this.factor = 1;
  }

  /** The sum so far. */
  get total(): number {
    this.takeLog();
    return this.loss;
  }
}

/** Sums the gradients, [n][m], of an output row from ys[1] to ys[last] that is listed twice in its first place: (4.3) of docs/math.md. */
export function mergeOutputs(
  g: Float64Array,
  n: number,
  ys: Int32Array,
  last: number,
  m: number,
  zeroRow: number,
): void {
  for (let k = 1; k <= last; k++) {
    const first = ys.indexOf(ys[k]);
    if (first === k || ys[k] === zeroRow) continue;
    ys[k] = zeroRow;
    for (let b = 0; b < n; b++) {
      g[b * m + first] += g[b * m + k];
      g[b * m + k] = 0;
    }
  }
}
