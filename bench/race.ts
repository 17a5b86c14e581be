// npm run bench:race: the kernels in Node and in real browsers, in turn. Prints a table for docs/speed.md.
// Environment: NODES="/path/to/node24 …" adds other Nodes, PASSES and ROUNDS say how often.

import { execFileSync } from "node:child_process";
import { median, medianRatio } from "../src/race/median.js";
import type { RaceResult, RivalResult } from "../src/race/race.js";
import { BROWSERS, type Page } from "../test/support/browsers.js";
import { machine } from "./measure.js";
import { servePages } from "./pages.js";

const PASSES = Number(process.env.PASSES ?? 3);
const ROUNDS = Number(process.env.ROUNDS ?? 3);

interface Engine {
  name: string;
  race(): Promise<RaceResult>;
  close?(): Promise<void>;
}

function nodeEngine(path: string): Engine {
  const run = (args: string[]) => execFileSync(path, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return {
    name: `Node ${run(["--version"]).trim().slice(1)}`,
    race: async () =>
      JSON.parse(run(["build/cli.js", "bench", "demo/sample.txt.gz", "--rounds", String(ROUNDS), "--json", "--quiet"])),
  };
}

async function browserEngine(start: (typeof BROWSERS)[string], url: string): Promise<Engine> {
  const browser = await start();
  return { name: browser.name, race: () => raceInPage(browser.open(), url), close: browser.close };
}

async function raceInPage(opened: Promise<Page>, url: string): Promise<RaceResult> {
  const page = await opened;
  await page.goto(`${url}/race/`);
  const json = await page.evaluate<string>(`(async () => {
    document.querySelector("[name=rounds]").value = ${ROUNDS};
    document.querySelector("#start").click();
    while (!document.querySelector("#start").disabled) await new Promise((resolve) => setTimeout(resolve, 100));
    while (document.querySelector("#start").disabled) await new Promise((resolve) => setTimeout(resolve, 100));
    return document.querySelector("#json pre").textContent || document.querySelector("#status").textContent;
  })()`);
  await page.close();
  return JSON.parse(json);
}

const pages = await servePages();
const engines = [
  ...[process.execPath, ...(process.env.NODES ?? "").split(" ").filter(Boolean)].map(nodeEngine),
  ...(await Promise.all(Object.values(BROWSERS).map((start) => browserEngine(start, pages.url)))),
];
const races = new Map(engines.map(({ name }) => [name, [] as RaceResult[]]));
console.log(`${machine()}; ${PASSES} passes of ${ROUNDS} rounds\n`);
for (let pass = 0; pass < PASSES; pass++) for (const { name, race } of engines) races.get(name)!.push(await race());
for (const engine of engines) await engine.close?.();
pages.close();

const results = [...races.values()];
const [kernels] = results.map(([{ rivals }]) => rivals.map(({ name }) => name)).sort((a, b) => b.length - a.length);
const [{ corpus }] = results[0];
console.log(`${corpus.words} words, ${corpus.vocabulary} in the vocabulary\n`);
const row = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
row(["", ...races.keys()]);
row(["---", ...results.map(() => "---")]);
for (const kernel of kernels) {
  const found = results.map((runs) => runs.flatMap(({ rivals }) => rivals.filter(({ name }) => name === kernel)));
  row([kernel, ...found.map((rivals, engine) => (rivals.length > 0 ? figures(rivals, results[engine]) : "–"))]);
}
row([
  "vectors of simd, SHA-256",
  ...results.map(([run]) => run.rivals.find(({ name }) => name === "simd")!.sha256!.slice(0, 8)),
]);

/** Median, spread and ratio over all passes. */
function figures(rivals: readonly RivalResult[], runs: readonly RaceResult[]): string {
  const rates = rivals.flatMap(({ wordsPerSecond }) => wordsPerSecond);
  const ratesOfJs = runs.flatMap(({ rivals: [js] }) => js.wordsPerSecond);
  const thousands = (value: number) => `${Math.round(value / 1000)}k`;
  const { loss } = rivals[0];
  return `${thousands(median(rates))} (${thousands(Math.min(...rates))} to ${thousands(Math.max(...rates))}), × ${medianRatio(rates, ratesOfJs).toFixed(1)}, loss ${loss.toFixed(5)}`;
}
