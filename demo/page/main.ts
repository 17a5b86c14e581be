// The page: takes text and options, shows the training, answers queries and offers files.

import "uplot/dist/uPlot.min.css";
import "./style.css";
import {
  type Checkpoint,
  type Progress,
  readCheckpoint,
  TrainingControl,
  type TrainOptions,
  train,
  type WordVectors,
} from "wasm2vec";
import type { EpochModel } from "wasm2vec/types";
import { answer, list } from "./ask.js";
import { describeCost, learnSpeed } from "./cost.js";
import { LossCurve } from "./curve.js";
import { download, forgetKept, keptCheckpoint, readKept } from "./keep.js";
import { WordMap } from "./map.js";
import { Projection } from "./projection.js";
import { fillSettings, readSettings, settingsLink } from "./settings.js";
import { chosenText, chosenWords } from "./source.js";
import { UmapLayout } from "./umap.js";

/** Milliseconds between pictures of the map while training runs. */
const PICTURE = 500;

const $ = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const setup = $<HTMLFormElement>("#setup");
const grid = $("#options");
const status = $("#status");
const curve = new LossCurve($("#curve"));
const projection = new Projection();
const map = new WordMap($("#points"), $("#labels"), (word) => find(word));
const umap = new UmapLayout();
const HINTS = {
  pca: $("#hint").textContent,
  umap: "The most frequent words, laid out by UMAP: similar words are close.",
};
let layout: keyof typeof HINTS = "pca";
let showing = Promise.resolve();
let dropped: File | undefined;
let vectors: WordVectors | undefined;
let running: { control: TrainingControl; abort: AbortController } | undefined;

fillSettings(grid);
answer(() => vectors);
showCost();
offerResume();
if (!crossOriginIsolated) {
  $("#isolation").hidden = false;
  $("#isolation").textContent =
    "This page is not cross-origin isolated, so threads cannot share memory: CBOW and hierarchical softmax train on one thread, skip-gram on all with some more memory; the server can change that with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.";
}

setup.addEventListener("input", showCost);
setup.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
$("#pause").addEventListener("click", () => {
  const { control } = running!;
  if (control.paused) control.resume();
  else control.pause();
  $("#pause").textContent = control.paused ? "Resume" : "Pause";
  if (control.paused) status.textContent = "Paused.";
});
$("#cancel").addEventListener("click", () => running?.abort.abort());
$("#share").addEventListener("click", async () => {
  const link = settingsLink(readSettings(grid));
  history.replaceState(null, "", link);
  await navigator.clipboard?.writeText(link).catch(() => {});
  status.textContent = `The link is in the address bar and the clipboard: ${link}`;
});
$("#find").addEventListener("submit", (event) => {
  event.preventDefault();
  find($<HTMLInputElement>("#word").value.trim());
});
$("#umap").addEventListener("click", drawUmap);
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-save]"))
  button.addEventListener("click", () => vectors && download(vectors, button.dataset.save as "word2vec"));

// a file may be dropped anywhere
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  dropped = event.dataTransfer?.files[0];
  if (dropped === undefined) return;
  $<HTMLInputElement>('[name="text"][value="file"]').checked = true;
  status.textContent = `${dropped.name}, ${(dropped.size / 2 ** 20).toFixed(1)} MB.`;
  showCost();
});
$("#file").addEventListener("change", () => {
  dropped = undefined;
});

function showCost(): void {
  const kind = new FormData(setup).get("text");
  for (const part of setup.querySelectorAll<HTMLElement>("[data-for]")) part.hidden = part.dataset.for !== kind;
  try {
    $("#estimate").textContent = describeCost(readSettings(grid), chosenWords(setup, dropped));
  } catch (error) {
    $("#estimate").textContent = (error as Error).message;
  }
}

/** The user's stop words, for `keep`. */
function blocklist(): TrainOptions["keep"] {
  const words = new Set($<HTMLInputElement>("#blocklist").value.split(/\s+/).filter(Boolean));
  return words.size > 0 ? (word) => !words.has(word) : undefined;
}

async function begin(resume?: Checkpoint): Promise<void> {
  const control = new TrainingControl();
  const abort = new AbortController();
  const listeners = { control, signal: abort.signal, checkpoint: keptCheckpoint, onProgress: showProgress, onWarning };
  setRunning({ control, abort });
  curve.clear();
  status.textContent = "Reading the text.";
  const watching = watch(control);
  try {
    const options = resume ? { resume } : { ...readSettings(grid), keep: blocklist() };
    const model = await train(await chosenText(setup, dropped), { ...options, ...listeners });
    await show(model);
    await forgetKept();
    const whole = model.history.reduce((a, b) => ({ ...b, words: a.words + b.words, seconds: a.seconds + b.seconds }));
    const { words, seconds } = whole;
    learnSpeed(model.options, whole);
    showCost();
    status.textContent = `Done: ${model.vectors.size.toLocaleString("en")} words, ${words.toLocaleString("en")} trained in ${seconds.toFixed(1)} s.`;
  } catch (error) {
    status.textContent = abort.signal.aborted ? "Cancelled." : `${(error as Error).message}`;
    offerResume();
  } finally {
    setRunning(undefined);
    await watching;
  }
}

