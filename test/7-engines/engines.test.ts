// The build in other engines than the one that runs the tests: the same bytes as here. test/engines/package.json has them.

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOf } from "../support/programs";
import { type Outcome, small, text, trainHere, WAYS } from "../support/same-bytes";

const NODE_DOOR = "build/node.js";
const BROWSER_DOOR = "build/index.js";

interface Place {
  engine: string;
  door: string;
  /** folder in test/engines/node_modules, without -x64 or -arm64, and the program there */
  path: [folder: string, program: string];
  args: string[];
}

const DENO = ["run", "--no-prompt", "--no-remote", "--allow-read"];
const PLACES: Place[] = [
  ...[20, 22, 24, 26].map((version) => place(`Node ${version}`, NODE_DOOR, [`node${version}`, "bin/node"])),
  place("Bun", NODE_DOOR, ["bun", "bin/bun"]),
  place("Bun", BROWSER_DOOR, ["bun", "bin/bun"]),
  place("Deno", NODE_DOOR, ["deno", "deno"], DENO),
  place("Deno", BROWSER_DOOR, ["deno", "deno"], DENO),
];

function place(engine: string, door: string, path: Place["path"], args: string[] = []): Place {
  return { engine, door, path, args };
}

/** Two threads on one memory without locks: it ends, with bytes of its own. */
const HOGWILD = { model: "cbow", threads: 2 } as const;

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-engines-"));
  file = join(folder, "ways.json");
  const ways = [...WAYS.map(([, options]) => options), HOGWILD].map((options) => ({ ...small, ...options }));
  writeFileSync(file, JSON.stringify({ text, ways }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Where the engine's program is. */
function programOf({ engine, path: [at, program] }: Place): string {
  const installed = resolve("test/engines/node_modules", `${at}-${process.arch}`, program);
  // its packages are of Linux only: elsewhere a variable names the program
  const variable = `${at.toUpperCase()}_PATH`;
  return pathOf({ name: engine, variable, places: [installed], remedy: "npm ci --prefix test/engines" });
}

/** Trains in each of the ways. */
async function run(at: Place): Promise<Outcome[]> {
  const { door, args } = at;
  const path = programOf(at);
  const all = [...args, resolve("test/engines/main.js"), pathToFileURL(door).href, file];
  const env = { ...process.env, DENO_DIR: join(folder, "deno") };
  const { stdout } = await promisify(execFile)(path, all, { env, timeout: 150_000 });
  return JSON.parse(stdout);
}

describe.each(PLACES.map((at) => [`${at.engine}, through ${at.door}`, at] as const))("%s", (_, at) => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    outcomes = await run(at);
  });

  it.each(WAYS.map((way, i) => [...way, i] as const))(
    "gives the bytes of Node here: %s",
    async (_, options, parallel, i) => {
      expect(outcomes[i]).toMatchObject({ parallel, hash: await trainHere(options) });
    },
  );

  it("trains with two threads on one memory", () => {
    expect(outcomes.at(-1)).toMatchObject({ threads: 2, parallel: "hogwild" });
  });

  if (at.door === NODE_DOOR) {
    it("reads Zstandard by its own means, but for Node 20, where it says what to install", async () => {
      // where no package is beside it
      const build = join(folder, `build of ${at.engine}`);
      cpSync("build", build, { recursive: true });
      writeFileSync(join(folder, "text.zst"), Buffer.from("KLUv/SQHOQAAYSBiIGEgYn+hfsE=", "base64"));
      const entry = pathToFileURL(join(build, "files.js")).href;
      const env = { ...process.env, DENO_DIR: join(folder, "deno") };
      const args = [...at.args, resolve("test/engines/read.js"), entry, join(folder, "text.zst")];
      const { stdout } = await promisify(execFile)(programOf(at), args, { env });
      if (at.engine === "Node 20")
        expect(stdout).toContain("npm install fzstd (with npx: npx -p wasm2vec -p fzstd wasm2vec …)\n");
      else expect(stdout).toBe("a b a b");
    });

    it("on Ctrl-C the command line writes a checkpoint, which the same command goes on with", async () => {
      const own = join(folder, at.engine);
      mkdirSync(own);
      writeFileSync(join(own, "text"), text.map((sentence) => `${sentence.join(" ")}\n`).join(""));
      const files = ["--output", "vectors", "--checkpoint", "ckpt", "--checkpoint-every", "0.1s", "--quiet"];
      const options = ["--dim", "8", "--min-count", "1", "--threads", "1", "--epochs", "150"];
      const permissions = at.engine === "Deno" ? ["run", "--no-prompt", "--allow-all"] : [];
      const command = [...permissions, resolve("build/cli.js"), "train", "text", ...options];
      const start = (args: string[], due?: () => boolean) =>
        new Promise<{ code: number | null; stderr: string }>((done) => {
          const env = { ...process.env, DENO_DIR: join(folder, "deno") };
          const child = execFile(programOf(at), args, { cwd: own, env }, (_, __, stderr) => {
            clearInterval(timer);
            done({ code: child.exitCode, stderr });
          });
          const timer = setInterval(() => {
            if (!due?.()) return;
            clearInterval(timer);
            child.kill("SIGINT");
          }, 5);
        });
      const ended = await start([...command, ...files], () => existsSync(join(own, "ckpt")));
      expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining("the training is in ckpt") });
      const goneOn = await start([...command, ...files]);
      expect(goneOn).toMatchObject({ code: 0, stderr: expect.stringContaining("going on with the training in ckpt") });
      expect((await start([...command, "--output", "whole", "--quiet"])).code).toBe(0);
      expect(readFileSync(join(own, "vectors")).equals(readFileSync(join(own, "whole")))).toBe(true);
    });
  }

  if (at.door !== BROWSER_DOOR) return;
  it("ends each time, though Deno's workers are ready before anyone awaits", async () => {
    for (let i = 0; i < 3; i++) expect((await run(at)).slice(0, -1)).toEqual(outcomes.slice(0, -1));
  });
});
