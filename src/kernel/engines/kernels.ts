// From a kernel's name to a kernel.

import type { Kernel, KernelName } from "../kernel.js";
import { compile, instantiate, type WasmSource } from "./wasm.js";

/** `auto` is `simd`, the fastest whose arithmetic is exact to the bit on every machine. */
export type KernelChoice = "auto" | "simd" | "relaxed" | "scalar" | "js";
export const KERNEL_CHOICES: readonly KernelChoice[] = ["auto", "simd", "relaxed", "scalar", "js"];

/** A kernel that awaits its memory, and can be sent to a worker. */
export interface KernelPlan {
  name: KernelName;
  /** none for js */
  module?: WebAssembly.Module;
}

export function kernelName(choice: KernelChoice): KernelName {
  return choice === "auto" ? "simd" : choice;
}

export async function planKernel(
  choice: KernelChoice,
  shared: boolean,
  wasm?: WasmSource,
  fetchBytes?: (url: URL | string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<KernelPlan> {
  const name = kernelName(choice);
  const plan: KernelPlan = name === "js" ? { name } : { name, module: await compile(name, shared, wasm, fetchBytes) };
  await loadKernel(plan);
  return plan;
}

/** A page that does not ask for the js kernel does not load it. */
let createJsKernel: (memory: WebAssembly.Memory) => Kernel;

/** To be awaited once in each thread, before kernels are started there. */
export async function loadKernel({ name }: KernelPlan): Promise<void> {
  if (name === "js") ({ createJsKernel } = await import("../js/js-kernel.js"));
}

export function startKernel(plan: KernelPlan, memory: WebAssembly.Memory): Kernel {
  return plan.name === "js" ? createJsKernel(memory) : instantiate(plan.name, plan.module!, memory);
}
