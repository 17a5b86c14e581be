// The file of results: a JSON line for each training, appended at once.

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Flags } from "../rivals.js";
import type { Quality } from "./sets.js";
import type { Outcome, Rate, Training } from "./trainers.js";

/** A training of a corpus by a trainer. */
export interface Wish extends Training {
  /** such as "3M" */
  corpus: string;
  trainer: string;
  flags: Flags;
}

export interface Result extends Wish, Outcome, Quality {
  /** of the whole command, on the wall clock */
  seconds: number;
  /** whether nothing else ran on the machine: seconds mean nothing otherwise */
  timed: boolean;
  /** the machine, and its load before */
  machine: string;
  date: string;
  /** of the trainer */
  version: string;
}

/** All trainings of a point of a curve, one for each seed. */
export interface Point {
  corpus: string;
  trainer: string;
  rate: Rate;
  epochs: number;
  results: Result[];
}

export function readResults(path: string): Result[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

export function appendResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

const pointKey = ({ corpus, trainer, flags, rate, epochs }: Wish) =>
  JSON.stringify([corpus, trainer, flags, rate, epochs]);

/** Whether a result is what was wished for. One that was timed serves where quality alone counts. */
export function serves(result: Result, wish: Wish, timed: boolean): boolean {
  if (pointKey(result) !== pointKey(wish) || result.seed !== wish.seed) return false;
  return !timed || (result.timed && result.threads === wish.threads);
}

/** The results as points: of each point those of the last version of its trainer, of each seed the timed one, else the last. */
export function pointsOf(results: readonly Result[]): Point[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = pointKey(result);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => {
    const { corpus, trainer, rate, epochs, version } = group[group.length - 1];
    const last = new Map<number, Result>();
    for (const result of group) {
      if (result.version !== version || (last.get(result.seed)?.timed && !result.timed)) continue;
      last.set(result.seed, result);
    }
    return { corpus, trainer, rate, epochs, results: [...last.values()].sort((a, b) => a.seed - b.seed) };
  });
}
