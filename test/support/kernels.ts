// Kernels for the tests, and which of them this machine has.

import { KERNEL_CHOICES, type KernelChoice, planKernel } from "../../src/kernel/engines/kernels";

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
