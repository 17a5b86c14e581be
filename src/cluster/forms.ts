// What others say of themselves in Redis: data, whose form is checked, and which is left out where it has another one.

import type { HostProgress } from "../train/execution/runner.js";
import type { Member } from "./records.js";
import type { RunProgress, RunRecord, WorkerRecord } from "./seen.js";

/** What each field must be. */
type Form<T> = { readonly [Field in keyof T]-?: (value: unknown) => boolean };

/** Characters of a name at most: paths may be long. */
const LONGEST = 2 ** 16;

const isText = (value: unknown) => typeof value === "string" && value.length <= LONGEST;
const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isCount = (value: unknown) => isNumber(value) && Number.isSafeInteger(value);
const isThreads = (value: unknown) => isCount(value) && (value as number) > 0;
const orNone = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

export const WORKER: Form<WorkerRecord> = {
  id: isText,
  version: isText,
  host: isText,
  pid: isCount,
  threads: isThreads,
};

export const RUN: Form<RunRecord> = {
  ...{ id: isText, version: isText, host: isText, pid: isCount, began: isNumber, corpus: isText },
  kind: (value) => value === "count" || value === "train",
  ...{ words: orNone(isCount), dim: orNone(isCount), blocks: orNone(isCount) },
  ...{ memory: orNone(isNumber), epochs: orNone(isCount) },
};

export const PROGRESS: Form<RunProgress> = {
  share: isNumber,
  epoch: isCount,
  words: isNumber,
  wordsPerSecond: isNumber,
};

export const HOST: Form<HostProgress> = {
  ...{ name: isText, threads: isThreads, words: isNumber, training: isNumber, waiting: isNumber },
  ...{ blocks: isCount, bytes: isCount },
};

export const MEMBER: Form<Member> = { threads: isThreads, blocks: isCount, batches: isCount };

/** What is written as JSON; undefined where it has another form, or there is nothing. */
export function formed<T extends object>(json: string | null, form: Form<T>): T | undefined {
  try {
    const value = JSON.parse(json ?? "");
    const fields = Object.entries(form) as [string, (field: unknown) => boolean][];
    return fields.every(([name, is]) => is(value[name])) ? value : undefined;
  } catch {
    return undefined;
  }
}
