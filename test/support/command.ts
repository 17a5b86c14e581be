// The command line, from the build, as users run it: in a folder of its own, with a corpus.

import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleText } from "./sample";

export const cli = fileURLToPath(new URL("../../build/cli.js", import.meta.url));

export interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), "wasm2vec-cli-"));
  /** where commands have their temporary files, rather than where those of other tests are */
  readonly temporary = mkdtempSync(join(tmpdir(), "wasm2vec-temporary-"));
  readonly corpus = this.path("corpus.txt");

  constructor() {
    const lines = sampleText(2000).map((sentence) => `${sentence.join(" ")}\n`);
    writeFileSync(this.corpus, lines.join(""));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  start(args: string[], done: (outcome: Outcome) => void, options: { cwd?: string } = {}): ChildProcess {
    const env = { ...process.env, TMPDIR: this.temporary };
    const own = { cwd: this.folder, encoding: "utf8" as const, env, ...options };
    const child = execFile(process.execPath, [cli, ...args], own, (_, stdout, stderr) =>
      done({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
    return child;
  }

  run(args: string[], stdin = "", options: { cwd?: string } = {}): Promise<Outcome> {
    return new Promise((resolve) => this.start(args, resolve, options).stdin!.end(stdin));
  }

  remove(): void {
    for (const folder of [this.folder, this.temporary]) rmSync(folder, { recursive: true });
  }
}

/** Options of a training that takes no time. */
export const small = ["--dim", "16", "--epochs", "3", "--min-count", "1", "--subsample", "0.01", "--threads", "1"];

/** Whether a process has a file open whose path holds the name; on Linux. */
export function holds({ pid }: { pid?: number }, name: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).includes(name);
    } catch {
      return false; // it was closed meanwhile
    }
  });
}
