// What must happen in Redis at once or not at all, as scripts. Each begins with whether the run goes on and whether who writes still has
// its rows: a worker that was stopped and comes back finds another one in its place.

import type { Redis, RunKeys } from "./connection.js";

/** Rows that a worker trains, until another one is given them. */
export interface Lease {
  /** of the plan and its group */
  name: string;
  /** counts who had them */
  fence: number;
}

/** No rows: the driver writes. */
const DRIVER: Lease = { name: "", fence: 0 };

/** Another worker was given the rows. */
export class FencedError extends Error {
  override name = "FencedError";
}

/** The run has ended, or is no longer in Redis. */
export class RunEndedError extends Error {
  override name = "RunEndedError";
}

/** Redis has lost what was written: it was started again with data of an earlier moment. */
export class RolledBackError extends Error {
  override name = "RolledBackError";
}

const CHECKED = `
if redis.call("exists", KEYS[1]) == 0 then return "ended" end
if ARGV[1] ~= "" and redis.call("hget", KEYS[2], ARGV[1]) ~= ARGV[2] then return "fenced" end
local function at(row) return tonumber(redis.call("hget", KEYS[3], row) or "0") end
`;

/** KEYS about, fences, at, value, channel. ARGV lease, fence, row and rotation that consume it, field, bytes, topic */
const WRITE = `${CHECKED}
if at(ARGV[3]) > tonumber(ARGV[4]) then return "consumed" end
redis.call("hset", KEYS[4], ARGV[5], ARGV[6])
if ARGV[7] ~= "" then redis.call("publish", KEYS[5], ARGV[7]) end
return "kept"
`;

/** KEYS about, fences. ARGV lease */
const TAKE = `
if redis.call("exists", KEYS[1]) == 0 then return "ended" end
return redis.call("hincrby", KEYS[2], ARGV[1], 1)
`;

/**
 * KEYS about, fences, at, reports, hosts, channel, values written, values consumed. ARGV lease, fence, rotation, first row, last row,
 * report's field, report, host, progress, topic, number of values written, then of each the row and rotation that consume it
 */
const COMMIT = `${CHECKED}
local rotation = tonumber(ARGV[3])
local written = tonumber(ARGV[11])
for i = 1, written do
  local row, due = ARGV[10 + 2 * i], tonumber(ARGV[11 + 2 * i])
  if redis.call("hexists", KEYS[6 + i], "seal") == 0 and at(row) <= due then return "lost" end
end
for row = tonumber(ARGV[4]), tonumber(ARGV[5]) do
  if at(row) ~= rotation then return "lost" end
end
for row = tonumber(ARGV[4]), tonumber(ARGV[5]) do redis.call("hset", KEYS[3], row, rotation + 1) end
redis.call("hset", KEYS[4], ARGV[6], ARGV[7])
redis.call("hset", KEYS[5], ARGV[8], ARGV[9])
for i = 7 + written, #KEYS do redis.call("unlink", KEYS[i]) end
redis.call("publish", KEYS[6], ARGV[10])
return "kept"
`;

function checked(answer: unknown, lease: Lease): string {
  if (answer === "ended") throw new RunEndedError("the run has ended");
  if (answer === "fenced") throw new FencedError(`another worker was given the rows of ${lease.name}`);
  if (answer === "lost") throw new RolledBackError("Redis was started again and has lost what was written last");
  return String(answer);
}

/** Who consumes a value, and deletes it then. */
export interface Consumer {
  row: number;
  rotation: number;
}

/** A field of a value. @param topic that is announced with it @returns whether it is wanted: it may have been consumed before */
export async function writeField(
  redis: Redis,
  run: RunKeys,
  {
    lease = DRIVER,
    key,
    consumer,
    field,
    bytes,
    topic = "",
  }: {
    lease?: Lease;
    key: string;
    consumer: Consumer;
    field: string;
    bytes: Buffer | string;
    topic?: string;
  },
): Promise<boolean> {
  const keys = [run.about, run.key("fences"), run.key("at"), key, run.key("news")];
  const { row, rotation } = consumer;
  const values = [lease.name, lease.fence, row, rotation, field, bytes, topic];
  return checked(await redis.eval(WRITE, keys.length, ...keys, ...values), lease) === "kept";
}

/** Takes rows over from whoever had them. */
export async function takeLease(redis: Redis, run: RunKeys, name: string): Promise<Lease> {
  const lease = { name, fence: 0 };
  const fence = checked(await redis.eval(TAKE, 2, run.about, run.key("fences"), name), lease);
  return { name, fence: Number(fence) };
}

/** The field of the report of some rows. */
export function fieldOf({ from, to }: { from: number; to: number }): string {
  return `${from}-${to}`;
}

/** What a rotation of some rows came to. */
export interface Commit {
  lease: Lease;
  rotation: number;
  rows: { from: number; to: number };
  report: string;
  host: string;
  progress: string;
  written: readonly { key: string; consumer: Consumer }[];
  consumed: readonly string[];
}

/** Ends a rotation of some rows: all at once. */
export async function commit(redis: Redis, run: RunKeys, done: Commit): Promise<void> {
  const { lease, rotation, rows, report, host, progress, written, consumed } = done;
  const shared = [run.about, ...["fences", "at", `reports:${rotation}`, "hosts", "news"].map(run.key)];
  const keys = [...shared, ...written.map(({ key }) => key), ...consumed];
  const values = [lease.name, lease.fence, rotation, rows.from, rows.to - 1, fieldOf(rows), report, host, progress];
  const consumers = written.flatMap(({ consumer }) => [consumer.row, consumer.rotation]);
  const all = [...values, "done", written.length, ...consumers];
  checked(await redis.eval(COMMIT, keys.length, ...keys, ...all), lease);
}

/** KEYS about, hash. ARGV field, value */
const LEAVE = `
if redis.call("exists", KEYS[1]) == 0 then return 0 end
redis.call("hset", KEYS[2], ARGV[1], ARGV[2])
return 1
`;

/** Leaves a field of a hash with a run that is still there. @returns whether it is */
export async function leaveField(
  redis: Redis,
  run: RunKeys,
  hash: string,
  field: string,
  value: Buffer | string,
): Promise<boolean> {
  return (await redis.eval(LEAVE, 2, run.about, hash, field, value)) === 1;
}

/** KEYS about, name before, name after */
const RENAME = 'if redis.call("exists", KEYS[1]) == 1 then redis.call("rename", KEYS[2], KEYS[3]) end';

/** Gives a key of a run that is still there the name by which others look for it. */
export async function renameKey(redis: Redis, run: RunKeys, before: string, after: string): Promise<void> {
  await redis.eval(RENAME, 3, run.about, before, after);
}