function onWarning(message: string): void {
  status.textContent = message;
}

function setRunning(now: typeof running): void {
  running = now;
  $<HTMLButtonElement>("#start").disabled = now !== undefined;
  $<HTMLButtonElement>("#pause").disabled = now === undefined;
  $<HTMLButtonElement>("#cancel").disabled = now === undefined;
  $("#pause").textContent = "Pause";
  $("#resume").hidden = true;
  // a training draws its own map
  umap.stop();
  $("#hint").textContent = HINTS[layout];
  $<HTMLButtonElement>("#umap").disabled = now !== undefined || vectors === undefined;
}

function showProgress(progress: Progress): void {
  const { phase, words, totalWords, wordsPerSecond, eta, loss, threads, parallel, epoch, epochs } = progress;
  $("#rate").textContent = Math.round(wordsPerSecond).toLocaleString("en");
  if (phase === "vocabulary") {
    status.textContent = `Counting words: ${words.toLocaleString("en")}.`;
    return;
  }
  $<HTMLProgressElement>("#progress").value = words / totalWords;
  $("#eta").textContent = `${Math.ceil(eta)} s`;
  $("#loss").textContent = loss.toFixed(4);
  $("#threads").textContent = parallel === "none" ? `${threads}` : `${threads}, ${parallel}`;
  status.textContent = `Training, epoch ${epoch} of ${epochs}.`;
  curve.add(words, loss);
}

/** Looks into the training twice a second. */
async function watch(control: TrainingControl): Promise<void> {
  for (;;) {
    // rejects once training has ended; begin() then shows the result
    const model = await control.look().catch(() => undefined);
    if (model === undefined) return;
    await show(model);
    await new Promise((resolve) => setTimeout(resolve, PICTURE));
  }
}

/** Shows the current model, after any map that is being drawn. */
function show(model: EpochModel): Promise<void> {
  showing = showing.then(() => draw(model));
  return showing;
}

async function draw(model: EpochModel): Promise<void> {
  const now = model.vectors;
  const points = await projection.project(now);
  // a training's vectors are the same object from its first map to its last
  if (vectors !== now) forgetModel();
  vectors = now;
  layout = "pca";
  map.show(now, points);
  $("#hint").textContent = HINTS.pca;
  if ($("#known").childElementCount > 0) return;
  $("#known").replaceChildren(...now.words.slice(0, 500).map((word) => new Option(word, word)));
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-save]")) button.disabled = false;
}

/** Clears queries and answers of the previous model, because the next one has other words. */
function forgetModel(): void {
  map.forget();
  for (const said of document.querySelectorAll("#near, #known, output")) said.replaceChildren();
}

function find(word: string): void {
  if (vectors === undefined || word === "") return;
  try {
    const neighbours = vectors.mostSimilar(word, { topN: 10, restrictVocabulary: 30_000 });
    $("#near").textContent = `Near ${word}: ${list(neighbours)}.`;
    map.find([word, ...neighbours.map((neighbour) => neighbour.word)]);
  } catch (error) {
    $("#near").textContent = (error as Error).message;
  }
}

function drawUmap(): void {
  const known = vectors!;
  const button = $<HTMLButtonElement>("#umap");
  const end = (hint: string) => {
    $("#hint").textContent = hint;
    button.disabled = false;
  };
  button.disabled = true;
  umap.start(known, {
    onProgress: (share) => {
      $("#hint").textContent = `UMAP: ${Math.round(100 * share)}%.`;
    },
    onPoints: (points) => {
      layout = "umap";
      map.show(known, points);
      end(HINTS.umap);
    },
    onError: (message) => end(`UMAP failed: ${message}.`),
  });
}

/** Offers to resume a training that was interrupted. */
async function offerResume(): Promise<void> {
  const bytes = await readKept().catch(() => undefined);
  if (bytes === undefined || running) return;
  const notice = $("#resume");
  try {
    const checkpoint = readCheckpoint(bytes, "The training in this browser");
    const { position, schedule } = checkpoint;
    const share = (position.wordsBefore + position.words) / (schedule.epochs * schedule.epochWords);
    const go = Object.assign(document.createElement("button"), { type: "button", textContent: "Resume", id: "go-on" });
    const forget = Object.assign(document.createElement("button"), { type: "button", textContent: "Forget it" });
    go.addEventListener("click", () => begin(checkpoint));
    forget.addEventListener("click", async () => {
      await forgetKept();
      notice.hidden = true;
    });
    const text = `A training of ${checkpoint.vocabulary.size.toLocaleString("en")} words stopped at ${Math.round(100 * share)}%. Choose the same text, then: `;
    notice.replaceChildren(text, go, " ", forget);
  } catch (error) {
    await forgetKept();
    notice.textContent = (error as Error).message;
  }
  notice.hidden = false;
}
