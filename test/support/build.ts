// Whether build/ is what the sources make: tests that import the package by its name run what was built last.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

interface Step {
  /** What is built: files that the script writes each time. */
  outputs: string[];
  /** Files and folders that it is built from. */
  sources: string[];
  script: string;
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const { targets } = read("asconfig.json") as { targets: Record<string, { outFile: string }> };
const { bin, exports } = read("package.json");

/** Paths in build/ that package.json names. */
const named = (pattern: RegExp): string[] => [...new Set(JSON.stringify([bin, exports]).match(pattern))];

const WASM: Step = {
  outputs: [...Object.values(targets).map(({ outFile }) => outFile), "build/simd.wasm.gz"],
  sources: ["assembly", "asconfig.json", "scripts/pack.js"],
  script: "build:wasm",
};

/** In the order in which they are built. */
const STEPS: Step[] = [
  WASM,
  {
    outputs: ["build/worker-node.js", ...named(/build\/[\w/-]+\.js/g)],
    sources: ["src", "assembly", "package.json"],
    script: "build:js",
  },
  { outputs: named(/build\/types\/[\w/-]+\.d\.ts/g), sources: ["src"], script: "build:types" },
];

/** When a file was written, or the last file of a folder. @returns milliseconds, and its path */
function newest(path: string): [time: number, path: string] {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [stat.mtimeMs, path];
  return readdirSync(path)
    .map((name) => newest(join(path, name)))
    .reduce((a, b) => (b[0] > a[0] ? b : a), [0, path]);
}

/** What a step was to have built anew, as a sentence; undefined if it is up to date. */
function staleness({ outputs, sources }: Step): string | undefined {
  const written = sources.map(newest).reduce((a, b) => (b[0] > a[0] ? b : a));
  for (const output of outputs) {
    const built = statSync(output, { throwIfNoEntry: false })?.mtimeMs;
    if (built === undefined) return `${output} is missing`;
    if (built < written[0]) return `${output} is older than ${written[1]}`;
  }
  return undefined;
}

/** Whether the binaries are missing, or older than what they are compiled from. */
export const isWasmStale = () => staleness(WASM) !== undefined;

/** vitest's globalSetup. @throws Error that names the file and the command, if the tests would run an old build */
export default function setup(): void {
  const stale = STEPS.filter((step) => staleness(step) !== undefined);
  if (stale.length === 0) return;
  const remedy = stale.includes(WASM) ? "npm run build" : stale.map(({ script }) => `npm run ${script}`).join(" && ");
  const reason = `${staleness(stale[0])}: these tests would run an old build`;
  throw new Error(`${reason}. Run ${remedy}; npm run test:unit needs no build`);
}
