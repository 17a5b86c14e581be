// The package in applications: each bundler without configuration, and pages without one; opened in Chromium.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { train } from "wasm2vec";
import webpack from "webpack";
import { ISOLATION } from "../../demo/serve.js";
import { BROWSERS, type Browser } from "../support/browsers";
import { install, type Project } from "../support/packed";
import { type Served, serve } from "../support/served";

let project: Project;
let browser: Browser;
let expected: { hash: string; scalar: string };

/** What test/apps/main.js finds out. */
interface Outcome {
  error?: string;
  hash: string;
  scalar: string;
  threads: number;
  parallel: string;
}

const PAGE = (script: string) => `<!doctype html><title>app</title><script type="module" src="${script}"></script>`;

beforeAll(async () => {
  project = install();
  for (const file of ["main.js"]) cpSync(join("test/apps", file), join(project.folder, file));
  writeFileSync(join(project.folder, "index.html"), PAGE("./main.js"));
  browser = await BROWSERS.Chromium();
  const sentences = Array.from({ length: 4000 }, (_, i) => [0, 1, 2, 3, 4].map((j) => `w${(i * (j + 1)) % 577}`));
  const hash = async (options: object) => {
    const { vectors } = await train(sentences, { minCount: 1, dim: 8, epochs: 2, ...options });
    return createHash("sha256").update(vectors.matrix).digest("hex");
  };
  expected = { hash: await hash({ reproducible: true }), scalar: await hash({ threads: 1 }) };
});
afterAll(async () => {
  await browser?.close();
  project?.remove();
});

/** Opens a page and waits for what it has found out. */
async function open(url: string, expression = "globalThis.outcome"): Promise<Outcome> {
  const page = await browser.open();
  try {
    await page.goto(url);
    return await page.evaluate(`(async () => {
      for (let i = 0; i < 1200 && !(${expression}); i++) await new Promise((resolve) => setTimeout(resolve, 100));
      return (await (${expression})) ?? { error: "the page's script did not run" };
    })()`);
  } finally {
    await page.close();
  }
}

async function openFolder(folder: string, headers: Record<string, string> = {}, path = "index.html"): Promise<Outcome> {
  const served: Served = await serve(folder, headers);
  return open(`${served.url}/${path}`).finally(() => served.close());
}

describe("an application built by", () => {
  const builders: Record<string, (entry: string, output: string) => Promise<unknown>> = {
    esbuild: (entry, output) =>
      esbuild.build({ entryPoints: [entry], bundle: true, format: "esm", outfile: join(output, "main.js") }),
    "esbuild with splitting": (entry, output) =>
      esbuild.build({ entryPoints: [entry], bundle: true, format: "esm", splitting: true, outdir: output }),
    Rollup: async (entry, output) => {
      const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] });
      await bundle.write({ dir: output });
    },
    webpack: (entry, output) =>
      new Promise<void>((resolve, reject) =>
        webpack({ mode: "production", entry, output: { path: output, filename: "main.js" } }, (error, stats) => {
          if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString()));
          else resolve();
        }),
      ),
  };

  it.each(Object.keys(builders))("%s trains, with workers, to the bytes of Node", async (name) => {
    const output = join(project.folder, `dist-${name.replace(/ /g, "-")}`);
    mkdirSync(output);
    await builders[name](join(project.folder, "main.js"), output);
    writeFileSync(join(output, "index.html"), PAGE("./main.js"));
    expect(await openFolder(output)).toEqual({ ...expected, threads: 2, parallel: "grid" });
    expect(await openFolder(output, ISOLATION)).toEqual({ ...expected, threads: 2, parallel: "grid" });
  });

  it("Vite trains, with workers, to the bytes of Node", async () => {
    const output = join(project.folder, "dist-vite");
    await vite.build({ root: project.folder, logLevel: "error", build: { outDir: output } });
    expect(await openFolder(output)).toEqual({ ...expected, threads: 2, parallel: "grid" });
  });

  it("Vite's development server, too", async () => {
    const server = await vite.createServer({ root: project.folder, logLevel: "error", server: { host: "127.0.0.1" } });
    try {
      await server.listen();
      expect(await open(server.resolvedUrls!.local[0])).toEqual({ ...expected, threads: 2, parallel: "grid" });
    } finally {
      await server.close();
    }
  });
});

describe("a page without a bundler", () => {
  /** The package's files beside the page. */
  function bare(name: string, html: string): string {
    const folder = join(project.folder, name);
    mkdirSync(folder);
    cpSync(join(project.folder, "node_modules/wasm2vec/build"), join(folder, "wasm2vec"), { recursive: true });
    cpSync(join(project.folder, "main.js"), join(folder, "main.js"));
    writeFileSync(join(folder, "index.html"), html);
    return folder;
  }

  /** The same, where the script names the package's file instead of the package: import maps are inline scripts, and not for workers. */
  async function named(name: string, html: string): Promise<string> {
    const folder = bare(name, html);
    await esbuild.build({
      entryPoints: [join(folder, "main.js")],
      outfile: join(folder, "app.js"),
      ...{ bundle: true, format: "esm", alias: { wasm2vec: "./wasm2vec/index.js" }, external: ["./wasm2vec/*"] },
    });
    return folder;
  }
  const MAP = `<script type="importmap">{ "imports": { "wasm2vec": "./wasm2vec/index.js" } }</script>`;

  it("trains by an import map", async () => {
    const folder = bare("plain", `<!doctype html>${MAP}${PAGE("./main.js")}`);
    expect(await openFolder(folder)).toEqual({ ...expected, threads: 2, parallel: "grid" });
  });

  it("trains under a strict Content-Security-Policy, without blob: and eval", async () => {
    const folder = await named("strict", `<!doctype html>${PAGE("./app.js")}`);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    expect(await openFolder(folder, { "Content-Security-Policy": policy })).toEqual({
      ...expected,
      ...{ threads: 2, parallel: "grid" },
    });
  });

  it("trains in a worker of its own", async () => {
    const start = `globalThis.outcome = new Promise((resolve) => {
      const worker = new Worker("./app.js", { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ error: message });
    });`;
    const folder = await named("worker", `<!doctype html><script type="module">${start}</script>`);
    expect(await openFolder(folder)).toEqual({ ...expected, threads: 2, parallel: "grid" });
  });

  it("says what is missing where no worker can be started", async () => {
    const folder = await named("none", `<!doctype html>${PAGE("./app.js")}`);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'";
    const { error } = await openFolder(folder, { "Content-Security-Policy": policy });
    expect(error).toMatch(/cannot start a worker: .*worker-src/);
  });
});
