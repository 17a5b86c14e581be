// The build in other engines than the one that runs the tests: the same bytes as here. test/engines/package.json has them.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOf } from "./page";
import { type Outcome, small, text, trainHere, WAYS } from "./same-bytes";

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
  // tinyglobby, which this door imports, reads the environment
  place("Deno", NODE_DOOR, ["deno", "deno"], [...DENO, "--allow-env"]),
  place("Deno", BROWSER_DOOR, ["deno", "deno"], DENO),
];

function place(engine: string, door: string, path: Place["path"], args: string[] = []): Place {
  return { engine, door, path, args };
}

/** Two threads on one memory without locks: it ends, with bytes of its own. */
const HOGWILD = { parallel: "hogwild", threads: 2 } as const;

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-engines-"));
  file = join(folder, "ways.json");
  const ways = [...WAYS.map(([, options]) => options), HOGWILD].map((options) => ({ ...small, ...options }));
  writeFileSync(file, JSON.stringify({ text, ways }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Trains in each of the ways. */
async function run({ engine, door, path: [at, program], args }: Place): Promise<Outcome[]> {
  const installed = resolve("test/engines/node_modules", `${at}-${process.arch}`, program);
  const path = pathOf(engine, [installed], "npm ci --prefix test/engines");
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

  if (at.door !== BROWSER_DOOR) return;
  it("ends each time, though Deno's workers are ready before anyone awaits", async () => {
    for (let i = 0; i < 3; i++) expect((await run(at)).slice(0, -1)).toEqual(outcomes.slice(0, -1));
  });
});
