// One batch through a kernel; runs in the worker or in process.

import { Param } from "../../../assembly/params.js";
import type { Trainer } from "../../kernel/kernel.js";
import type { Scratch } from "../../kernel/layout.js";
import { log } from "../../math/power.js";

export interface StepResult {
  /** Σ −log p over the predictions, natural logarithms */
  loss: number;
  predictions: number;
  /** words left after subsampling */
  trained: number;
}

/** Trains on a batch at one learning rate, in the scratch of a lane. */
export function step(
  kernel: Trainer,
  memory: WebAssembly.Memory,
  scratch: Scratch,
  ids: Uint32Array,
  learningRate: number,
): StepResult {
  load(memory, scratch, ids, learningRate);
  kernel.train(scratch.params, ids.length);
  return results(memory, scratch);
}

/** Lays a batch ready. */
function load(memory: WebAssembly.Memory, scratch: Scratch, ids: Uint32Array, learningRate: number): void {
  new Uint32Array(memory.buffer, scratch.ids, ids.length).set(ids);
  new DataView(memory.buffer, scratch.params, Param.size).setFloat32(Param.learningRate, learningRate, true);
  clear(memory, scratch);
}

/** Clears what training counts. */
export function clear(memory: WebAssembly.Memory, scratch: Scratch): void {
  const view = new DataView(memory.buffer, scratch.params, Param.size);
  for (let at: number = Param.lossLinear; at < Param.tileStride; at += 8) view.setFloat64(at, 0, true);
  for (let lane = 0; lane < 4; lane++) view.setFloat64(Param.lossProducts + 8 * lane, 1, true);
}

/** What training has counted since. */
export function results(memory: WebAssembly.Memory, scratch: Scratch): StepResult {
  const view = new DataView(memory.buffer, scratch.params, Param.size);
  let loss = view.getFloat64(Param.lossLinear, true) + view.getFloat64(Param.lossLinear + 8, true);
  for (let lane = 0; lane < 4; lane++) loss += log(view.getFloat64(Param.lossProducts + 8 * lane, true));
  const integer = (offset: number) => Number(view.getBigInt64(offset, true));
  const powers = integer(Param.lossExponents) + integer(Param.lossExponents + 8) - integer(Param.paddingSlots);
  return {
    loss: loss + powers * Math.LN2,
    predictions: integer(Param.predictions),
    trained: integer(Param.trained),
  };
}
