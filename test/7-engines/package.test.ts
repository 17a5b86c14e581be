// The package as npm packs it, in a project of its own.

import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { install, type Project } from "../support/packed";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const OPTIONAL = ["bullmq", "csv-parse", "fzstd", "ioredis", "tinyglobby", "unbzip2-stream"];

let folder: string;
let project: Project;

beforeAll(() => {
  project = install();
  folder = project.folder;
});
afterAll(() => project.remove());

/** Runs a script in the project. */
async function run(code: string): Promise<string> {
  writeFileSync(join(folder, "main.js"), code);
  return (await promisify(execFile)(process.execPath, ["main.js"], { cwd: folder })).stdout;
}

/** Runs its command line, with what it says and its exit code. */
async function wasm2vec(...args: string[]): Promise<{ code: number; stderr: string }> {
  const cli = join(folder, "node_modules/.bin/wasm2vec");
  const running = promisify(execFile)(cli, args, { cwd: folder });
  return running.then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }) => ({ code, stderr }),
  );
}

it("has no script that runs at installation, no source, and every file that it exports", () => {
  for (const name of ["preinstall", "install", "postinstall"]) expect(manifest.scripts).not.toHaveProperty(name);
  expect(manifest.engines).toEqual({ node: ">=20" });
  const { files } = project;
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "build/cli.js", "build/simd.wasm"]));
  const exported = JSON.stringify(manifest.exports).match(/(?<="\.\/)[^"*]+\.(js|d\.ts)(?=")/g)!;
  expect(exported.length).toBeGreaterThan(20);
  expect(files).toEqual(expect.arrayContaining(exported));
  expect(files.filter((file) => /^(src|assembly|test|demo|bench|scripts|build\/(bench|debug))\//.test(file))).toEqual(
    [],
  );
});

it("brings no other package", () => {
  expect(manifest.dependencies).toBe(undefined);
  expect(Object.keys(manifest.peerDependencies)).toEqual(OPTIONAL);
  for (const name of OPTIONAL) expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["wasm2vec"]);
});

it("passes on the licence of each package within it", () => {
  const vendor = join(folder, "node_modules/wasm2vec/build/vendor");
  const notices = readdirSync(vendor).map((name) => readFileSync(join(vendor, name), "utf8").split("*/")[0]);
  expect(notices.length).toBe(2);
  const packages = ["commander", "cli-progress", "string-width", "strip-ansi", "ansi-regex", "emoji-regex"];
  for (const name of packages)
    expect(notices.join("")).toMatch(new RegExp(`^${name} [\\d.]+\\n[^]*Permission is`, "m"));
});

it("trains when imported by its name", async () => {
  const output = await run(
    `import { train } from "wasm2vec";
     const model = await train([["a", "b", "c"], ["a", "c"]], { minCount: 1, dim: 4, epochs: 2 });
     console.log(model.vectors.size, model.history.length);
     import { sigmoid } from "wasm2vec/math";
     import { HiddenLayerNetwork } from "wasm2vec/network";
     const network = await HiddenLayerNetwork.create({ inputs: 4, classes: 2 });
     console.log(sigmoid(0), network.forward([model.vectors.get("a")])[0].length);`,
  );
  expect(output).toBe("3 2\n0.5 2\n");
});

it("has one of each class, whichever entry point it comes from", async () => {
  const output = await run(
    `import * as root from "wasm2vec";
     import * as node from "wasm2vec/node";
     import * as page from "./node_modules/wasm2vec/build/index.js";
     import { readVectors } from "wasm2vec/formats";
     import { loadVectors, saveVectors } from "wasm2vec/files";
     import { ApproximateIndex } from "wasm2vec/queries";
     import { Phrases } from "wasm2vec/phrases";
     import { HiddenLayerNetwork } from "wasm2vec/network";
     const classes = Object.keys(root).filter((name) => /^[A-Z][a-z]/.test(name));
     console.log(classes.length, classes.every((name) => root[name] === node[name] && root[name] === page[name]));
     const vectors = await page.createVectors(["a", "b"], 2, Float32Array.of(1, 2, 3, 4));
     await saveVectors(vectors, "v.bin");
     console.log((await loadVectors("v.bin")) instanceof root.WordVectors, vectors instanceof root.WordVectors);
     const phrases = await root.learnPhrases([["a", "b"]]);
     console.log(phrases instanceof Phrases);
     const thrown = async (work) => { try { await work(); } catch (error) { return error instanceof root.FormatError; } };
     console.log(await thrown(() => readVectors([new Uint8Array(9)])), await thrown(() => HiddenLayerNetwork.load(new Uint8Array(9))));`,
  );
  expect(output).toBe("8 true\ntrue true\ntrue\ntrue true\n");
});

