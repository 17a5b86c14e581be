// What a training needs of the machine that it runs on.

import type { Channel } from "../base/link.js";
import type { KernelName } from "../kernel/kernel.js";

export interface Machine {
  /** A worker, which reads or trains as its first message says. @param kernel by which it trains, if it does */
  spawn(kernel?: KernelName): Channel;
  /** Threads that the machine runs at once. */
  cores(): number;
}
