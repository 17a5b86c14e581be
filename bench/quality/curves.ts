// What the plots and tables show of the results: each trainer by its defaults and, for the peers, at its best rate.

import { type Point, pointsOf, type Result } from "./results.js";
import { CHOOSING, meanOf, REPORTING, type SetName } from "./sets.js";
import { type Rate, TRAINERS } from "./trainers.js";

/** Mean, lowest and highest of the seeds. */
export interface Spread {
  mean: number;
  low: number;
  high: number;
}

/** A trainer by one way of setting its rate. */
export interface Entry {
  name: string;
  trainer: string;
  isBest: boolean;
  /** by rising epochs */
  points: Point[];
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, low: Math.min(...values), high: Math.max(...values) };
}

/** A mean of sets, over the seeds of a point. */
export const scoreOf = ({ results }: Point, sets: readonly SetName[]) =>
  spreadOf(results.map(({ scores }) => meanOf(scores, sets)));

/** Seconds of whole commands, of the seeds that were timed; undefined if none was. */
export function secondsOf({ results }: Point): Spread | undefined {
  const timed = results.filter((result) => result.timed);
  return timed.length > 0 ? spreadOf(timed.map(({ seconds }) => seconds)) : undefined;
}

/** The points of each corpus, corpora by size. */
export function byCorpus(results: readonly Result[]): Map<string, Point[]> {
  const points = pointsOf(results);
  const corpora = [...new Set(points.map(({ corpus }) => corpus))];
  corpora.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return new Map(corpora.map((corpus) => [corpus, points.filter((point) => point.corpus === corpus)]));
}

/** The trainers of these points in the order of TRAINERS, then other settings. */
export function trainersOf(points: readonly Point[]): string[] {
  const found = new Set(points.map(({ trainer }) => trainer));
  const known = Object.keys(TRAINERS);
  return [...known.filter((name) => found.has(name)), ...[...found].filter((name) => !known.includes(name))];
}

/** The rate of a trainer's defaults; that of a setting of wasm2vec is its own. */
export const ownRate = (trainer: string): Rate => TRAINERS[trainer]?.ownRate ?? "auto";

/**
 * The curves of a corpus: defaults; and peers at the rate that is best on the choosing sets, for each number of epochs that was trained
 * at several rates.
 */
export function entriesOf(points: readonly Point[]): Entry[] {
  return trainersOf(points).flatMap((trainer) => {
    const own = points.filter((point) => point.trainer === trainer);
    const epochs = [...new Set(own.map((point) => point.epochs))].sort((a, b) => a - b);
    const rate = ownRate(trainer);
    const defaults = own.filter((point) => point.rate === rate).sort((a, b) => a.epochs - b.epochs);
    const entries: Entry[] = [{ name: trainer, trainer, isBest: false, points: defaults }];
    if (TRAINERS[trainer]?.otherRates.length) {
      const tried = epochs.map((count) => own.filter((point) => point.epochs === count));
      const best = tried.filter((rates) => rates.length > 1).map(bestOf);
      entries.push({ name: `${trainer}, best rate`, trainer, isBest: true, points: best });
    }
    return entries.filter((entry) => entry.points.length > 0);
  });
}

function bestOf(points: readonly Point[]): Point {
  return points.reduce((best, point) => (scoreOf(point, CHOOSING).mean > scoreOf(best, CHOOSING).mean ? point : best));
}

/** The training of these that reaches a quality in the fewest seconds; one that was not timed if only such reach it. */
export function firstToReach(target: number, points: readonly Point[]): Point | undefined {
  const seconds = (point: Point) => secondsOf(point)?.mean ?? Number.MAX_VALUE;
  const reaching = points.filter((point) => scoreOf(point, REPORTING).mean >= target);
  return reaching.sort((a, b) => seconds(a) - seconds(b))[0];
}