it.each([
  ["esbuild, for Node", "node" as const, ["node"]],
  ["esbuild, for a page", "browser" as const, ["browser"]],
])("%s, bundles it with nothing else", async (_, platform, conditions) => {
  const { metafile, warnings } = await build({
    stdin: { contents: 'import { train } from "wasm2vec"; console.log(train);', resolveDir: folder },
    ...{ bundle: true, format: "esm", write: false, metafile: true, logLevel: "silent", platform, conditions },
  });
  expect(Object.keys(metafile.inputs).filter((path) => !/<stdin>|node_modules\/wasm2vec\//.test(path))).toEqual([]);
  // where csv-parse and the others are not, Node's bundle leaves them out with a note
  expect(warnings.every(({ text }) => OPTIONAL.some((name) => text.includes(`"${name}"`)))).toBe(true);
});

describe("the command line", () => {
  const bzip2 =
    "QlpoOTFBWSZTWXa93wQAAJPRgAAQQAA////wIACQKNDQAAABVU01MTTCNGaNqTyMxA+CBkKCQoPo9DYSGwVFo4HQVEx+EhaIHAmMhQdCY1HIqJjkQIHsWdjsfxdyRThQkHa93wQ=";
  const zstandard = "KLUv/QRorQEAxAJ0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nCgEAjHmqKgO4Hf6X";
  const options = ["--min-count", "1", "--dim", "4", "--output", "vectors.bin"];
  const ways: [needs: string, args: string[]][] = [
    ["csv-parse", ["train", "table.csv", "--column", "text"]],
    ["unbzip2-stream", ["train", "text.bz2"]],
    ["tinyglobby", ["train", "te*t.txt"]],
    ["fzstd", ["train", "text.zst"]],
  ];

  beforeAll(() => {
    writeFileSync(join(folder, "text.txt"), "a b c\n".repeat(100));
    writeFileSync(join(folder, "table.csv"), `id,text\n${'1,"a b c"\n'.repeat(100)}`);
    writeFileSync(join(folder, "text.bz2"), Buffer.from(bzip2, "base64"));
    writeFileSync(join(folder, "text.zst"), Buffer.from(zstandard, "base64"));
  });

  it("trains", async () => {
    expect(await wasm2vec("train", "text.txt", ...options)).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "vectors.bin"))).toBe(true);
  });

  it.each(ways)("says how to install %s, and reads what needs it once it is there", async (name, args) => {
    const without = await wasm2vec(...args, ...options);
    // an engine's own, from Node 22.15 on
    if (name === "fzstd" && "createZstdDecompress" in zlib) expect(without).toMatchObject({ code: 0 });
    else
      expect(without).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`npm install ${name} (with npx: npx -p wasm2vec -p ${name} wasm2vec …)\n`),
      });
    project.add(name);
    expect(await wasm2vec(...args, ...options)).toMatchObject({ code: 0 });
  });
});

it("says how to install what a cluster needs, and reaches for Redis once it is there", async () => {
  const url = "redis://127.0.0.1:1";
  for (const args of [
    ["cluster", "status", url],
    ["worker", url],
    ["train", "text.txt", "--output", "v.bin", "--cluster", url],
  ]) {
    const { code, stderr } = await wasm2vec(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "npm install bullmq ioredis (with npx: npx -p wasm2vec -p bullmq -p ioredis wasm2vec …)\n",
    );
  }
  project.add("bullmq", "ioredis");
  expect((await wasm2vec("cluster", "status", url)).stderr).toContain("cannot reach the Redis at redis://127.0.0.1:1");
  expect(await run('import { clusterStatus } from "wasm2vec/cluster"; console.log(typeof clusterStatus);')).toBe(
    "function\n",
  );
});

