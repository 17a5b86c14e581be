// The network of one hidden layer: h = σ(x W1 + b1), ŷ = softmax(h W2 + b2); (7.1) to (7.8) of docs/math.md.
// The ABI of the binary for HiddenLayerNetwork: exports only, one import, env.memory; see network-params.ts.
// A bias is the weight of an input that is always 1: x and h carry that 1 after their last float. σ′ = h (1 − h) is 0
// there, and in the padding, so neither needs a case of its own.

import { constant, mul, sub } from "./lanes";
import { NetworkAbi, NetworkParam } from "./network-params";
import { Tile } from "./params";
import { addRows } from "./rows";
import { sigmoid } from "./sigmoid";
import { maximum, softmaxRow, softmaxRowToGradients } from "./softmax";
import { dots1x6, dots2x6 } from "./vector";

/** The version of network-params.ts that the binary was built with. */
export function abi(): u32 {
  return NetworkAbi.version;
}

/** Probabilities ŷ of n rows in z2, hidden rows beside. */
export function forward(params: usize, n: u32): void {
  const z: usize = load<u32>(params, NetworkParam.z2);
  const tileStride: usize = load<u32>(params, NetworkParam.tileStride);
  const classes = load<u32>(params, NetworkParam.classes);
  scores(params, n);
  for (let row = z, end = z + <usize>n * 24; row < end; row += 24) {
    softmaxRow(row, tileStride, classes, maximum(row, tileStride, classes), 1);
  }
}

/** Adds up the loss of n rows and leaves the gradients of their mean loss. */
export function gradient(params: usize, n: u32): void {
  const classes = load<u32>(params, NetworkParam.classes);
  const hidden = load<u32>(params, NetworkParam.hidden);
  const hiddenStride: usize = load<u32>(params, NetworkParam.hiddenStride);
  const inputStride: usize = load<u32>(params, NetworkParam.inputStride);
  const tileStride: usize = load<u32>(params, NetworkParam.tileStride);
  const z2: usize = load<u32>(params, NetworkParam.z2);
  const w2: usize = load<u32>(params, NetworkParam.w2);
  const hs: usize = load<u32>(params, NetworkParam.hs);
  const hiddenGradients: usize = load<u32>(params, NetworkParam.hiddenGradients);
  scores(params, n);
  for (let b: u32 = 0; b < n; b++) {
    const target = load<u32>(load<u32>(params, NetworkParam.targets) + (<usize>b << 2));
    softmaxRowToGradients(z2 + <usize>b * 24, tileStride, classes, target, <f32>1 / <f32>n, params + NetworkParam.loss);
  }
  // ∂J/∂W2 = hᵀ ∂J/∂z2, ∂J/∂h = ∂J/∂z2 W2ᵀ
  const gradients2: usize = load<u32>(params, NetworkParam.gradients2);
  memory.fill(gradients2, 0, <usize>classes * hiddenStride);
  memory.fill(hiddenGradients, 0, <usize>n * hiddenStride);
  for (let k: u32 = 0; k < classes; k++) {
    const g = z2 + <usize>(k / Tile.outputs) * tileStride + (<usize>(k % Tile.outputs) << 2);
    addRows(hs, n, g, 24, gradients2 + <usize>k * hiddenStride, hiddenStride);
  }
  for (let b: u32 = 0; b < n; b++) {
    const to = hiddenGradients + <usize>b * hiddenStride;
    for (let k: u32 = 0; k < classes; k += Tile.outputs) {
      const g = z2 + <usize>(k / Tile.outputs) * tileStride + <usize>b * 24;
      addRows(w2 + (<usize>k << 2), min<u32>(Tile.outputs, classes - k), g, 4, to, hiddenStride);
    }
    differentiate(load<u32>(hs + (<usize>b << 2)), to, hiddenStride);
  }
  // ∂J/∂W1 = xᵀ ∂J/∂z1, ∂J/∂x = ∂J/∂z1 W1ᵀ
  const xs: usize = load<u32>(params, NetworkParam.xs);
  const gradients1: usize = load<u32>(params, NetworkParam.gradients1);
  memory.fill(gradients1, 0, <usize>hidden * inputStride);
  for (let j: u32 = 0; j < hidden; j++) {
    addRows(xs, n, hiddenGradients + (<usize>j << 2), hiddenStride, gradients1 + <usize>j * inputStride, inputStride);
  }
  const inputGradients: usize = load<u32>(params, NetworkParam.inputGradients);
  if (inputGradients == 0) return;
  memory.fill(inputGradients, 0, <usize>n * inputStride);
  for (let b: u32 = 0; b < n; b++) {
    const g = hiddenGradients + <usize>b * hiddenStride;
    addRows(load<u32>(params, NetworkParam.w1), hidden, g, 4, inputGradients + <usize>b * inputStride, inputStride);
  }
}

