// Bounds from int8 codes rule out most rows of a search without reading the rows: codes are a quarter of the bytes, and reading
// memory is what a search for the ten nearest takes its time for. The bounds hold strictly, so no row is missed.

import { CodeParam } from "../../assembly/params.js";
import type { Ptr, Quantizer, QueryKernel } from "../kernel/kernel.js";
import { Allocator, allocate } from "../kernel/memory.js";

/** Rows encoded at a time. */
const BLOCK = 1024;

/**
 * u is a row scaled to length 1, û = s c its code, q the query scaled to length 1 and q̂ its code:
 * q·u = q̂·û + q̂·(u − û) + (q − q̂)·u, so q·u ≤ q̂·û + |q̂| |u − û| + |q − q̂|; the lower bound has the same terms.
 */
export class QuantizedRows {
  private readonly kernel: Quantizer;
  private readonly memory: WebAssembly.Memory;
  private readonly codeStride: number;
  private readonly params: Ptr;
  private readonly view: DataView;
  private readonly query: Ptr;
  private readonly codes: Ptr;
  private readonly scales: Ptr;
  private readonly errors: Ptr;
  private readonly bounds: Ptr;
  private readonly block: Ptr;
  private readonly norms: Ptr;

  /**
   * Allocates dim + 12 bytes a row.
   * @param stride floats from a row to the next
   * @throws RangeError if there is no memory for it
   */
  constructor(
    kernel: QueryKernel,
    shared: boolean,
    private readonly count: number,
    private readonly dim: number,
    private readonly stride: number,
  ) {
    this.codeStride = Math.ceil(dim / 16) * 16;
    const plan = new Allocator();
    this.params = plan.take(CodeParam.size);
    this.query = plan.take(2 * this.codeStride);
    this.codes = plan.take(count * this.codeStride);
    [this.scales, this.errors, this.bounds] = [1, 2, 3].map(() => plan.take(count * 4));
    this.block = plan.take(BLOCK * stride * 4);
    this.norms = plan.take(BLOCK * 4);
    this.memory = allocate(plan.end, shared, `codes of ${count} rows of dim ${dim}`);
    this.kernel = kernel.fork(this.memory);
    this.view = new DataView(this.memory.buffer, this.params, CodeParam.size);
    this.set(
      [CodeParam.codeStride, this.codeStride],
      [CodeParam.rows, this.block],
      [CodeParam.norms, this.norms],
      [CodeParam.stride, stride * 4],
      [CodeParam.dim, dim],
      [CodeParam.query, this.query],
      [CodeParam.bounds, this.bounds],
    );
  }

  private set(...integers: [CodeParam, number][]): void {
    for (const [offset, value] of integers) this.view.setUint32(offset, value, true);
  }

  /** Has the kernel work on the codes of so many rows. */
  private setRows(first: number, rowCount: number): void {
    this.set(
      [CodeParam.codes, this.codes + first * this.codeStride],
      [CodeParam.scales, this.scales + first * 4],
      [CodeParam.errors, this.errors + first * 4],
      [CodeParam.rowCount, rowCount],
    );
  }

  /** Encodes the rows. @param norms the length of each row */
  encode(rows: Float32Array, norms: Float32Array): void {
    const { count, stride, block } = this;
    const { buffer } = this.memory;
    for (let first = 0; first < count; first += BLOCK) {
      const rowCount = Math.min(BLOCK, count - first);
      new Float32Array(buffer, block, rowCount * stride).set(
        rows.subarray(first * stride, (first + rowCount) * stride),
      );
      new Float32Array(buffer, this.norms, rowCount).set(norms.subarray(first, first + rowCount));
      this.setRows(first, rowCount);
      this.kernel.encodeRows(this.params);
    }
  }

  /**
   * Those of the first `rows` rows whose cosine with the query may be among the highest, in the order of the rows.
   * @param query of length 1
   * @param best keeps the highest of the values offered to it; as many as are sought
   * @param isWanted rows for which it is false are skipped
   */
  candidates(
    query: Float32Array,
    rows: number,
    best: { readonly threshold: number; offer(row: number, value: number): void },
    isWanted: (row: number) => boolean,
  ): number[] {
    const scale = query.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / 127;
    const { buffer } = this.memory;
    const codes = new Int16Array(buffer, this.query, this.codeStride).fill(0);
    let [squares, error] = [0, 0];
    query.forEach((x, d) => {
      codes[d] = scale > 0 ? Math.round(x / scale) : 0;
      squares += (scale * codes[d]) ** 2;
      error += (x - scale * codes[d]) ** 2;
    });
    const norm = Math.sqrt(squares);
    // the rounding error of a float32 product of unit vectors is at most dim 2⁻²⁴ (6e-8 dim); all other errors are less than 50 × 2⁻²⁴
    const slack = Math.sqrt(error) + 2e-7 * (this.dim + 50);
    this.setRows(0, rows);
    this.view.setFloat32(CodeParam.scale, scale, true);
    this.view.setFloat32(CodeParam.norm, norm, true);
    this.view.setFloat32(CodeParam.slack, slack, true);
    this.kernel.boundRows(this.params);
    const above = new Float32Array(buffer, this.bounds, rows);
    const off = new Float32Array(buffer, this.errors, rows);
    let { threshold } = best;
    for (let row = 0; row < rows; row++) {
      if (!(above[row] > threshold)) continue;
      const below = above[row] - 2 * (norm * off[row] + slack);
      if (!(below > threshold) || !isWanted(row)) continue;
      best.offer(row, below);
      threshold = best.threshold;
    }
    const found: number[] = [];
    // NaN bounds exclude no row
    for (let row = 0; row < rows; row++) if (!(above[row] < threshold) && isWanted(row)) found.push(row);
    return found;
  }
}
