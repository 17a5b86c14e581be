// The text that the page trains on: the sample, a file, or pasted text.

import { type Corpus, textCorpus } from "wasm2vec";
import { wordsOf } from "./cost.js";

const SAMPLE_WORDS = 1_000_000;

/** A file of any size, decompressed while it is read if its first bytes are those of gzip. */
export function fileCorpus(file: Blob, name: string): Corpus {
  async function* open(): AsyncGenerator<Uint8Array> {
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const bytes: ReadableStream<Uint8Array> = file.stream();
    const isGzip = first === 0x1f && second === 0x8b;
    const text = isGzip ? bytes.pipeThrough(new DecompressionStream("gzip") as never) : bytes;
    const reader = (text as ReadableStream<Uint8Array>).getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
    } finally {
      await reader.cancel().catch(() => {});
    }
  }
  return textCorpus(open, name);
}

/** Approximate number of words of the text chosen in the form; undefined if there is none. */
export function chosenWords(form: HTMLFormElement, dropped: File | undefined): number | undefined {
  const kind = new FormData(form).get("text");
  if (kind === "sample") return SAMPLE_WORDS;
  if (kind === "paste")
    return wordsOf(form.querySelector<HTMLTextAreaElement>("#paste")!.value.length, false) || undefined;
  const file = chosenFile(form, dropped);
  return file && wordsOf(file.size, file.name.endsWith(".gz"));
}

function chosenFile(form: HTMLFormElement, dropped: File | undefined): File | undefined {
  return dropped ?? form.querySelector<HTMLInputElement>("#file")!.files?.[0];
}

/** The text chosen in the form. @throws Error with a message for the user */
export async function chosenText(form: HTMLFormElement, dropped: File | undefined): Promise<Corpus> {
  const kind = new FormData(form).get("text");
  if (kind === "paste") {
    const text = form.querySelector<HTMLTextAreaElement>("#paste")!.value;
    if (text.trim() === "") throw new Error("Paste some text first.");
    return fileCorpus(new Blob([text]), "the text");
  }
  if (kind === "file") {
    const file = chosenFile(form, dropped);
    if (file === undefined) throw new Error("Choose a file first.");
    return fileCorpus(file, file.name);
  }
  return sampleCorpus();
}

/** The sample beside the pages. @throws Error with a message for the user */
export async function sampleCorpus(): Promise<Corpus> {
  const response = await fetch(new URL("sample.txt.gz", document.baseURI));
  if (!response.ok) throw new Error(`The sample could not be loaded: ${response.status} ${response.statusText}.`);
  return fileCorpus(await response.blob(), "the sample");
}
