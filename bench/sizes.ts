import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What pages import. */
const PAGES = {
  "a page that uses train alone": 'export { train } from "./build/index.js"',
  "a page that predicts labels alone": 'export * from "./build/classify.js"',
  "all of wasm2vec": 'export * from "./build/index.js"',
  "all entry points of pages": [
    "index",
    "queries",
    "evaluate",
    "phrases",
    "sequences",
    "formats",
    "math",
    "network",
    "classify",
  ]
    .map((entry) => `export * from "./build/${entry}.js"`)
    .join("\n"),
};

export interface Size {
  name: string;
  bytes: number;
  gzip: number;
}

/** Of what a page loads at once, minified, and of the files that it may load later. Measures build/. */
export async function sizes(): Promise<Size[]> {
  const pages = await Promise.all(Object.entries(PAGES).map(async ([name, code]) => sizeOf(name, await bundle(code))));
  const files = ["worker.js", "worker-js.js", "simd.wasm", "relaxed.wasm", "scalar.wasm", "network.wasm", "split.wasm"];
  return [...pages, ...files.map((file) => sizeOf(`build/${file}`, readFileSync(`build/${file}`)))];
}

function sizeOf(name: string, bytes: Uint8Array): Size {
  return { name, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

/** The page's script, with the files that it imports before it runs. */
async function bundle(contents: string): Promise<Uint8Array> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: ".", sourcefile: "page.js" },
    ...{ bundle: true, minify: true, splitting: true, format: "esm", target: "es2022", tsconfigRaw: {} },
    ...{ write: false, metafile: true, outdir: "out/sizes", entryNames: "page", logLevel: "error" },
  });
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.outputs[path].imports) if (kind === "import-statement") load(next);
  };
  load("out/sizes/page.js");
  const isLoaded = ({ path }: { path: string }) =>
    [...loaded].some((name) => path.replaceAll("\\", "/").endsWith(name));
  return Buffer.concat(outputFiles.filter(isLoaded).map(({ contents }) => contents));
}
