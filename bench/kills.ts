// npm run bench:kills: kills a training at random times, while it trains and while it writes checkpoints, resumes it each
// time, and compares what it ends with to the bytes of a training that was not interrupted.
// Options by environment: KILLS=50 CORPUS EVERY=0.05s SEED=1

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCheckpoint } from "wasm2vec";
import { corpusPath, machine } from "./measure.js";

const KILLS = Number(process.env.KILLS ?? 50);
const every = process.env.EVERY ?? "0.05s";
const cli = fileURLToPath(new URL("../cli.js", import.meta.url));
const ways: Record<string, string[]> = {
  "one thread": ["--threads", "1"],
  reproducible: ["--reproducible"],
  replicas: ["--parallel", "replicas"],
};

// the times are random, but the same for the same seed
let state = Number(process.env.SEED ?? 1);
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** Runs the command until it ends or is killed after some milliseconds; says whether it was killed. */
function run(args: string[], killAfter?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, "train", corpusPath(), "--quiet", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL") resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`exit code ${code}`));
    });
  });
}

console.log(machine());
const folder = mkdtempSync(join(tmpdir(), "wasm2vec-kills-"));
const [vectors, whole, checkpoint] = ["vectors.bin", "whole.bin", "training.ckpt"].map((name) => join(folder, name));
try {
  let kills = 0;
  for (const [i, [name, flags]] of Object.entries(ways).entries()) {
    const options = [...flags, "--epochs", "2"];
    const start = performance.now();
    await run([...options, "--output", whole]);
    const duration = performance.now() - start;
    let [own, whileWriting, restarts, trainings, equal] = [0, 0, 0, 0, 0];
    while (kills < Math.round(((i + 1) * KILLS) / 3)) {
      rmSync(checkpoint, { force: true });
      trainings++;
      let resume = options;
      for (;;) {
        const due = kills < Math.round(((i + 1) * KILLS) / 3) ? 300 + random() * duration * 0.8 : undefined;
        const files = ["--output", vectors, "--checkpoint", checkpoint, "--checkpoint-every", every];
        if (!(await run([...resume, ...files], due))) break;
        kills++;
        own++;
        const left = readdirSync(folder);
        if (left.some((file) => file.startsWith("training.ckpt.tmp-"))) whileWriting++;
        // throws if it is not whole
        if (left.includes("training.ckpt")) await loadCheckpoint(checkpoint);
        else restarts++;
        resume = left.includes("training.ckpt") ? ["--resume", checkpoint] : options;
      }
      equal += Number(readFileSync(vectors).equals(readFileSync(whole)));
    }
    console.log(
      `${name}: ${own} kills, ${whileWriting} of them while a checkpoint was written, ${restarts} before the first; ` +
        `${trainings} trainings ended, ${equal} with the bytes of the one that was not interrupted; all checkpoints readable`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
