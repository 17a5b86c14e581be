// npm run bench:kills: trainings killed at random times and resumed, compared with the bytes of an uninterrupted training. SIGKILL,
// SIGTERM and SIGHUP in turn end it, while it trains and while it writes checkpoints; then the same command starts again.
// Environment: KILLS=50 CORPUS EVERY=0.05s SEED=1

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCheckpoint } from "wasm2vec/files";
import { corpusPath, machine } from "./measure.js";

const KILLS = Number(process.env.KILLS ?? 50);
const every = process.env.EVERY ?? "0.05s";
const cli = fileURLToPath(new URL("../cli.js", import.meta.url));
const ways: Record<string, string[]> = {
  "one thread": ["--threads", "1"],
  "all threads": [],
  "no worker": ["--no-worker"],
};

// the times are random, but reproducible for a seed
let state = Number(process.env.SEED ?? 1);
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** Signals that end the command, and its exit code then. */
const SIGNALS = { SIGKILL: "SIGKILL", SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNALS;

/** Runs the command, and sends a signal after some milliseconds. @returns whether the signal ended it */
function run(args: string[], due?: { after: number; signal: Signal }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, "train", corpusPath(), "--quiet", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const timer = due && setTimeout(() => child.kill(due.signal), due.after);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (due && (signal ?? code) === SIGNALS[due.signal]) resolve(true);
      // a signal may come before the command listens, or when it has ended
      else if (due && signal === due.signal) resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`exit code ${code}, signal ${signal}`));
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
    const bySignal: Record<Signal, number> = { SIGKILL: 0, SIGTERM: 0, SIGHUP: 0 };
    let [whileWriting, restarts, trainings, equal] = [0, 0, 0, 0];
    while (kills < Math.round(((i + 1) * KILLS) / 3)) {
      rmSync(checkpoint, { force: true });
      trainings++;
      // the same command each time: it goes on by itself
      const command = [...options, "--output", vectors, "--checkpoint", checkpoint, "--checkpoint-every", every];
      for (;;) {
        const signal = (Object.keys(SIGNALS) as Signal[])[kills % 3];
        const isDue = kills < Math.round(((i + 1) * KILLS) / 3);
        if (!(await run(command, isDue ? { after: 300 + random() * duration * 0.8, signal } : undefined))) break;
        kills++;
        bySignal[signal]++;
        const left = readdirSync(folder);
        if (left.some((file) => file.startsWith("training.ckpt.tmp-"))) whileWriting++;
        // throws if it is not whole
        if (left.includes("training.ckpt")) await loadCheckpoint(checkpoint);
        else restarts++;
      }
      equal += Number(readFileSync(vectors).equals(readFileSync(whole)));
    }
    const ends = Object.entries(bySignal).map(([signal, count]) => `${count} ${signal}`);
    console.log(
      `${name}: ${ends.join(", ")}; ${whileWriting} while a checkpoint was written, ${restarts} before the first; ` +
        `${trainings} trainings ended, ${equal} with the bytes of the one that was not interrupted; all checkpoints readable`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
