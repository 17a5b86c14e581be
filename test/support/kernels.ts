// Kernels for the tests, and which of them this machine has.

import { Seen } from "../../assembly/params";
import debug from "../../build/debug/simd.wasm";
import { fromBase64 } from "../../src/kernel/embedded";
import {
  KERNEL_CHOICES,
  type KernelChoice,
  planKernel,
  startQueries,
  startTrainer,
} from "../../src/kernel/engines/kernels";
import type { QueryKernel, Trainer } from "../../src/kernel/kernel";

async function works(kernel: KernelChoice): Promise<boolean> {
  try {
    await planKernel(kernel, false);
    return true;
  } catch {
    return false;
  }
}

/** All kernels but "auto". relaxed may be missing: Node 20 has it only behind a flag. */
export const kernels: Exclude<KernelChoice, "auto">[] = [];
for (const kernel of KERNEL_CHOICES) if (kernel !== "auto" && (await works(kernel))) kernels.push(kernel);
const missing = KERNEL_CHOICES.filter((kernel) => kernel !== "auto" && !kernels.includes(kernel));
console.info(
  `kernels tested: ${kernels.join(", ")}${missing.length > 0 ? `; NOT on this engine: ${missing.join(", ")}` : ""}`,
);

/** A kernel that users can choose, or the debug binary: the simd kernel with the assertions of assembly/assertions.ts. */
export type TestedKernel = (typeof kernels)[number] | "debug";
export const testedKernels: readonly TestedKernel[] = [...kernels, "debug"];

/** Compiled once for all tests of a file. */
const plans = new Map<TestedKernel, ReturnType<typeof planKernel>>();

async function planTested(name: TestedKernel) {
  let plan = plans.get(name);
  if (plan === undefined) {
    plan = name === "debug" ? planKernel("simd", false, fromBase64(debug)) : planKernel(name, false);
    plans.set(name, plan);
  }
  return plan;
}

/** Adds to the error of a failed assertion what stack and memory say of it: vitest shows no frames of WebAssembly. */
function explained<T extends object>(name: TestedKernel, kernel: T, memory: WebAssembly.Memory): T {
  if (name !== "debug") return kernel;
  const explain = (error: Error) => {
    const [, ...callers] = [...error.stack!.matchAll(/at assembly\/([\w/-]+)/g)].map(([, frame]) => frame);
    const [value, limit] = new Uint32Array(memory.buffer, Seen.value, 2);
    error.message += `: ${callers.join(" < ")}; saw ${value}, held against ${limit}`;
    return error;
  };
  return new Proxy(kernel, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        try {
          return value.apply(target, given);
        } catch (error) {
          throw error instanceof WebAssembly.RuntimeError ? explain(error) : error;
        }
      };
    },
  });
}

/** What trains a memory that is not shared. */
export async function startTested(name: TestedKernel, memory: WebAssembly.Memory): Promise<Trainer> {
  return explained(name, startTrainer(await planTested(name), memory), memory);
}

/** What answers queries to it. */
export async function startTestedQueries(name: TestedKernel, memory: WebAssembly.Memory): Promise<QueryKernel> {
  return explained(name, startQueries(await planTested(name), memory), memory);
}
