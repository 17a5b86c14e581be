// The parameters of the hidden-layer network in one WebAssembly.Memory, and the kernel that works on them.
//
//   1024     parameter block             NetworkParam.size bytes, assembly/network-params.ts
//            weights                     W1ᵀ f32[H][inputStride / 4], W2ᵀ f32[C][hiddenStride / 4]: a row for each output, its bias last
//            gradients                   laid out like the weights
//            sums of squared gradients   laid out like the weights, for AdaGrad
//            pointers of weight rows     u32[H in tiles], u32[C in tiles]
//            batch                       pointers of x and h, targets, x, h, ∂J/∂h, ∂J/∂x, scores of both layers
//
// H = hidden units, C = classes. The batch is last, so that it can grow.

import { NetworkAbi, NetworkParam } from "../../assembly/network-params.js";
import { Tile } from "../../assembly/params.js";
import binary from "../../build/network.wasm.gz";
import type { Random } from "../base/random.js";
import { checkAbi, compileWasm, linkWasm } from "../kernel/compile.js";
import { unpack } from "../kernel/embedded.js";
import { advance, type Ptr, ZERO } from "../kernel/kernel.js";
import { Allocator, allocate, growTo, rowStride } from "../kernel/memory.js";
import type { NetworkParameters } from "../math/hidden-layer.js";
import type { Matrix, Vector } from "../math/matrix.js";
import { log } from "../math/power.js";

/** The functions that assembly/network.ts exports. */
interface NetworkKernel {
  abi(): number;
  forward(params: Ptr, n: number): void;
  gradient(params: Ptr, n: number): void;
  descend(p: Ptr, g: Ptr, squares: Ptr, bytes: number, rate: number): void;
}

export interface NetworkShape {
  /** floats of an input, D_x */
  inputs: number;
  /** sigmoid units, H */
  hidden: number;
  /** D_y */
  classes: number;
}

/** A row of numbers, such as a word vector. */
export type Row = ArrayLike<number>;

export class NetworkMemory {
  private readonly kernel: NetworkKernel;
  private readonly memory: WebAssembly.Memory;
  private readonly params: Ptr;
  private readonly inputStride: number;
  private readonly hiddenStride: number;
  private readonly weights: Ptr;
  private readonly gradients: Ptr;
  private readonly squares: Ptr;
  private readonly batchStart: Ptr;
  /** most rows of the batch */
  private capacity = 0;
  private x = ZERO;
  private hiddenRows = ZERO;
  private inputGradients = ZERO;
  private targets = ZERO;
  private z2 = ZERO;
  private tileStride = 0;

  /** Compiles the kernel. @throws KernelError if a policy forbids it; RangeError if the network does not fit into memory */
  static async create(shape: NetworkShape): Promise<NetworkMemory> {
    return new NetworkMemory(await compileWasm("network", await unpack(binary)), shape);
  }

  private constructor(
    module: WebAssembly.Module,
    readonly shape: NetworkShape,
  ) {
    const { inputs, hidden, classes } = shape;
    this.inputStride = rowStride(inputs + 1);
    this.hiddenStride = rowStride(hidden + 1);
    const plan = new Allocator();
    this.params = plan.take(NetworkParam.size);
    this.weights = plan.take(this.bytes);
    this.gradients = plan.take(this.bytes);
    this.squares = plan.take(this.bytes);
    const w1 = plan.take(inTiles(hidden) * 4);
    const w2 = plan.take(inTiles(classes) * 4);
    this.batchStart = plan.end;
    this.memory = allocate(plan.end, false, this.description, "lower hidden");
    this.kernel = linkWasm<NetworkKernel>("network", module, this.memory);
    checkAbi("network", this.kernel, NetworkAbi.version);
    this.listRows(w1, hidden, this.weights, this.inputStride);
    this.listRows(w2, classes, advance(this.weights, hidden * this.inputStride), this.hiddenStride);
    this.set([
      [NetworkParam.w1, w1],
      [NetworkParam.w2, w2],
      [NetworkParam.hidden, hidden],
      [NetworkParam.classes, classes],
      [NetworkParam.inputStride, this.inputStride],
      [NetworkParam.hiddenStride, this.hiddenStride],
      [NetworkParam.gradients1, this.gradients],
      [NetworkParam.gradients2, this.gradients + hidden * this.inputStride],
    ]);
  }

