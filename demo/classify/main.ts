// The classifier page: a table is pasted, a classifier trained on it and tested, messages are tried, files saved.

import "../page/style.css";
import { type ClassifierModel, trainClassifier } from "wasm2vec";
import { save } from "../page/keep.js";
import example from "./example.tsv";
import { examplesOf, readTable, type Table } from "./table.js";

/** Each so many rows one is kept for the test. */
const HELD = 5;

const $ = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const setup = $<HTMLFormElement>("#setup");
const pasted = $<HTMLTextAreaElement>("#table");
const status = $("#status");
const count = (number: number, thing: string) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
const share = (value: number) => value.toFixed(3);

let table: Table | undefined;
let model: ClassifierModel | undefined;
let abort: AbortController | undefined;

pasted.value = example;
look();

pasted.addEventListener("input", look);
$("#file").addEventListener("change", async (event) => {
  const [file] = (event.target as HTMLInputElement).files ?? [];
  if (file === undefined) return;
  pasted.value = await file.text();
  look();
});
for (const kind of ["text", "label"] as const)
  $(`#${kind}`).addEventListener("change", (event) => {
    table![kind] = Number((event.target as HTMLSelectElement).value);
    describe();
  });
setup.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
$("#cancel").addEventListener("click", () => abort?.abort());
$("#message").addEventListener("input", answer);
$("#save").addEventListener("click", () => model && saveWhole(model));
$("#save-small").addEventListener("click", () => model && saveSmall(model));

/** Finds the columns of what was pasted. */
function look(): void {
  table = undefined;
  try {
    table = readTable(pasted.value);
  } catch (error) {
    $("#found").textContent = (error as Error).message;
  }
  for (const kind of ["text", "label"] as const) {
    const select = $<HTMLSelectElement>(`#${kind}`);
    select.replaceChildren(...(table?.names ?? []).map((name, i) => new Option(name, String(i))));
    if (table) select.value = String(table[kind]);
  }
  if (table) describe();
  $<HTMLButtonElement>("#start").disabled = table === undefined;
}

function describe(): void {
  const examples = examplesOf(table!);
  const labels = new Set(examples.flatMap((one) => one.labels));
  const named = [...labels].slice(0, 8).join(", ");
  $("#found").textContent =
    `${count(examples.length, "row")}, ${count(labels.size, "label")}: ${named}${labels.size > 8 ? " …" : ""}.`;
}

async function run(): Promise<void> {
  const form = new FormData(setup);
  const examples = examplesOf(table!);
  const [train, test] = [
    examples.filter((_, i) => i % HELD < HELD - 1),
    examples.filter((_, i) => i % HELD === HELD - 1),
  ];
  abort = new AbortController();
  setRunning(true);
  const began = performance.now();
  try {
    model = await trainClassifier(train, {
      epochs: Number(form.get("epochs")),
      learningRate: Number(form.get("learningRate")),
      ...{ dim: 50, wordNgrams: 2, tokenize: { lowercase: true } },
      ...(form.has("spelling") && { minn: 2, maxn: 5 }),
      ...(examples.some(({ labels }) => labels.length > 1) && { loss: "one-vs-all" }),
      signal: abort.signal,
      onProgress({ phase, words, totalWords }) {
        status.textContent =
          phase === "training" ? `Training: ${Math.round((100 * words) / totalWords)}%.` : "Reading.";
      },
    });
    const seconds = (performance.now() - began) / 1000;
    status.textContent = `Done: ${count(model.labels.length, "label")}, ${count(model.words.length, "word")}, in ${seconds.toFixed(1)} s.`;
    await showTest(model, test);
    answer();
    for (const id of ["save", "save-small"]) $<HTMLButtonElement>(`#${id}`).disabled = false;
  } catch (error) {
    status.textContent = abort.signal.aborted ? "Cancelled." : (error as Error).message;
  } finally {
    setRunning(false);
  }
}

function setRunning(running: boolean): void {
  $<HTMLButtonElement>("#start").disabled = running;
  $<HTMLButtonElement>("#cancel").disabled = !running;
}

/** Shows how the rows are taken that training has not seen. */
async function showTest(trained: ClassifierModel, rows: ReturnType<typeof examplesOf>): Promise<void> {
  if (!rows.some(({ labels }) => labels.some((label) => trained.labels.includes(label)))) {
    $("#score").textContent = "Too few rows to test.";
    $("#by-label tbody").replaceChildren();
    return;
  }
  const { precision, examples, labels } = await trained.test(rows);
  $("#score").textContent =
    `Of ${count(examples, "row")} that training has not seen, ${Math.round(100 * precision)}% got a right label.`;
  $("#by-label tbody").replaceChildren(
    ...labels.map(({ label, precision, recall, f1, examples }) =>
      row(label, share(precision), share(recall), share(f1), examples.toLocaleString("en")),
    ),
  );
}

/** Shows the most probable labels of the message that is typed. */
function answer(): void {
  const text = $<HTMLInputElement>("#message").value;
  const best = model?.predict(text, { k: 5 }) ?? [];
  $("#answers tbody").replaceChildren(
    ...best.map(({ label, probability }) => {
      const line = row(label, share(probability));
      const bar = Object.assign(document.createElement("div"), { className: "bar" });
      bar.style.setProperty("--median", `${100 * probability}%`);
      const chart = Object.assign(document.createElement("td"), { className: "bars" });
      chart.append(bar);
      line.append(chart);
      return line;
    }),
  );
  $("#answer").textContent = best.length > 0 ? best[0].label : "";
}

function row(head: string, ...cells: string[]): HTMLTableRowElement {
  const line = document.createElement("tr");
  line.append(Object.assign(document.createElement("th"), { scope: "row", textContent: head }));
  line.append(...cells.map((textContent) => Object.assign(document.createElement("td"), { textContent })));
  return line;
}

/** Everything, to train on and to predict with. */
async function saveWhole(trained: ClassifierModel): Promise<void> {
  await trained.save(async (chunks) => save(await partsOf(chunks), "classifier.w2c"));
}

/** fastText's .ftz. */
async function saveSmall(trained: ClassifierModel): Promise<void> {
  await trained.save(async (chunks) => save(await partsOf(chunks), "classifier.ftz"), {
    ...{ format: "fasttext", quantize: { cutoff: Math.min(20_000, trained.data.inputs.rows), qnorm: true } },
  });
}

async function partsOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<BlobPart[]> {
  const parts: BlobPart[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return parts;
}
