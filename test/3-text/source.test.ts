// Text from wherever a page has it.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringCorpus, textCorpus, train } from "wasm2vec";
import type { TextBytes } from "wasm2vec/types";
import { firstWords } from "../../src/race/first-words";
import { type Corpus, toCorpus } from "../../src/text/corpus";
import { Phrases } from "../../src/text/phrases";

const text = "eins zwei drei\nvier fünf sechs 日本\n";
const bytes = new TextEncoder().encode(text);
const words = ["eins", "zwei", "drei", "vier", "fünf", "sechs", "日本"];

let server: Server;
let url: string;
let asked = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    if (request.url !== "/text") response.writeHead(404, "Not Found");
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** A stream of single bytes, as pages without an iterator of streams have it. */
function stream(onCancel = () => {}): ReadableStream<Uint8Array> {
  let at = 0;
  const single = new ReadableStream<Uint8Array>({
    pull: (control) => (at < bytes.length ? control.enqueue(bytes.subarray(at, ++at)) : control.close()),
    cancel: onCancel,
  });
  Object.defineProperty(single, Symbol.asyncIterator, { value: undefined });
  return single;
}

async function tokensOf(open: () => TextBytes | Promise<TextBytes>): Promise<string[]> {
  const found: string[] = [];
  for await (const { numbers, tokens } of textCorpus(open).chunks())
    for (const number of numbers) if (number < tokens.length) found.push(tokens[number]);
  return found;
}

describe("textCorpus reads", () => {
  it.each<[string, () => TextBytes | Promise<TextBytes>]>([
    ["parts", () => [bytes.subarray(0, 21), bytes.subarray(21)]],
    ["a promise of parts", async () => [bytes]],
    ["a Blob", () => new Blob([bytes])],
    ["a File", () => new File([bytes], "text.txt")],
    ["a stream", () => stream()],
    ["a response", () => new Response(bytes)],
    ["a response of fetch", () => fetch(`${url}/text`)],
  ])("%s", async (_, open) => {
    expect(await tokensOf(open)).toEqual(words);
    expect(await tokensOf(open)).toEqual(words);
  });

  it("an empty response", async () => {
    expect(await tokensOf(() => new Response(null))).toEqual([]);
  });

  it("what fetch gives anew for each pass", async () => {
    asked = 0;
    await train(
      textCorpus(() => fetch(`${url}/text`)),
      { minCount: 1, dim: 4, epochs: 3, threads: 1, spool: false },
    );
    expect(asked).toBe(1 + 3);
  });
});

it("says what it cannot read", async () => {
  await expect(tokensOf(() => fetch(`${url}/none`))).rejects.toThrow(
    /^cannot read corpus: HTTP 404 Not Found from http/,
  );
  await expect(tokensOf(() => text as never)).rejects.toThrow(/expected parts of bytes, a stream, .* use stringCorpus/);
  await expect(tokensOf(() => undefined as never)).rejects.toThrow(/expected parts of bytes.*undefined/);
  const broken = () =>
    new ReadableStream<Uint8Array>({ pull: (control) => control.error(new Error("the line is dead")) });
  await expect(tokensOf(broken)).rejects.toThrow("the line is dead");
});

