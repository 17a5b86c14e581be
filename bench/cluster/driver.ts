// The driver of a measured cluster, in a process of its own: trains one epoch at most, and prints how far it is whenever a chunk is done.

import { Redis } from "ioredis";
import { type Progress, train } from "wasm2vec";
import type { DriverLine, DriverTask } from "./measurement.js";

/** Chunks before the first mark, in which hosts read the text for the first time; and between the first mark and the last, at least. */
const BEFORE = 1;
const MEASURED = 2;

/** One machine alone is looked at after each hundredth of the text; the first tenth is left out. */
const LOOKS = 100;

const tell = (line: DriverLine) => console.log(JSON.stringify(line));

/** Trains until it has been measured for so long, or the epoch ends. */
export async function drive({ corpus, parts, seconds, url }: DriverTask): Promise<void> {
  const done = new AbortController();
  const redis = url === undefined ? undefined : new Redis(url);
  const [before, measured] = url === undefined ? [LOOKS / 10, LOOKS / 10] : [BEFORE, MEASURED];
  let told = Promise.resolve();
  let marks = 0;
  let words = 0;
  let first = 0;
  const onProgress = (progress: Progress) => {
    // the last report has more words than the one before, at the same time
    if (progress.phase !== "training" || progress.words >= progress.totalWords) return;
    // a driver is told of a chunk when all of it is done
    if (progress.words - words < (url === undefined ? progress.totalWords / LOOKS : 1)) return;
    words = progress.words;
    if (marks++ < before) return;
    const now = performance.now() / 1000;
    first ||= now;
    told = told.then(() => tellMark(now, progress, redis));
    if (now - first >= seconds && marks > before + measured) done.abort();
  };
  try {
    const given = url === undefined ? { threads: 1 } : { cluster: url };
    await train(corpus, {
      ...given,
      ...{ epochs: 1, parts, signal: done.signal, onProgress },
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
