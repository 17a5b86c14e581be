// Texts that Node fetches: a URL in the place of a path.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { train } from "wasm2vec";
import { fileCorpus } from "wasm2vec/files";
import type { Corpus } from "../../src/text/corpus";
import { sentencesOf } from "../../src/text/sentences";
import { freePort } from "../support/redis";

const text = "one two three\nfour five\n";

const answers: Record<string, (response: ServerResponse) => void> = {
  "/plain.txt": (response) => response.setHeader("content-length", text.length).end(text),
  "/text.txt.gz": (response) => response.end(gzipSync(text)),
  "/encoded.txt": (response) => response.setHeader("content-encoding", "gzip").end(gzipSync(text)),
  "/table.csv": (response) => response.end('id,text\n1,"one two"\n2,three\n'),
  "/cut.txt": (response) => {
    response.setHeader("content-length", 1000).write(text);
    setTimeout(() => response.destroy(), 50);
  },
};

let server: Server;
let root: string;
let folder: string;
let asked = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-fetched-"));
  server = createServer((request, response) => {
    asked++;
    const answer = answers[request.url!.replace(/\?.*/, "")];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function wordsOf(corpus: Corpus): Promise<string[]> {
  const words: string[] = [];
  for await (const sentences of sentencesOf(corpus)) words.push(...sentences.flat());
  return words;
}

describe("a URL", () => {
  it.each(["/plain.txt", "/text.txt.gz", "/encoded.txt", "/plain.txt?of=today"])(
    "%s is read as a file is",
    async (path) => {
      const corpus = fileCorpus(new URL(path, root));
      for (let pass = 0; pass < 2; pass++)
        expect(await wordsOf(corpus)).toEqual(["one", "two", "three", "four", "five"]);
    },
  );

  it("is read in its place among files, and tells how far it is", async () => {
    const path = join(folder, "a.txt");
    writeFileSync(path, "first\n");
    const corpus = fileCorpus([path, `${root}/plain.txt`]);
    expect(await wordsOf(corpus)).toEqual(["first", "one", "two", "three", "four", "five"]);
    expect(corpus.progress!()).toEqual({ bytes: 6 + text.length, total: 6 + text.length });
  });

  it("may be a table", async () => {
    expect(await wordsOf(fileCorpus(`${root}/table.csv`, { column: "text" }))).toEqual(["one", "two", "three"]);
  });

  it("is fetched once by a training, whose words are kept", async () => {
    asked = 0;
    const { vectors } = await train(`${root}/plain.txt`, { minCount: 1, dim: 4, epochs: 3, threads: 1 });
    expect([asked, vectors.size]).toEqual([1, 5]);
  });
});

describe("errors name the URL:", () => {
  it("what the server has not", async () => {
    await expect(wordsOf(fileCorpus(`${root}/none`))).rejects.toThrow(/cannot read http.*\/none: HTTP 404/);
  });

  it("a server that is not there", async () => {
    const url = `http://127.0.0.1:${await freePort()}/text.txt`;
    await expect(wordsOf(fileCorpus(url))).rejects.toThrow(
      /cannot read "http.*text.txt": fetch failed: .*ECONNREFUSED/,
    );
  });

  it("a text that ends too early", async () => {
    await expect(wordsOf(fileCorpus(`${root}/cut.txt`))).rejects.toThrow(/cannot read "http.*cut.txt"/);
  });
});