describe("types", () => {
  const ENTRIES = Object.keys(manifest.exports)
    .filter((entry) => manifest.exports[entry].types || manifest.exports[entry].node)
    .map((entry) => entry.replace(".", "wasm2vec").replace("*", "relaxed"));

  /** Checks a program, all declarations that it reaches included. */
  function check(code: string, options: object): void {
    writeFileSync(join(folder, "main.ts"), code);
    const compilerOptions = { strict: true, noEmit: true, target: "es2022", skipLibCheck: false, ...options };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
    try {
      execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8", stdio: "pipe" });
    } catch (error) {
      throw new Error((error as { stdout: string }).stdout, { cause: error });
    }
  }

  const all = ENTRIES.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n");
  const use = `
    import { train, type Neighbour, type TrainOptions } from "wasm2vec";
    import { loadVectors } from "wasm2vec/files";
    import { naiveSoftmaxLossAndGradient, type WordLoss } from "wasm2vec/math";
    import { HiddenLayerNetwork, type NetworkOptions } from "wasm2vec/network";
    import { rank } from "wasm2vec/queries";
    import type { Freeze } from "wasm2vec/types";
    import wasm from "wasm2vec/relaxed.wasm";
    export const loss: WordLoss = naiveSoftmaxLossAndGradient;
    export const network = (options: NetworkOptions) => HiddenLayerNetwork.create(options);
    const freeze: Freeze = ["a"];
    const options: TrainOptions = { model: "cbow", dim: 50, freeze, wasm };
    // @ts-expect-error: no such model
    const wrong: TrainOptions = { model: "glove" };
    export async function nearest(word: string): Promise<Neighbour[]> {
      const { vectors } = await train([["a", "b"]], { ...options, ...wrong });
      const loaded = await loadVectors("x");
      return [...vectors.mostSimilar(word), ...loaded.mostSimilar(word)].slice(rank(loaded, "a", "b"));
    }`;
  const node = { types: ["node"], typeRoots: [join(process.cwd(), "node_modules/@types")], lib: ["es2023", "dom"] };

  it.each([
    ["nodenext", "nodenext"],
    ["node16", "node16"],
    ["esnext", "bundler"],
  ])("of every entry, with module %s and moduleResolution %s", (module, moduleResolution) => {
    expect(ENTRIES.length).toBe(16);
    check(`${all}\n${use}\n${ENTRIES.map((_, i) => `entry${i};`).join("\n")}`, { module, moduleResolution, ...node });
  });

  it("take a path in Node, not in a page", () => {
    const calls = `
      train("text.txt");
      item2vec(new URL("file:///baskets"));
      loadModel("model.bin").then((model) => model.train("text.txt"));`;
    const names = "import { item2vec, loadModel, train } from";
    const bundler = { module: "esnext", moduleResolution: "bundler", ...node, skipLibCheck: true };
    const nodenext = { ...bundler, module: "nodenext", moduleResolution: "nodenext" };
    check(`${names} "wasm2vec";${calls}`, nodenext);
    check(`${names} "wasm2vec/node";${calls}`, bundler);
    check(`${names} "wasm2vec";${calls}`, { ...bundler, customConditions: ["node"] });
    expect(() => check(`${names} "wasm2vec";${calls}`, bundler)).toThrow(/string.* is not assignable/);
  });

  it("need nothing of Node in a page", () => {
    const page = ["wasm2vec", "wasm2vec/types"].concat(
      ENTRIES.filter((entry) => !/^wasm2vec$|node|files|cluster|types/.test(entry)),
    );
    expect(page.length).toBe(13);
    const program = `${page.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n")}
      export type All = [${page.map((_, i) => `keyof typeof entry${i}`).join(", ")}];`;
    const lib = ["es2023", "dom", "dom.iterable", "dom.asynciterable"];
    check(program, { module: "esnext", moduleResolution: "bundler", types: [], lib });
  });
});