  private get description(): string {
    const { inputs, hidden, classes } = this.shape;
    return `a network of ${inputs} inputs, ${hidden} hidden units and ${classes} classes`;
  }

  /** bytes of all weights */
  private get bytes(): number {
    return this.shape.hidden * this.inputStride + this.shape.classes * this.hiddenStride;
  }

  /** Weights uniform in ±√(6 / (inputs + outputs)) of a layer (Glorot, Bengio 2010), biases 0. */
  initialise(random: Random): void {
    const { inputs, hidden, classes } = this.shape;
    const layer = (from: number, to: number): Vector[] => {
      const bound = Math.sqrt(6 / (from + to));
      return Array.from({ length: from }, () =>
        Float64Array.from({ length: to }, () => (random.next() / 2 ** 31 - 1) * bound),
      );
    };
    this.write("weights", {
      W1: layer(inputs, hidden),
      b1: new Float64Array(hidden),
      W2: layer(hidden, classes),
      b2: new Float64Array(classes),
    });
  }

  /** ŷ of each row, shape (n, C). */
  forward(rows: readonly Row[]): Float32Array[] {
    this.load(rows);
    this.kernel.forward(this.params, rows.length);
    const floats = new Float32Array(this.memory.buffer);
    return rows.map((_, b) =>
      Float32Array.from({ length: this.shape.classes }, (_, k) => {
        return floats[(this.z2 + Math.floor(k / Tile.outputs) * this.tileStride) / 4 + b * 6 + (k % Tile.outputs)];
      }),
    );
  }

  /** Computes the gradient of the mean loss over the rows. @returns the loss */
  gradient(rows: readonly Row[], targets: ArrayLike<number>, wantInputs = false): number {
    this.load(rows);
    new Uint32Array(this.memory.buffer, this.targets, rows.length).set(targets);
    this.set([[NetworkParam.inputGradients, wantInputs ? this.inputGradients : 0]]);
    const view = new DataView(this.memory.buffer, this.params + NetworkParam.loss, 64);
    view.setFloat64(0, 0, true);
    view.setFloat64(16, 1, true);
    view.setBigInt64(48, 0n, true);
    this.kernel.gradient(this.params, rows.length);
    const product = log(view.getFloat64(16, true)) + Number(view.getBigInt64(48, true)) * Math.LN2;
    return (view.getFloat64(0, true) + product) / rows.length;
  }

  /** ∂J/∂x of the last gradient, if it was requested, shape (n, D_x). */
  inputGradient(n: number): Float32Array[] {
    return Array.from({ length: n }, (_, b) =>
      new Float32Array(this.memory.buffer, this.inputGradients + b * this.inputStride, this.shape.inputs).slice(),
    );
  }

  /** Takes a step along the last gradient. */
  descend(rate: number, adagrad: boolean): void {
    this.kernel.descend(this.weights, this.gradients, adagrad ? this.squares : ZERO, this.bytes, rate);
  }

  /** Weights, their last gradients or their sums of squares, in the shapes of docs/math.md. */
  read(what: "weights" | "gradients" | "squares"): NetworkParameters {
    const { inputs, hidden, classes } = this.shape;
    const { first, second } = this.layers(what);
    return {
      W1: columns(first, inputs, hidden),
      b1: Float64Array.from(first, (row) => row[inputs]),
      W2: columns(second, hidden, classes),
      b2: Float64Array.from(second, (row) => row[hidden]),
    };
  }

