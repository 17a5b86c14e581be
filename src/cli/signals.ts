// Signals that end a command: the first lets it end in order, the second ends it at once.

import { removeTemporaries } from "../platform/node/files.js";

/** Exit codes as shells give them: 128 and the signal's number. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A run that the user, or the system, stopped by a signal. */
export class Interrupted extends Error {
  override name = "Interrupted";

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** What the command under way does on a signal; none: it is ended at once. */
let stop: ((exitCode: number) => void) | undefined;

/** To be called once. One listener counts: Deno calls those that are added while another runs. */
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

/** Does work that the first signal does not end: `interrupt` is given the exit code, and sees to it that the work ends. */
export async function interruptible<T>(interrupt: (exitCode: number) => void, work: () => Promise<T>): Promise<T> {
  stop = interrupt;
  try {
    return await work();
  } finally {
    stop = undefined;
  }
}
