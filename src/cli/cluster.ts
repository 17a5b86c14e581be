// The commands of a cluster: worker, cluster status, cluster clean.

import { Command } from "commander";
import { shownUrl } from "../cluster/connection.js";
import { checkCluster } from "../cluster/options.js";
import {
  type ClusterStatus,
  cleanCluster,
  clusterStatus,
  clusterWorker,
  type FoundRun,
  type WorkerEvent,
} from "../cluster.js";
import { checkThreads } from "../text/threads.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { countOf, finish, grouped, parseNumberOrAuto, printable, type Result, table, usage } from "./command.js";
import { duration, hostsText, percent } from "./progress.js";
import { interruptible } from "./signals.js";

const URL_OF_REDIS =
  "redis://HOST:PORT of the Redis or Valkey, rediss:// for TLS, with USER:PASSWORD@ if it needs them";
const PREFIX = "what its keys begin with, as of the driver and the workers";

interface WorkerFlags {
  threads: number | "auto";
  prefix?: string;
  corpusModule?: string;
  quiet?: true;
  json?: true;
}

export function workerCommand(): Command {
  const command = new Command("worker")
    .description(
      "Train for others: takes its share of every training that wasm2vec train --cluster begins, until a signal ends it.",
    )
    .argument("<url>", URL_OF_REDIS)
    .option("--threads <number>", "threads that train; auto is one for each core", parseNumberOrAuto, "auto")
    .option("--prefix <prefix>", PREFIX)
    .option("--corpus-module <module>", "a module that makes the corpus, for trainings whose corpus is not in files")
    .option("-q, --quiet", "print nothing while it works");
  return finish(
    command,
    ["wasm2vec worker redis://10.0.0.1", "wasm2vec worker rediss://me:secret@redis.example:6380 --threads 8"],
    runWorker,
  );
}

async function runWorker(url: string, { threads, prefix, corpusModule, quiet }: WorkerFlags): Promise<Result> {
  const cluster = clusterOf(url, prefix);
  usage(() => checkThreads(true, threads));
  const controller = new AbortController();
  const told: Partial<Record<WorkerEvent["type"], number>> = {};
  const onEvent = ({ type, message }: WorkerEvent) => {
    told[type] = (told[type] ?? 0) + 1;
    if (!quiet) process.stderr.write(`${printable(message)}\n`);
  };
  const { signal } = controller;
  await interruptible(
    () => controller.abort(),
    () => clusterWorker({ ...cluster, threads, corpusModule, onEvent, signal }),
  );
  const { taken = 0, refused = 0, lost = 0 } = told;
  return {
    json: { taken, refused, lost },
    text: `ended after ${countOf(taken, "job")}${lost > 0 ? `, of which others took ${lost} over` : ""}`,
  };
}

export function clusterCommand(): Command {
  return new Command("cluster")
    .description("Look at the trainings and workers of a Redis, and clean up after those that were killed.")
    .addCommand(statusCommand())
    .addCommand(cleanCommand());
}

function statusCommand(): Command {
  const command = new Command("status")
    .description("Show workers, and trainings with the words/s of each machine.")
    .argument("<url>", URL_OF_REDIS)
    .option("--prefix <prefix>", PREFIX);
  return finish(command, ["wasm2vec cluster status redis://10.0.0.1"], showStatus);
}

async function showStatus(url: string, { prefix }: { prefix?: string }): Promise<Result> {
  const status = await clusterStatus(clusterOf(url, prefix));
  const { redis, workers, runs } = status;
  const memory = redis.maxMemory > 0 ? ` of ${megabytes(redis.maxMemory)}` : "";
  const list = workers.map(({ host, pid, threads, version }) => [
    `  ${host}:${pid}`,
    countOf(threads, "thread"),
    version,
  ]);
  return {
    json: status,
    text: [
      `Redis ${redis.version} at ${shownUrl(url)}: ${megabytes(redis.usedMemory)}${memory} used`,
      countOf(workers.length, "worker"),
      ...(list.length > 0 ? [table(list)] : []),
      ...(runs.length > 0 ? runs.map((run) => runText(run, workers)) : ["no training"]),
    ].join("\n"),
  };
}

function cleanCommand(): Command {
  const command = new Command("clean")
    .description("Remove what trainings left in Redis whose drivers were killed; those that run stay.")
    .argument("<url>", URL_OF_REDIS)
    .option("--prefix <prefix>", PREFIX);
  return finish(command, ["wasm2vec cluster clean redis://10.0.0.1"], clean);
}

async function clean(url: string, { prefix }: { prefix?: string }): Promise<Result> {
  const { runs, keys } = await cleanCluster(clusterOf(url, prefix));
  const others = keys > 0 ? ` and ${countOf(keys, "key")} of no run` : "";
  return {
    json: { runs, keys },
    text: [`removed ${countOf(runs.length, "run")}${others}`, ...runs.map((run) => runText(run))].join("\n"),
  };
}

/** @throws UsageError */
function clusterOf(url: string, prefix: string | undefined): ClusterOptions {
  return usage(() => checkCluster("url", { url, prefix }));
}

/** @param workers that may be named in it */
function runText(
  { id, about, isAlive, progress, hosts, refused }: FoundRun,
  workers: ClusterStatus["workers"] = [],
): string {
  if (about === undefined) return `run ${id}: what is left of it does not say what it was`;
  const nameOf = (worker: string) => {
    const found = workers.find(({ id }) => id === worker);
    return found ? `${found.host}:${found.pid}` : worker;
  };
  const { kind, corpus, host, pid, began, memory } = about;
  const doing = kind === "count" ? "counts the words of" : "trains on";
  const state = isAlive
    ? `for ${duration((Date.now() - began) / 1000)}`
    : "and is dead: wasm2vec cluster clean removes it";
  const where =
    progress &&
    `${percent(progress.share)}, ${progress.epoch > 0 ? `epoch ${progress.epoch}, ` : ""}${grouped(progress.words)} words, ${grouped(progress.wordsPerSecond)} words/s`;
  return [
    `run ${id}: ${printable(host)}:${pid} ${doing} ${printable(corpus)} ${state}`,
    ...(memory === undefined ? [] : [`  needs up to ${megabytes(memory)} of Redis' memory`]),
    ...(where ? [`  ${where}`] : []),
    ...(hosts.length > 0 ? [`  ${hostsText(hosts)}`] : []),
    ...refused.map(({ worker, reason }) => `  worker ${printable(nameOf(worker))} takes no part: ${printable(reason)}`),
  ].join("\n");
}

function megabytes(bytes: number): string {
  return `${grouped(bytes / 1e6)} MB`;
}
