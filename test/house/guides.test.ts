// What README and guides print as examples runs as it is printed.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ISOLATION } from "../../demo/serve.js";
import { BROWSERS, type Browser } from "../support/browsers";
import { RedisServer } from "../support/redis";
import { type Served, serve } from "../support/served";

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-guides-"));
const text = gunzipSync(readFileSync("demo/sample.txt.gz")).toString().split("\n").slice(0, 8000).join("\n");

beforeAll(() => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(process.cwd(), join(folder, "node_modules/wasm2vec"));
  for (const name of ["usearch", "highs"])
    symlinkSync(join(process.cwd(), "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "corpus.txt"), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The blocks of code in a document. */
function examples(path: string, language = "js"): string[] {
  const blocks = readFileSync(path, "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map(([, code]) => code);
}

describe("in Node", () => {
  const run = (code: string, variables: Record<string, string> = {}) => {
    writeFileSync(join(folder, "example.mjs"), code);
    const env = { ...process.env, ...variables };
    return execFileSync(process.execPath, ["example.mjs", "corpus.txt"], { cwd: folder, env, encoding: "utf8" });
  };

  it("README: the first screen is at most twelve lines that do something", () => {
    const [first] = examples("README.md");
    expect(first.split("\n").filter((line) => line !== "" && !line.startsWith("//")).length).toBeLessThanOrEqual(12);
    const output = run(first);
    expect(output).toMatch(/epoch: 5,\s+loss: 0\.\d+/);
    expect(output.match(/similarity: 0\.\d+/g)!.length).toBe(5 + 3);
    expect(readFileSync(join(folder, "vectors.bin")).length).toBeGreaterThan(1e6);
  });

  it("docs/guides/node.md", () => {
    expect(run(examples("docs/guides/node.md")[0])).toMatch(/^1 0\.\d+ \d+.*\n2 0\.\d+ .*word: '\w+'/s);
  });

  it("docs/formats.md: models of fastText", () => {
    copyFileSync("test/golden/fasttext/ngrams.bin", join(folder, "model.bin"));
    const [example] = examples("docs/formats.md");
    expect(run(`${example}\nconsole.log(model.labels.length);`)).toBe("9\n");
    expect(readFileSync(join(folder, "model.ftz")).length).toBeLessThan(readFileSync(join(folder, "model.bin")).length);
  });

  it("docs/guides/options.md", () => {
    const pairs = ["man\twoman\t8", "one\ttwo\t9", "one\twoman\t2", "two\tman\t1", "day\tnight\t8"];
    writeFileSync(join(folder, "pairs.tsv"), pairs.join("\n"));
    expect(run(examples("docs/guides/options.md")[0])).toMatch(/^\[\s*'1: -?[\d.]+',.* (score|undefined)\n$/s);
  });

  it("docs/guides/queries.md", () => {
    const [weights, approximate, movers, components] = examples("docs/guides/queries.md");
    expect(run(weights).match(/word: '\w+'/g)).toHaveLength(9);
    const output = run(approximate);
    expect(output.match(/word: '\w+'/g)).toHaveLength(5);
    expect(Number(output.trim().split("\n").at(-1))).toBeGreaterThan(0.9);
    expect(run(movers)).toBe("true\n");
    expect(run(components).match(/word: '\w+'/g)).toHaveLength(9);
  });

  it("docs/guides/items.md", () => {
    const [items, nodes] = examples("docs/guides/items.md");
    expect(run(items)).toBe("nail saw screw\n");
    expect(run(nodes)).toBe("true\n");
  });

  it("docs/guides/classify.md", () => {
    const [intents, scores] = examples("docs/guides/classify.md");
    expect(run(intents)).toMatch(/^\[\s*\{ label: 'delivery', probability: 0\.\d+ \},\s*\{ label: 'refund'/);
    expect(run(scores)).toMatch(/^1 \[ '\w+ 1 1', '\w+ 1 1' \] \[ \[ 50, 0 \], \[ 0, 50 \] \]\n$/);
  });

  it("docs/guides/subwords.md", () => {
    const output = run(examples("docs/guides/subwords.md")[0]);
    expect(output).toMatch(/^true true\n/);
    expect(output.match(/word: '\w+'/g)).toHaveLength(5);
    expect(readFileSync(join(folder, "model.bin")).subarray(0, 4)).toEqual(Buffer.of(0xba, 0x16, 0x4f, 0x2f));
  });

  it("docs/guides/cluster.md", async () => {
    const redis = await RedisServer.start();
    try {
      const output = run(examples("docs/guides/cluster.md")[0], { REDIS_URL: redis.url });
      expect(output.match(/word: '\w+'/g)).toHaveLength(3);
    } finally {
      await redis.remove();
    }
  }, 60_000);

  it("docs/guides/reproducibility.md", () => {
    expect(run(examples("docs/guides/reproducibility.md")[0])).toBe("true\n");
  });

  it("docs/guides/larger-than-memory.md", () => {
    const output = run(examples("docs/guides/larger-than-memory.md")[0].replace("river", "man"));
    expect(output).toMatch(/^\d\.\d GB of memory, 22 GB on the disk\n.*word: '\w+'/s);
  });
});

describe("in a page", () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    browser = await BROWSERS.Chromium();
    served = await serve(folder, ISOLATION);
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  /** Bundles an example with its surroundings and runs it; what it exports as `outcome` is returned. */
  async function run<T>(code: string, name = "example", files: Record<string, string> = {}): Promise<T> {
    for (const [file, content] of Object.entries({ ...files, [`${name}.js`]: code }))
      writeFileSync(join(folder, file), content);
    // the package's own chunks, which esbuild only takes without a word from node_modules
    const logOverride = { "ignored-bare-import": "silent" as const };
    const entryPoints = [...Object.keys(files), `${name}.js`].map((file) => join(folder, file));
    await build({
      entryPoints,
      outdir: join(folder, "bundle"),
      bundle: true,
      format: "esm",
      splitting: true,
      logOverride,
    });
    const page = await browser.open();
    await page.goto(`${served.url}/none.html`);
    const outcome = await page.evaluate<T>(`import("/bundle/${name}.js").then(({ outcome }) => outcome)`);
    await page.close();
    return outcome;
  }
  const file = 'const file = new File([await (await fetch("/corpus.txt")).text()], "corpus.txt");';

  it("docs/guides/page.md: trains on a file", async () => {
    const [first] = examples("docs/guides/page.md");
    const surroundings = `${file}\nconst progress = { value: 0 };\n`;
    const outcome = await run(
      `${surroundings}${first}\nexport const outcome = [progress.value, model.vectors.mostSimilar("river").length];`,
    );
    expect(outcome).toEqual([1, 10]);
  });

  it("docs/guides/page.md: pauses, looks, cancels", async () => {
    const [, second] = examples("docs/guides/page.md");
    const corpus = 'import { textCorpus } from "wasm2vec";\nconst corpus = textCorpus(() => file.stream(), "text");';
    // a paused training is looked at, and cancelled
    const outcome = await run(
      `${file}\n${corpus}\n${second}\nexport const outcome = await training.then(() => "trained", (error) => error.name + vectors.dim);`,
    );
    expect(outcome).toBe("AbortError100");
  });

  it("docs/guides/page.md: keeps checkpoints, and removes them at the end", async () => {
    const [, , third] = examples("docs/guides/page.md");
    const corpus = 'import { textCorpus } from "wasm2vec";\nconst corpus = textCorpus(() => file.stream(), "text");';
    const outcome = await run(
      `${file}\n${corpus}\n${third}\nexport const outcome = [model.history.length, (await Array.fromAsync(folder.keys())).length];`,
    );
    expect(outcome).toEqual([5, 0]);
  });

  it("docs/guides/worker.md", async () => {
    const [training, page] = examples("docs/guides/worker.md");
    const told = page.replace("console.log(", "told(");
    expect(told).not.toBe(page);
    const outcome = await run<{ word: string }[]>(
      `${file}\nlet told;\nexport const outcome = new Promise((resolve) => { told = resolve; });\n${told}`,
      "page",
      { "training.js": training },
    );
    expect(outcome).toHaveLength(10);
  });
});
