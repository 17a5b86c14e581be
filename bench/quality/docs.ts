// Writes what docs/quality.md shows of the results: plots, and the part between its markers.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  byCorpus,
  type Entry,
  entriesOf,
  firstToReach,
  ownRate,
  type Spread,
  scoreOf,
  secondsOf,
  spreadOf,
  trainersOf,
} from "./curves.js";
import type { Point, Result } from "./results.js";
import { CHOOSING, meanOf, REPORTING, SETS, type SetName } from "./sets.js";
import { type Chart, type Curve, type CurvePoint, chartSvg } from "./svg.js";
import { TRAINERS } from "./trainers.js";

const PAGE = "docs/quality.md";
const MARKERS = /(<!-- results:[^\n]*-->\n).*?(<!-- end -->)/s;
const WHOLE: readonly SetName[] = ["wordsim353", "simlex999", "analogies", "semantic", "syntactic"];
/** The goal of every curve: this many epochs of gensim's defaults. */
const GOAL = { trainer: "gensim", epochs: 5 };

/** The files that follow from the results, by path. @param page docs/quality.md as it is */
export function docsOf(results: readonly Result[], page: string): Map<string, string> {
  if (!MARKERS.test(page)) throw new Error(`${PAGE} expected the markers "<!-- results: … -->" and "<!-- end -->"`);
  const corpora = [...byCorpus(results)].map(([corpus, points]) => {
    const entries = entriesOf(points);
    return { points, entries, words: `${Number.parseInt(corpus, 10)} million words`, file: `quality/${corpus}.svg` };
  });
  const plots = corpora.map(({ words, file, entries }) => [file, plot(words, entries)] as const);
  const drawn = new Map(plots.filter((entry): entry is [string, Chart] => entry[1] !== undefined));
  const parts = corpora.map(({ points, entries, words, file }) =>
    section(points, entries, words, drawn.has(file) ? [`![${drawn.get(file)!.title}](${file})`] : []),
  );
  const shown = corpora.flatMap(({ points }) => points.flatMap((point) => point.results));
  const text = [madeBy(shown), ...parts].join("\n\n");
  // a function: "$" in the text means nothing
  const filled = page.replace(MARKERS, (_, before, after) => `${before}${text}\n${after}`);
  return new Map([[PAGE, filled], ...[...drawn].map(([file, chart]) => [`docs/${file}`, chartSvg(chart)] as const)]);
}

export function writeDocs(results: readonly Result[]): void {
  mkdirSync("docs/quality", { recursive: true });
  for (const [path, text] of docsOf(results, readFileSync(PAGE, "utf8"))) writeFileSync(path, text);
}

const unique = (values: readonly string[]) => [...new Set(values)];
const number = (value: number) => value.toFixed(3);
const seconds = (value: number) => (value < 100 ? value.toFixed(1) : String(Math.round(value)));
const range = ({ mean, low, high }: Spread, show: (value: number) => string) =>
  low === high ? show(mean) : `${show(mean)} (${show(low)} to ${show(high)})`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @param results that are shown */
function madeBy(results: readonly Result[]): string {
  const versions = trainersOf(results.map((result) => ({ ...result, results: [result] }))).map((name) => {
    const own = unique(results.filter(({ trainer }) => trainer === name).map(({ version }) => version));
    return `${name} ${own.join(", ")}`;
  });
  const machines = unique(results.map(({ machine }) => machine.replace(/, load.*/, "")));
  const dates = results.map(({ date }) => date.slice(0, 10)).sort();
  const days = unique([dates[0], dates[dates.length - 1]]).join(" to ");
  return `${results.length} trainings, ${days}, on ${machines.join("; ")}. Versions (of wasm2vec the commit): ${versions.join("; ")}.`;
}

