// npm run demo: builds the pages and serves them on loopback. --no-isolation serves them as a plain static host would, without the
// headers that let threads share memory. --port 8080

import { copyFileSync, createReadStream, mkdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, posix, resolve } from "node:path";
import { pipeline } from "node:stream";
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

/** Sources that the race page links to, so that anyone can check that it is fair. As text, which every host serves alike. */
const CODE = [
  ...["js-kernel.ts", "js-output.ts"].map((name) => `../src/kernel/js/${name}`),
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
      "classify/main": here("classify/main.ts"),
    },
    loader: { ".tsv": "text" },
    outdir: folder,
    // the package as built, not the sources that tsconfig.json names for it
    tsconfigRaw: {},
    ...{ bundle: true, format: "esm", splitting: true, minify: true, target: "es2022", logLevel: "warning" },
    // the package's own chunks, which esbuild only takes without a word from node_modules
    logOverride: { "ignored-bare-import": "silent" },
  });
  mkdirSync(join(folder, "code"));
  for (const file of CODE) copyFileSync(here(file), join(folder, "code", `${basename(file)}.txt`));
  copyFileSync(here("page/index.html"), join(folder, "index.html"));
  for (const page of ["race", "classify"]) copyFileSync(here(`${page}/index.html`), join(folder, page, "index.html"));
  copyFileSync(here("sample.txt.gz"), join(folder, "sample.txt.gz"));
  for (const file of ["worker.js", "worker-js.js"]) copyFileSync(here(`../build/${file}`), join(folder, file));
}

/** Headers that make a page cross-origin isolated, so that it may share memory. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves a folder on loopback, with these headers on every response. Resolves to the server once it listens. */
export function serveFolder(folder, { headers = {}, port = 0 } = {}) {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = pathOf(request.url);
    if (path === undefined) return refuse(response, 400, "bad request");
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    if (isFile(file)) {
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      // an unreadable file, or a closed connection, ends this response only
      return pipeline(createReadStream(file), response, () => {});
    }
    if (!isFile(join(file, "index.html"))) return refuse(response, 404, "not found");
    response.setHeader("location", `./${encodeURIComponent(basename(path))}/`);
    refuse(response, 301, "moved");
  });
  return new Promise((done, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

/** The path that a request names, without steps upwards; undefined if it is not one. */
function pathOf(url) {
  try {
    const path = posix.normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
    // some systems treat a backslash as a slash, and none allows NUL
    return /[\\\0]/.test(path) ? undefined : path;
  } catch {
    // not a URL, or percent signs that encode no UTF-8
    return undefined;
  }
}

function isFile(path) {
  try {
    return statSync(path).isFile();
  } catch {
    // missing, or a name too long for any file
    return false;
  }
}

function refuse(response, status, message) {
  response.statusCode = status;
  response.end(message);
}

/** @throws TypeError, RangeError naming the option */
function readOptions() {
  const { values } = parseArgs({
    options: { isolation: { type: "boolean", default: true }, port: { type: "string", default: "8080" } },
    allowNegative: true,
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new RangeError(`--port expected integer 0 to 65535, got ${JSON.stringify(values.port)}`);
  return { isolation: values.isolation, port };
}

async function main({ isolation, port }) {
  const folder = here("../out/demo");
  // listen first: if the port is taken, another server may be serving these pages
  const server = await serveFolder(folder, { headers: isolation ? ISOLATION : {}, port });
  await buildPages(folder);
  const url = `http://localhost:${server.address().port}`;
  console.log(`${url}${isolation ? "" : " (without the headers that let threads share memory)"}`);
}

function fail(sentence, exitCode) {
  console.error(sentence);
  process.exit(exitCode);
}

function explain({ code, message, port }) {
  if (code === "EADDRINUSE") return `port ${port} is taken: choose another with --port, or 0 for any free one`;
  if (code === "EACCES" && port) return `port ${port} needs rights that you do not have: choose another with --port`;
  return message;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    fail(error.message, 2);
  }
  await main(options).catch((error) => fail(explain(error), 1));
}
