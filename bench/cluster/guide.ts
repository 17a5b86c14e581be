// Writes the tables of docs/guides/cluster.md that follow from the arithmetic, between their markers.

import { readFileSync, writeFileSync } from "node:fs";
import { type Case, costOf } from "./arithmetic.js";

export const PAGE = "docs/guides/cluster.md";

/** Words of a text from which chunks do not get longer. */
const LONG = 1e9;

const THREAD_WORDS = 1.25e6;
const MODELS = [
  { vocabulary: 10_000, dim: 100 },
  { vocabulary: 50_000, dim: 100 },
  { vocabulary: 100_000, dim: 100 },
  { vocabulary: 100_000, dim: 300 },
  { vocabulary: 1_000_000, dim: 100 },
];
const HOSTS = [2, 4, 8];
const LINKS = [1, 10];

/** What a network carries, the hosts being as fast as one likes. */
function costWith(given: Pick<Case, "vocabulary" | "dim" | "hosts">, gigabits: number) {
  const link = gigabits * 1e9;
  const blocks = Math.max(16, 4 * given.hosts);
  return costOf({ ...given, text: LONG, blocks, rate: THREAD_WORDS, link, redisLink: link, roundTrip: 0 });
}

const grouped = (value: number) => value.toLocaleString("en-US");

/** Two figures of a number. */
function short(value: number): string {
  return grouped(Number(value.toPrecision(2)));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function capacity(): string {
  const cases = LINKS.flatMap((gigabits) => HOSTS.map((hosts) => ({ gigabits, hosts })));
  const head = cases.map(({ gigabits, hosts }) => `${gigabits} Gb/s, ${hosts} hosts`);
  const rows = MODELS.map(({ vocabulary, dim }) => [
    `${grouped(vocabulary)} words, dim ${dim}`,
    ...cases.map(({ gigabits, hosts }) => {
      const { chunk, redis } = costWith({ vocabulary, dim, hosts }, gigabits);
      return `${short(chunk / redis / 1e6)}M`;
    }),
  ]);
  return table(["words/s at most", ...head], rows);
}

function travelling(): string {
  const rows = MODELS.map(({ vocabulary, dim }) => [
    `${grouped(vocabulary)} words, dim ${dim}`,
    ...HOSTS.map((hosts) => {
      const cost = costWith({ vocabulary, dim, hosts }, 1);
      return `${short((cost.out + cost.in) / cost.chunk)} bytes`;
    }),
  ]);
  return table(["out of Redis and into it", ...HOSTS.map((hosts) => `${hosts} hosts`)], rows);
}

const TABLES: Record<string, () => string> = { capacity, travelling };

/** The page with its tables. */
export function withTables(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, write]) => {
    const part = new RegExp(`(<!-- ${name}[^\\n]*-->\\n).*?(<!-- end -->)`, "s");
    if (!part.test(text)) throw new Error(`${PAGE} expected the markers "<!-- ${name} … -->" and "<!-- end -->"`);
    return text.replace(part, (_, before, after) => `${before}${write()}\n${after}`);
  }, page);
}

export function writeTables(): void {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
}
