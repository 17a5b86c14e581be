// The driver of a measured cluster, in a process of its own: trains up to the end of an epoch at most, and prints how far it is whenever a chunk is done.

import { Redis } from "ioredis";
import { type Progress, train } from "wasm2vec";
import type { DriverLine, DriverTask } from "./measurement.js";

/** Chunks of all hosts before the first mark, and between it and the last, at least. */
const [BEFORE, MEASURED] = [1, 2];

const tell = (line: DriverLine) => console.log(JSON.stringify(line));

/** Trains until an epoch has been measured for so long, or ends. */
export async function drive({ corpus, parts, seconds, url, hosts, epoch }: DriverTask): Promise<void> {
  const done = new AbortController();
  const redis = url === undefined ? undefined : new Redis(url);
  let told = Promise.resolve();
  let first: number | undefined;
  let chunks = 0;
  // told of each chunk when all of it is done; one machine alone ten times a second
  const onProgress = (progress: Progress) => {
    const { words, totalWords, hosts: active = [] } = progress;
    // the last report has more words than the one before, at the same time
    if (progress.epoch < epoch || words >= totalWords) return;
    const isEarly = redis ? active.length < hosts || chunks++ < BEFORE : words < (totalWords * (epoch - 0.9)) / epoch;
    if (isEarly) return;
    const now = performance.now() / 1000;
    first ??= now;
    told = told.then(() => tellMark(now, progress, redis));
    if (now - first >= seconds && (!redis || chunks > BEFORE + MEASURED)) done.abort();
  };
  try {
    const given = url === undefined ? { threads: 1 } : { cluster: url };
    await train(corpus, {
      ...given,
      ...{ epochs: epoch, parts, signal: done.signal, onProgress },
      onVocabulary: ({ size, totalWords }) => tell({ vocabulary: size, text: totalWords }),
    });
  } catch (error) {
    if (!done.signal.aborted) throw error;
  } finally {
    await told;
    redis?.disconnect();
  }
}

async function tellMark(seconds: number, { words, hosts = [] }: Progress, redis: Redis | undefined): Promise<void> {
  const statistics = (await redis?.info("stats")) ?? "";
  const bytes = (way: string) => Number(new RegExp(`total_net_${way}_bytes:(\\d+)`).exec(statistics)?.[1] ?? 0);
  const sum = (name: "training" | "waiting") => hosts.reduce((total, host) => total + host[name], 0);
  const spent = { training: sum("training"), waiting: sum("waiting") };
  tell({ mark: { seconds, words, ...spent, out: bytes("output"), in: bytes("input") } });
}
