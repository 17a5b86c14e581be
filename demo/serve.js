// npm run demo: builds the pages and serves them on loopback. --no-isolation: as a plain static host would, without the
// headers that let threads share memory. --port 8080

import { copyFileSync, createReadStream, mkdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".txt": "text/plain; charset=utf-8",
  ".gz": "application/gzip",
};

/** What the race page links to, so that anyone can check that it is fair; as text, which every host serves alike. */
const CODE = [
  ...["js.ts", "js-output.ts"].map((name) => `../src/kernel/${name}`),
  ...["train.ts", "output.ts", "rows.ts", "sigmoid.ts", "vector.ts"].map((name) => `../assembly/${name}`),
  "../src/race/race.ts",
];

/** Builds the pages into a folder, from the package's own build. */
export async function buildPages(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: {
      main: here("page/main.ts"),
      "umap-worker": here("page/umap-worker.ts"),
      "race/main": here("race/main.ts"),
    },
    outdir: folder,
    alias: { wasm2vec: here("../build/index.js") },
    ...{ bundle: true, format: "esm", splitting: true, minify: true, target: "es2022", logLevel: "warning" },
  });
  mkdirSync(join(folder, "code"));
  for (const file of CODE) copyFileSync(here(file), join(folder, "code", `${basename(file)}.txt`));
  copyFileSync(here("page/index.html"), join(folder, "index.html"));
  copyFileSync(here("race/index.html"), join(folder, "race/index.html"));
  copyFileSync(here("sample.txt.gz"), join(folder, "sample.txt.gz"));
  copyFileSync(here("../build/worker.js"), join(folder, "worker.js"));
}

/** Headers that make a page cross-origin isolated, so that it may share memory. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves a folder on loopback, with these headers on every answer; resolves to the server once it listens. */
export function serveFolder(folder, { headers = {}, port = 0 } = {}) {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = join(root, normalize(decodeURIComponent(pathname).replace(/\/$/, "/index.html")));
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!file.startsWith(root) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.statusCode = 404;
      response.end("not found");
      return;
    }
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  return new Promise((done, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { isolation: { type: "boolean", default: true }, port: { type: "string", default: "8080" } },
    allowNegative: true,
  });
  const folder = here("../out/demo");
  await buildPages(folder);
  const server = await serveFolder(folder, { headers: values.isolation ? ISOLATION : {}, port: Number(values.port) });
  const url = `http://localhost:${server.address().port}`;
  console.log(`${url}${values.isolation ? "" : " (without the headers that let threads share memory)"}`);
}