function section(points: readonly Point[], entries: readonly Entry[], words: string, plots: readonly string[]): string {
  return [
    `### ${words}`,
    ...plots,
    ...timeToQuality(entries),
    "Reporting sets:",
    scoresTable(entries, REPORTING, true),
    "Choosing sets, and whole sets:",
    scoresTable(entries, [...CHOOSING, ...WHOLE], false),
    "Learning rates, mean of the choosing sets / of the reporting sets:",
    ratesTable(points),
    ...sectionsTable(entries),
  ].join("\n\n");
}

/** The plot of a corpus, if anything was timed. A trainer has its colour and mark in all plots. */
function plot(words: string, entries: readonly Entry[]): Chart | undefined {
  const order = unique([...Object.keys(TRAINERS), ...entries.map(({ trainer }) => trainer)]);
  const curves = entries
    .map(({ name, trainer, isBest, points }) => {
      const timed = points.filter((point) => secondsOf(point)).map(curvePoint);
      return { name, style: order.indexOf(trainer), dashed: isBest, points: timed.sort((a, b) => a.x - b.x) };
    })
    .filter((curve) => curve.points.length > 0);
  if (curves.length === 0) return undefined;
  return {
    title: `Quality against seconds, ${words}`,
    description: curves.map(spoken).join(". "),
    xLabel: "seconds of the whole command (log scale); the numbers at the points are epochs",
    yLabel: "mean of the reporting sets",
    curves,
  };
}

function curvePoint(point: Point): CurvePoint {
  const { mean, low, high } = scoreOf(point, REPORTING);
  return { x: secondsOf(point)!.mean, y: mean, low, high, label: String(point.epochs) };
}

const spoken = ({ name, points }: Curve) =>
  `${name}, ${points.map(({ x, y, label }) => `epochs ${label}: ${seconds(x)} s, ${number(y)}`).join("; ")}`;

/** Seconds until the quality of the goal is reached; nothing if the goal was not timed. */
function timeToQuality(entries: readonly Entry[]): string[] {
  const goal = entries
    .find(({ name }) => name === GOAL.trainer)
    ?.points.find((point) => point.epochs === GOAL.epochs && secondsOf(point));
  if (!goal) return [];
  const target = scoreOf(goal, REPORTING).mean;
  const goalSeconds = secondsOf(goal)!.mean;
  const rows = entries
    .filter(({ points }) => points.some((point) => secondsOf(point)) || firstToReach(target, points))
    .map(({ name, points }) => {
      const first = firstToReach(target, points);
      if (!first) return [name, "not reached", "", ""];
      const own = secondsOf(first);
      if (!own) return [name, "reached, not timed", String(first.epochs), ""];
      return [name, range(own, seconds), String(first.epochs), `${(own.mean / goalSeconds).toFixed(2)}`];
    });
  const head = ["", "seconds", "epochs", "share of gensim's seconds"];
  return [
    `Until the quality of gensim after ${GOAL.epochs} epochs of its defaults, ${number(target)}, is reached:`,
    table(head, rows),
  ];
}

function scoresTable(entries: readonly Entry[], sets: readonly SetName[], isReport: boolean): string {
  const all = entries.flatMap(({ name, points }) => points.map((point) => ({ name, point })));
  const rows = all
    .sort((a, b) => a.point.epochs - b.point.epochs)
    .map(({ name, point }) => {
      const own = secondsOf(point);
      const report = [own ? range(own, seconds) : "", range(scoreOf(point, REPORTING), number)];
      const { length: seeds } = point.results;
      const rate = unique(point.results.map(({ learningRate }) => String(Number(learningRate.toPrecision(3))))).join(
        ", ",
      );
      return [
        ...[name, String(point.epochs), rate, String(seeds)],
        ...(isReport ? report : []),
        ...sets.map((set) => number(scoreOf(point, [set]).mean)),
      ];
    });
  const head = [
    "trainer",
    "epochs",
    "rate",
    "seeds",
    ...(isReport ? ["seconds", "mean"] : []),
    ...sets.map((set) => SETS[set]),
  ];
  return table(head, rows);
}

