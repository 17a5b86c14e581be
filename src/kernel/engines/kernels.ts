// The registry of kernels by name. A kernel runs on the CPU, in the thread that calls it, and both trains and scores. An engine that
// trains elsewhere is no kernel: queries to its models use one of these.

import type { KernelName, QueryKernel, Trainer } from "../kernel.js";
import { compile, instantiate, isWasm, type WasmSource } from "./wasm.js";

/** A kernel that awaits its memory, and can be sent to a worker. */
export interface KernelPlan {
  name: KernelName;
  /** none where the kernel is JavaScript */
  module?: WebAssembly.Module;
}

/** Starts a kernel on a memory. */
type Start = (memory: WebAssembly.Memory, plan: KernelPlan) => Trainer & QueryKernel;

interface KernelEntry {
  /** Whether training gives the same bytes on every machine; all exact kernels give the same. */
  readonly exact: boolean;
  /** Gets ready what starts it, once in each thread. */
  load(): Promise<Start>;
}

const loadWasm = async (): Promise<Start> => (memory, plan) => instantiate(plan.name, plan.module!, memory);

export const KERNELS: Readonly<Record<KernelName, KernelEntry>> = {
  simd: { exact: true, load: loadWasm },
  relaxed: { exact: false, load: loadWasm },
  scalar: { exact: true, load: loadWasm },
  // a page that does not ask for it does not load it
  js: { exact: false, load: async () => (await import("../js/js-kernel.js")).createJsKernel },
};

/** `auto` is the fastest that is exact. */
const AUTO: KernelName = "simd";

export type KernelChoice = "auto" | KernelName;
export const KERNEL_CHOICES: readonly KernelChoice[] = ["auto", ...(Object.keys(KERNELS) as KernelName[])];

export function kernelName(choice: KernelChoice): KernelName {
  return choice === "auto" ? AUTO : choice;
}

/** Whether training with it gives the same bytes on every machine. */
export function isExact(choice: KernelChoice): boolean {
  return KERNELS[kernelName(choice)].exact;
}

/** Whether it is WebAssembly, of which a binary can be handed in. */
export function takesBinary(choice: KernelChoice): boolean {
  return isWasm(kernelName(choice));
}

/** @throws KernelError if this engine or a policy refuses it, or the binary was built for another ABI */
export async function planKernel(
  choice: KernelChoice,
  shared: boolean,
  wasm?: WasmSource,
  fetchBytes?: (url: URL | string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<KernelPlan> {
  const name = kernelName(choice);
  const plan: KernelPlan = { name };
  if (isWasm(name)) plan.module = await compile(name, shared, wasm, fetchBytes);
  await loadKernel(plan);
  return plan;
}

const loaded = new Map<KernelName, Start>();

/** To be awaited once in each thread, before kernels are started there. */
async function loadKernel({ name }: KernelPlan): Promise<void> {
  loaded.set(name, await KERNELS[name].load());
}

/** What trains a memory. */
export function startTrainer(plan: KernelPlan, memory: WebAssembly.Memory): Trainer {
  return loaded.get(plan.name)!(memory, plan);
}

/** What trains a memory, in a thread that has loaded nothing yet. */
export async function loadTrainer(plan: KernelPlan, memory: WebAssembly.Memory): Promise<Trainer> {
  await loadKernel(plan);
  return startTrainer(plan, memory);
}

/** What answers queries to a memory. */
export function startQueries(plan: KernelPlan, memory: WebAssembly.Memory): QueryKernel {
  return loaded.get(plan.name)!(memory, plan);
}
