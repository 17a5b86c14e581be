// What pages and browsers are to the tests, whoever drives them.

import { existsSync } from "node:fs";

/** A page of one of the browsers, as far as all drivers agree. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  close(): Promise<void>;
}

export interface Browser {
  name: string;
  /** folder that files are downloaded to */
  downloads: string;
  /** whether its pages have SharedArrayBuffer when they are cross-origin isolated */
  sharesMemory: boolean;
  /** whether its pages have the origin private file system */
  privateFiles: boolean;
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** Milliseconds that a browser may take to start, on a busy machine. */
export const START_TIMEOUT = 180_000;

/** @throws Error with the remedy if it is not installed: tests never skip one silently */
export function pathOf(name: string, paths: string[], remedy: string): string {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${name} is not installed (none of ${paths.join(", ")}): ${remedy}`);
  return path;
}