it.each<[RegExp, () => unknown]>([
  [/textCorpus expected a function .*got "eins zwei.*: for strings use stringCorpus/, () => textCorpus(text as never)],
  [
    /textCorpus expected a function .*got an object \(Blob\): for example \(\) => blob/,
    () => textCorpus(new Blob() as never),
  ],
  [/stringCorpus expected a function .*got an array of 1/, () => stringCorpus(["a b"] as never)],
])("refuses what gives no fresh pass: %s", (message, make) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

it("says what its parts must be", async () => {
  await expect(tokensOf(() => ["a b"] as never)).rejects.toThrow(
    /^corpus: expected parts that are Uint8Array, got "a b": for strings use stringCorpus/,
  );
  await expect(tokensOf(() => bytes as never)).rejects.toThrow(
    /got an object \(Uint8Array\): pass .* \(\) => \[bytes\]/,
  );
  await expect(tokensOf(() => ({}) as never)).rejects.toThrow(/expected parts of bytes.*got an object \(Object\)/);
  const strings = stringCorpus(() => "a b" as never).chunks();
  await expect(strings[Symbol.asyncIterator]().next()).rejects.toThrow(
    /^corpus: expected an iterable of texts, got "a b": give \[text\]/,
  );
});

it.each<[string, () => TextBytes, number | undefined]>([
  ["a Blob", () => new Blob([bytes]), bytes.length],
  ["parts", () => [bytes.subarray(0, 5), bytes.subarray(5)], undefined],
  ["a response", () => new Response(bytes, { headers: { "content-length": String(bytes.length) } }), bytes.length],
])("knows how far it is: %s", async (_, open, total) => {
  const corpus = textCorpus(open);
  for (let pass = 0; pass < 2; pass++) {
    for await (const _ of corpus.chunks()) expect(corpus.progress!()!.bytes).toBeGreaterThan(0);
    expect(corpus.progress!()).toEqual({ bytes: bytes.length, total });
  }
});

it("ends a pass that is left although the source never answers", async () => {
  let asked = 0;
  const never = () => {
    asked++;
    return new Promise<never>(() => {});
  };
  const full = new TextEncoder().encode("a b\n".repeat(5000));
  const stalled = () => new ReadableStream<Uint8Array>({ start: (control) => control.enqueue(full), cancel: never });
  const iterable = () => ({
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false as const, value: full }), return: never }),
  });
  for (const open of [stalled, iterable]) for await (const _ of textCorpus(open).chunks()) break;
  const sentences = () => ({
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: ["a"] }), return: never }),
  });
  for await (const _ of toCorpus(sentences).chunks()) break;
  expect(asked).toBe(3);
});

it.each<[string, (corpus: Corpus) => Corpus]>([
  ["alone", (corpus) => corpus],
  ["with phrases joined", (corpus) => new Phrases([]).corpus(corpus)],
  ["its first words", (corpus) => firstWords(corpus, 1e6)],
])("cancels a stream that a pass waits for when that is aborted: %s", async (_, made) => {
  const abort = new AbortController();
  const reason = new Error("stop it");
  const cancelled = new Promise<unknown>((resolve) => {
    let pulls = 0;
    const pull = (control: ReadableStreamDefaultController<Uint8Array>) => {
      if (pulls++ === 0) return control.enqueue(bytes);
      setTimeout(() => abort.abort(reason));
      return new Promise<void>(() => {});
    };
    const open = () => new ReadableStream<Uint8Array>({ pull, cancel: resolve });
    train(made(textCorpus(open)), { minCount: 1, signal: abort.signal }).catch(() => {});
  });
  expect(await cancelled).toBe(reason);
});

it("hands the signal on to what opens a text, and cancels one that is opened too late", async () => {
  const abort = new AbortController();
  const cancelled = new Promise<unknown>((resolve) => {
    const open = (signal?: AbortSignal) =>
      new Promise<ReadableStream<Uint8Array>>((opened) => {
        signal!.addEventListener("abort", () => opened(new ReadableStream({ cancel: resolve })));
        setTimeout(() => abort.abort("enough"));
      });
    train(textCorpus(open), { minCount: 1, signal: abort.signal }).catch(() => {});
  });
  expect(await cancelled).toBe("enough");
});

it("lets a stream go that it does not read to the end", async () => {
  let cancelled = 0;
  const corpus = textCorpus(() => stream(() => cancelled++), "text", { invalid: "error" });
  for await (const _ of corpus.chunks()) break;
  const bad = textCorpus(
    () =>
      new ReadableStream<Uint8Array>({
        pull: (control) => control.enqueue(Uint8Array.of(0xff, 10)),
        cancel: () => void cancelled++,
      }),
    "text",
    { invalid: "error" },
  );
  await expect(train(bad, { minCount: 1 })).rejects.toThrow(/UTF-8/);
  expect(cancelled).toBeGreaterThanOrEqual(1);
});
