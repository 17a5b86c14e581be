// The race page: trains with each kernel in turn on the same text, shows a bar for each, and lets you share the result.

import "../page/style.css";
import { type Corpus, train } from "wasm2vec";
import { version } from "../../package.json";
import { proof, type RivalResult, race } from "../../src/race/race.js";
import { fileCorpus, sampleCorpus } from "../page/source.js";

const $ = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const setup = $<HTMLFormElement>("#setup");
const status = $("#status");
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** The source of each kernel, beside this page. */
const CODE: Record<string, string> = { js: "js-kernel.ts", scalar: "train.ts", simd: "train.ts", relaxed: "train.ts" };

const where = `${navigator.userAgent}, ${navigator.hardwareConcurrency} cores, ${crossOriginIsolated ? "" : "not "}cross-origin isolated`;
$("#where").textContent = where;
let abort: AbortController | undefined;
let result = "";

setup.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
$("#cancel").addEventListener("click", () => abort?.abort());
$("#copy").addEventListener("click", async () => {
  const copied = await navigator.clipboard?.writeText(result).then(
    () => true,
    () => false,
  );
  status.textContent = copied ? "The result is in the clipboard." : "The clipboard is not available: the result is below, under JSON.";
});

async function run(): Promise<void> {
  const form = new FormData(setup);
  abort = new AbortController();
  setRunning(true);
  $("#missing").textContent = "";
  try {
    const outcome = await race(train, await chosenCorpus(form.get("file") as File), {
      rounds: Number(form.get("rounds")),
      words: Number(form.get("words")) || undefined,
      threads: navigator.hardwareConcurrency,
      training: { model: form.get("model") as "skipgram", dim: Number(form.get("dim")) },
      onTurn: ({ rival, round, rounds }) => {
        status.textContent = `${round === 0 ? "Warm-up" : `Round ${round} of ${rounds}`}: ${rival}.`;
      },
      onResult: show,
      signal: abort.signal,
    });
    show(outcome.rivals);
    $("#missing").textContent = outcome.leftOut.map(({ name, reason }) => `${name} left out: ${reason}.`).join(" ");
    result = JSON.stringify({ wasm2vec: version, date: new Date().toISOString(), where, ...outcome }, null, 2);
    $("#json pre").textContent = result;
    $("#json").hidden = false;
    $<HTMLButtonElement>("#copy").disabled = false;
    const { words, vocabulary } = outcome.corpus;
    status.textContent = `Done: ${whole.format(words)} words, ${whole.format(vocabulary)} in the vocabulary.`;
  } catch (error) {
    status.textContent = abort.signal.aborted ? "Cancelled." : (error as Error).message;
  } finally {
    setRunning(false);
  }
}

async function chosenCorpus(file: File): Promise<Corpus> {
  return file.size > 0 ? fileCorpus(file, file.name) : sampleCorpus();
}

function setRunning(running: boolean): void {
  $<HTMLButtonElement>("#start").disabled = running;
  $<HTMLButtonElement>("#cancel").disabled = !running;
}

function show(rivals: readonly RivalResult[]): void {
  const fastest = Math.max(...rivals.map(({ high }) => high));
  $("#rivals tbody").replaceChildren(...rivals.map((rival) => row(rival, rivals, fastest)));
}

function row(rival: RivalResult, rivals: readonly RivalResult[], fastest: number): HTMLTableRowElement {
  const { name, kernel, median, low, high, timesJs, loss } = rival;
  const line = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  head.append(Object.assign(document.createElement("a"), { href: `./code/${CODE[kernel]}.txt`, textContent: name }));
  const bar = document.createElement("div");
  bar.className = "bar";
  const share = (value: number) => `${(100 * value) / fastest}%`;
  bar.style.setProperty("--median", share(median));
  bar.style.setProperty("--low", share(low));
  bar.style.setProperty("--spread", share(high - low));
  const figure = Object.assign(document.createElement("span"), {
    textContent: `${whole.format(low)} to ${whole.format(high)}`,
  });
  const chart = document.createElement("td");
  chart.append(bar, figure);
  line.append(head, cell(whole.format(median)), chart, cell(timesJs.toFixed(2)), cell(loss.toFixed(5)), cell(proof(rival, rivals)));
  return line;
}

function cell(textContent: string): HTMLTableCellElement {
  return Object.assign(document.createElement("td"), { textContent });
}