/** p −= rate × g; with squares (AdaGrad, Duchi et al. 2011): s += g², p −= rate × g / (√s + 1e-8). bytes: a multiple of 16. */
export function descend(p: usize, g: usize, squares: usize, bytes: usize, rate: f32): void {
  const rates = constant<v128>(rate);
  for (const end = p + bytes; p < end; p += 16, g += 16) {
    const gradient = v128.load(g);
    let step = mul<v128>(rates, gradient);
    if (squares) {
      const sum = f32x4.add(v128.load(squares), mul<v128>(gradient, gradient));
      v128.store(squares, sum);
      step = f32x4.div(step, f32x4.add(f32x4.sqrt(sum), constant<v128>(1e-8)));
      squares += 16;
    }
    v128.store(p, sub<v128>(v128.load(p), step));
  }
}

/** z1 of n rows, their hidden rows, z2. */
function scores(params: usize, n: u32): void {
  const hidden = load<u32>(params, NetworkParam.hidden);
  const xs: usize = load<u32>(params, NetworkParam.xs);
  const hs: usize = load<u32>(params, NetworkParam.hs);
  const z1: usize = load<u32>(params, NetworkParam.z1);
  const tileStride: usize = load<u32>(params, NetworkParam.tileStride);
  layer(xs, n, load<u32>(params, NetworkParam.w1), hidden, load<u32>(params, NetworkParam.inputStride), z1, tileStride);
  for (let b: u32 = 0; b < n; b++) activate(z1 + <usize>b * 24, tileStride, load<u32>(hs + (<usize>b << 2)), hidden);
  layer(
    hs, n, load<u32>(params, NetworkParam.w2), load<u32>(params, NetworkParam.classes),
    load<u32>(params, NetworkParam.hiddenStride), load<u32>(params, NetworkParam.z2), tileStride,
  );
}

/** z[tile][b][6] = x_b · w_k for n rows and `outputs` rows of weights. */
function layer(xs: usize, n: u32, ws: usize, outputs: u32, stride: usize, z: usize, tileStride: usize): void {
  for (let k: u32 = 0; k < outputs; k += Tile.outputs, z += tileStride, ws += Tile.outputs << 2) {
    let p = xs;
    let to = z;
    for (const end = xs + ((<usize>n & ~1) << 2); p < end; p += 8, to += 48) dots2x6(load<u32>(p), load<u32>(p, 4), ws, stride, to);
    if (n & 1) dots1x6(load<u32>(p), ws, stride, to);
  }
}

/** h_j = σ(z_j); the 1 for the bias and the zeros after it stay. */
function activate(z: usize, tileStride: usize, h: usize, hidden: u32): void {
  for (let j: u32 = 0; j < hidden; j++) {
    const place = z + <usize>(j / Tile.outputs) * tileStride + (<usize>(j % Tile.outputs) << 2);
    store<f32>(h + (<usize>j << 2), sigmoid<f32>(load<f32>(place)));
  }
}

/** g becomes g ∘ h (1 − h). */
function differentiate(h: usize, g: usize, stride: usize): void {
  const one = constant<v128>(1);
  for (const end = h + stride; h < end; h += 16, g += 16) {
    const value = v128.load(h);
    v128.store(g, mul<v128>(v128.load(g), mul<v128>(value, sub<v128>(one, value))));
  }
}
