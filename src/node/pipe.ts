// Files that are no files: named pipes, /dev/stdin, <(…), devices and sockets, which can be read only once.

import { constants, createReadStream, open, type Stats } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { isatty, ReadStream } from "node:tty";
import { promisify } from "node:util";

/** Whether it can be read only once. */
export function isPipe(stats: Stats): boolean {
  return stats.isFIFO() || stats.isCharacterDevice() || stats.isSocket();
}

/**
 * Opens it so that nothing waits but the event loop: reading a pipe as a file takes a thread of the process, which cannot end
 * until somebody writes.
 * @throws Error if it cannot be opened in this way
 */
export async function openPipe(path: string, stats: Stats): Promise<Readable> {
  try {
    if (stats.isSocket()) return socketOf(path);
    const descriptor = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (isatty(descriptor)) return new ReadStream(descriptor);
    if (stats.isCharacterDevice()) return createReadStream(path, { fd: descriptor });
    return new Socket({ fd: descriptor, readable: true, writable: false });
  } catch (cause) {
    throw new Error(
      `cannot read ${JSON.stringify(path)}, which is a pipe or a device: ${(cause as Error).message}; ` +
        "write it to standard input (- on the command line, streamCorpus in a program)",
      { cause },
    );
  }
}

/** A socket that this process was started with, such as standard input from another program of Node; others have no name to open. */
function socketOf(path: string): Readable {
  const descriptor = path === "/dev/stdin" ? "0" : /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  if (descriptor === undefined) throw new Error("it is a socket");
  return descriptor === "0" ? process.stdin : new Socket({ fd: Number(descriptor), readable: true, writable: false });
}
