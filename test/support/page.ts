// What pages and browsers are to the tests, whoever drives them.

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
