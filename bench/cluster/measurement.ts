// One measurement: a Redis, workers and a driver are started, and looked at while they train.

import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Conditions, Place } from "./place.js";

/** What is measured. */
export interface Plan extends Conditions {
  hosts: number;
  /** milliseconds each way, between hosts and Redis, on the real network */
  latency: number;
  corpus: string;
  parts: number;
  /** in which epoch, and at least so long, on the wall clock */
  epoch: number;
  seconds: number;
  /** programs */
  redisServer: string;
  cli: string;
  self: string;
}

/** What the driver sees when a chunk is done. Seconds and bytes are sums of the run. */
export interface Mark {
  seconds: number;
  words: number;
  /** of all hosts */
  training: number;
  waiting: number;
  /** out of Redis and into it, as Redis counts */
  out: number;
  in: number;
}

/** What came to pass between the first mark and the last. */
export interface Measured {
  /** on the wall clock */
  wordsPerSecond: number;
  words: number;
  training: number;
  waiting: number;
  out: number;
  in: number;
  /** words of it, and of the text */
  vocabulary: number;
  text: number;
}

/** What the driver, and one machine alone, are told to do: the argument of the bench's own file. */
export interface DriverTask {
  corpus: string;
  parts: number;
  epoch: number;
  seconds: number;
  hosts: number;
  /** none: this machine trains, on one thread */
  url?: string;
}

/** What they print, a line each. */
export type DriverLine = { mark: Mark } | Pick<Measured, "vocabulary" | "text">;

const [REDIS_PORT, PROXY_PORT] = [16_379, 16_380];

/** The places that are not removed yet: whoever interrupts the bench removes them. */
export const open = new Set<Place>();

/** Trains on hosts with one thread each. @throws Error if one of the processes fails */
export async function measureCluster(plan: Plan): Promise<Measured> {
  const { hosts, latency, slowdown, redisServer, cli, self } = plan;
  return inPlace(plan, async (place) => {
    const address = place.addHost("redis");
    const flags = ["--port", `${REDIS_PORT}`, "--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""];
    const redis = place.start("redis", [redisServer, ...flags, "--maxmemory-policy", "noeviction"]);
    await lineWith(redis.stdout, "Ready to accept connections");
    let port = REDIS_PORT;
    if (latency > 0) {
      port = PROXY_PORT;
      const task = { server: { host: "127.0.0.1", port: REDIS_PORT }, delay: latency * slowdown };
      const own = { host: "0.0.0.0", port };
      const proxy = place.start("redis", [process.execPath, self, "proxy", JSON.stringify({ ...task, own })], false);
      await lineWith(proxy.stdout, "listening");
    }
    const url = `redis://${address}:${port}`;
    const workers = Array.from({ length: hosts }, (_, i) => {
      place.addHost(`host${i}`);
      return place.start(`host${i}`, [process.execPath, cli, "worker", url, "--threads", "1"]);
    });
    const ended = workers.map(async (worker, i) => {
      const [code, signal] = await once(worker, "exit");
      throw new Error(`worker ${i} ended, code ${code}, signal ${signal}:\n${place.complaintsOf(worker)}`);
    });
    await Promise.race([Promise.all(workers.map((worker) => lineWith(worker.stderr, "ready"))), ...ended]);
    place.addHost("driver");
    return Promise.race([drive(place, plan, url), ...ended]);
  });
}

/** Trains on one machine of the same core, without a cluster. */
export function measureAlone(plan: Omit<Plan, "links">): Promise<Measured> {
  return inPlace(plan, (place) => drive(place, plan));
}

async function inPlace<T>(conditions: Conditions, work: (place: Place) => Promise<T>): Promise<T> {
  const place = new Place(conditions);
  open.add(place);
  try {
    return await work(place);
  } finally {
    await place.remove();
    open.delete(place);
  }
}

async function drive(
  place: Place,
  { self, corpus, parts, epoch, seconds, hosts }: Omit<Plan, "links">,
  url?: string,
): Promise<Measured> {
  const task: DriverTask = { corpus, parts, epoch, seconds, hosts, url };
  const driver = place.start("driver", [process.execPath, self, "driver", JSON.stringify(task)]);
  const exit = once(driver, "exit");
  const marks: Mark[] = [];
  let counted = { vocabulary: 0, text: 0 };
  for await (const line of createInterface({ input: driver.stdout })) {
    const told: DriverLine = JSON.parse(line);
    if ("mark" in told) marks.push(told.mark);
    else counted = told;
  }
  const [code, signal] = await exit;
  if (code !== 0) throw new Error(`the driver ended, code ${code}, signal ${signal}:\n${place.complaintsOf(driver)}`);
  if (marks.length < 2)
    throw new Error(`the driver saw ${marks.length} chunks, expected 2 at least: give a longer text`);
  const [first, last] = [marks[0], marks[marks.length - 1]];
  const more = (name: keyof Mark) => last[name] - first[name];
  return {
    wordsPerSecond: more("words") / more("seconds"),
    words: more("words"),
    training: more("training"),
    waiting: more("waiting"),
    out: more("out"),
    in: more("in"),
    ...counted,
  };
}

/** Waits until a process prints something. @throws Error with what it has printed if it ends before */
async function lineWith(stream: Readable, text: string): Promise<void> {
  let output = "";
  for await (const line of createInterface({ input: stream })) {
    output += `${line}\n`;
    if (!line.includes(text)) continue;
    // what else it prints must not fill the pipe
    stream.resume();
    return;
  }
  throw new Error(`a process ended before it was ready:\n${output}`);
}