  /** Sets them. The numbers are rounded to float32. */
  write(what: "weights" | "squares", { W1, b1, W2, b2 }: NetworkParameters): void {
    const { first, second } = this.layers(what);
    first.forEach((row, j) => row.set([...W1.map((from) => from[j]), b1[j]]));
    second.forEach((row, k) => row.set([...W2.map((from) => from[k]), b2[k]]));
  }

  private layers(what: "weights" | "gradients" | "squares"): { first: Float32Array[]; second: Float32Array[] } {
    const { hidden, classes } = this.shape;
    const rows = (start: Ptr, count: number, stride: number) =>
      Array.from({ length: count }, (_, i) => new Float32Array(this.memory.buffer, start + i * stride, stride / 4));
    return {
      first: rows(this[what], hidden, this.inputStride),
      second: rows(advance(this[what], hidden * this.inputStride), classes, this.hiddenStride),
    };
  }

  private load(rows: readonly Row[]): void {
    if (rows.length > this.capacity) this.reserve(rows.length);
    const floats = new Float32Array(this.memory.buffer);
    rows.forEach((row, b) => floats.set(row, (this.x + b * this.inputStride) / 4));
  }

  /** Makes room for a batch of so many rows. */
  private reserve(rows: number): void {
    const { inputs, hidden, classes } = this.shape;
    const tileStride = Math.ceil((rows * Tile.outputs + 2) / 4) * 16;
    const plan = new Allocator(this.batchStart);
    const xs = plan.take(rows * 4);
    const hs = plan.take(rows * 4);
    this.targets = plan.take(rows * 4);
    this.x = plan.take(rows * this.inputStride);
    this.hiddenRows = plan.take(rows * this.hiddenStride);
    const hiddenGradients = plan.take(rows * this.hiddenStride);
    this.inputGradients = plan.take(rows * this.inputStride);
    const z1 = plan.take((inTiles(hidden) / Tile.outputs) * tileStride);
    this.z2 = plan.take((inTiles(classes) / Tile.outputs) * tileStride);
    growTo(this.memory, plan.end, `${this.description} with batches of ${rows}`, "lower batchSize");
    this.tileStride = tileStride;
    this.capacity = rows;
    this.listRows(xs, rows, this.x, this.inputStride);
    this.listRows(hs, rows, this.hiddenRows, this.hiddenStride);
    const floats = new Float32Array(this.memory.buffer);
    floats.fill(0, this.x / 4, plan.end / 4);
    for (let b = 0; b < rows; b++) {
      floats[(this.x + b * this.inputStride) / 4 + inputs] = 1;
      floats[(this.hiddenRows + b * this.hiddenStride) / 4 + hidden] = 1;
    }
    this.set([
      [NetworkParam.xs, xs],
      [NetworkParam.hs, hs],
      [NetworkParam.targets, this.targets],
      [NetworkParam.hiddenGradients, hiddenGradients],
      [NetworkParam.z1, z1],
      [NetworkParam.z2, this.z2],
      [NetworkParam.tileStride, tileStride],
    ]);
  }

  /** Writes pointers of rows, padded to whole tiles with the last one. */
  private listRows(list: Ptr, count: number, start: Ptr, stride: number): void {
    const pointers = new Uint32Array(this.memory.buffer, list, inTiles(count));
    for (let i = 0; i < pointers.length; i++) pointers[i] = start + Math.min(i, count - 1) * stride;
  }

  private set(values: [NetworkParam, number][]): void {
    const view = new DataView(this.memory.buffer, this.params, NetworkParam.size);
    for (const [offset, value] of values) view.setUint32(offset, value, true);
  }
}

function inTiles(rows: number): number {
  return Math.ceil(rows / Tile.outputs) * Tile.outputs;
}

/** Transposes the kernel's rows of outputs to rows of inputs. */
function columns(rows: Float32Array[], inputs: number, outputs: number): Matrix {
  return Array.from({ length: inputs }, (_, i) => Float64Array.from({ length: outputs }, (_, j) => rows[j][i]));
}
