// Special files that can be read only once: named pipes, /dev/stdin, <(…), devices and sockets.

import { constants, createReadStream, open, type Stats } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";

/** Whether a file can be read only once. */
export function isPipe(stats: Stats): boolean {
  return stats.isFIFO() || stats.isCharacterDevice() || stats.isSocket();
}

/**
 * Opens a pipe without blocking a thread. Reading it as a file would block a thread of the process, which then cannot exit until
 * somebody writes.
 * @throws Error if it cannot be opened in this way
 */
export async function openPipe(path: string, stats: Stats): Promise<Readable> {
  const descriptor = descriptorOf(path);
  if (descriptor === 0) return process.stdin;
  try {
    if (process.versions.bun !== undefined) throw new Error("Bun cannot read pipes");
    // a socket cannot be opened again by name
    if (!stats.isSocket()) return await openAgain(path, stats);
    if (descriptor === undefined) throw new Error("it is a socket");
    return new Socket({ fd: descriptor, readable: true, writable: false });
  } catch (cause) {
    throw new Error(
      `cannot read ${JSON.stringify(path)}, which is a pipe or a device: ${(cause as Error).message}; ` +
        "write it to standard input (- on the command line, streamCorpus in a program)",
      { cause },
    );
  }
}

async function openAgain(path: string, stats: Stats): Promise<Readable> {
  const descriptor = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (isatty(descriptor)) return new ReadStream(descriptor);
  if (stats.isCharacterDevice()) return createReadStream(path, { fd: descriptor });
  return new Socket({ fd: descriptor, readable: true, writable: false });
}

/** The descriptor of a file that this process was started with; 0 is standard input. */
function descriptorOf(path: string): number | undefined {
  if (path === "/dev/stdin") return 0;
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}