function ratesTable(points: readonly Point[]): string {
  const rates = [...new Set(points.map(({ rate }) => rate).filter((rate) => typeof rate === "number"))].sort(
    (a, b) => a - b,
  );
  const rows = trainersOf(points).flatMap((trainer) => {
    const own = points.filter((point) => point.trainer === trainer);
    const epochs = [...new Set(own.map((point) => point.epochs))].sort((a, b) => a - b);
    return epochs.map((count) => {
      const cell = (rate: Point["rate"]) => {
        const point = own.find((one) => one.epochs === count && one.rate === rate);
        if (!point) return "";
        const text = `${number(scoreOf(point, CHOOSING).mean)} / ${number(scoreOf(point, REPORTING).mean)}`;
        return rate === ownRate(trainer) ? `**${text}**` : text;
      };
      return [trainer, String(count), cell("auto"), ...rates.map(cell)];
    });
  });
  return `${table(["trainer", "epochs", "auto", ...rates.map(String)], rows)}\n\nBold: the default.`;
}

/** Analogies by section after as many epochs as the goal has, the trainers by their defaults and at their best. */
function sectionsTable(entries: readonly Entry[]): string[] {
  const columns = entries.flatMap(({ name, points }) =>
    points.filter(({ epochs }) => epochs === GOAL.epochs).map((point) => ({ name, point })),
  );
  if (columns.length === 0) return [];
  const { known } = columns[0].point.results[0];
  const sections = Object.keys(known).filter((set) => !(set in SETS) && known[set] > 0);
  const rows = sections.map((set) => {
    const cells = columns.map(({ point: { results } }) =>
      number(spreadOf(results.map(({ scores }) => scores[set])).mean),
    );
    return [set, String(known[set]), ...cells];
  });
  return [
    `Analogies by section, ${GOAL.epochs} epochs:`,
    table(["section", "questions", ...columns.map(({ name }) => name)], rows),
  ];
}

const signed = (value: number) => (value < 0 ? "−" : "+") + number(Math.abs(value));

/**
 * Settings beside wasm2vec's defaults, for each corpus and number of epochs: means of the choosing and of the reporting sets, and what is
 * gained with the same seeds.
 */
export function searchTable(results: readonly Result[]): string {
  const points = [...byCorpus(results).values()].flat();
  const texts = unique(points.map(({ corpus, epochs }) => `${corpus} × ${epochs}`));
  const cells = (of: readonly Point[], text: string) => {
    const at = (some: readonly Point[]) => some.find(({ corpus, epochs }) => `${corpus} × ${epochs}` === text);
    const point = at(of);
    const standard = at(points.filter(({ trainer, rate }) => trainer === "wasm2vec" && rate === "auto"));
    if (!point) return ["", "", ""];
    const measured = [CHOOSING, REPORTING].map((sets) => {
      if (point === standard || !standard) return range(scoreOf(point, sets), number);
      const gains = point.results.flatMap(({ seed, scores }) => {
        const same = standard.results.find((result) => result.seed === seed);
        return same ? [meanOf(scores, sets) - meanOf(same.scores, sets)] : [];
      });
      return `${number(scoreOf(point, sets).mean)}, ${range(spreadOf(gains), signed)}`;
    });
    return [...measured, String(point.results.length)];
  };
  const rows = trainersOf(points).flatMap((trainer) => {
    const own = points.filter((point) => point.trainer === trainer);
    const rates = [...new Set(own.map(({ rate }) => rate))];
    return rates.map((rate) => {
      const of = own.filter((point) => point.rate === rate);
      return [trainer, String(rate), ...texts.flatMap((text) => cells(of, text))];
    });
  });
  return table(["setting", "rate", ...texts.flatMap((text) => [`${text}: choosing`, "reporting", "seeds"])], rows);
}
