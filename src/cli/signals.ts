// Signals that end a command: the first ends it gracefully, the second at once.

import { removeTemporaries } from "../platform/node/files.js";

/** Exit codes as in shells: 128 + the signal's number. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal of the user or the system has stopped the run. */
export class Interrupted extends Error {
  override name = "Interrupted";

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** The current command's reaction to a signal; undefined ends it at once. */
let stop: ((exitCode: number) => void) | undefined;

/** Call this once. There is one listener, because Deno also calls listeners that are added while another one runs. */
export function listenForSignals(): void {
  let isSecond = false;
  for (const [signal, exitCode] of Object.entries(CODES)) {
    process.on(signal, () => {
      if (stop === undefined || isSecond) {
        removeTemporaries();
        process.exit(exitCode);
      }
      isSecond = true;
      stop(exitCode);
    });
  }
}

/** Does work that the first signal does not kill: `interrupt` gets the exit code, and makes the work end. */
export async function interruptible<T>(interrupt: (exitCode: number) => void, work: () => Promise<T>): Promise<T> {
  stop = interrupt;
  try {
    return await work();
  } finally {
    stop = undefined;
  }
}
