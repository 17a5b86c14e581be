// Texts that are fetched: an http or https URL in the place of a path. Each pass fetches it again.

import { show } from "../../base/check.js";
import { type BytesRead, bytesOf, openBytes, sizeOf } from "../../text/source.js";

export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** Bytes that a server has for a URL; undefined where it does not say. @throws Error if it has none, or is not reached */
export async function sizeAt(url: string): Promise<number | undefined> {
  // what is compressed on the way has another length
  const response = await request(url, { method: "HEAD", headers: { "accept-encoding": "identity" } });
  // some servers answer GET alone, as those of URLs that are signed for it
  if ([403, 405, 501].includes(response.status)) return undefined;
  if (response.ok) return sizeOf(response);
  throw new Error(`cannot read ${show(url)}: HTTP ${response.status} ${response.statusText}`);
}

export class FetchedText {
  /** of the last pass, if the server told */
  size: number | undefined;

  constructor(readonly name: string) {}

  async *read(onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    const { name } = this;
    const read: BytesRead = { bytes: 0 };
    const opened = await openBytes(() => request(name), name, read);
    this.size = read.total;
    try {
      for await (const bytes of bytesOf(opened, name, read)) {
        onRead(read.bytes);
        yield bytes;
      }
    } catch (error) {
      throw fetchError(error, name);
    }
  }
}

function request(url: string, options?: RequestInit): Promise<Response> {
  return fetch(url, options).catch((error) => {
    throw fetchError(error, url);
  });
}

/** What fetch throws says nothing of why, nor of what. */
function fetchError(error: unknown, url: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const { message, cause } = error as TypeError & { cause?: { message?: string; code?: string } };
  const why = cause?.message || cause?.code;
  return new Error(`cannot read ${show(url)}: ${message}${why ? `: ${why}` : ""}`, { cause: error });
}
