// The memory as numbers, and a parameter block in it, for the js kernel.

import { Param } from "../../../assembly/params.js";
import { Random } from "../../base/random.js";
import type { BatchPosition, Ptr, WordId } from "../kernel.js";

export class Block {
  /** The whole memory; numbers of rows are indices into it. */
  readonly f: Float32Array;
  readonly u: Uint32Array;
  readonly bytes: Uint8Array;
  /** The learning rate, of a line times what it counts. */
  rate: number;
  readonly random: Random;
  private readonly view: DataView;
  private readonly randomState: Uint32Array;

  constructor(
    private readonly buffer: ArrayBufferLike,
    params: Ptr,
  ) {
    this.f = new Float32Array(buffer);
    this.u = new Uint32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer, params, Param.size);
    this.rate = this.view.getFloat32(Param.learningRate, true);
    this.randomState = new Uint32Array(buffer, params + Param.randomState, 4);
    this.random = new Random(this.randomState);
  }

  integer(offset: Param): number {
    return this.view.getUint32(offset, true);
  }

  /** The word at a position, which is an index into `u`. */
  word(position: BatchPosition): WordId {
    return this.u[position] as WordId;
  }

  /** Floats that a parameter points to; none if it is 0. */
  list(offset: Param, length: number): Float32Array {
    const start = this.integer(offset);
    return new Float32Array(this.buffer, start, start === 0 ? 0 : length);
  }

  /** Hands the generator's state on, and adds what was counted, in the form that the wasm kernels use. */
  report({ loss, predictions, trained }: { loss: number; predictions: number; trained: number }): void {
    const { view } = this;
    this.randomState.set(this.random.state);
    view.setFloat64(Param.lossLinear, view.getFloat64(Param.lossLinear, true) + loss, true);
    for (const [offset, count] of [
      [Param.predictions, predictions],
      [Param.trained, trained],
    ]) {
      view.setBigInt64(offset, view.getBigInt64(offset, true) + BigInt(count), true);
    }
  }
}
