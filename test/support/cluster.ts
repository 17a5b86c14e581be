// What tests of a cluster have in common: a text, what one machine makes of it, workers in this process.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Model, type TrainOptions, train } from "wasm2vec";
import { type ClusterWorkerOptions, clusterWorker, type WorkerEvent } from "wasm2vec/cluster";
import { Random } from "../../src/base/random";

export const PARTS = 8;
/** Words of the text: at least 256 for each block. */
const WORDS = 256 * PARTS + 100;

/** Options of all trainings here: chunks are a fifteenth of the text. */
export const OPTIONS = {
  dim: 12,
  epochs: 2,
  parts: PARTS,
  minCount: 1,
  subsample: 0.01,
  seed: 7,
} satisfies TrainOptions;

/** A text of sentences in which words that are close by number come together. @returns its path */
export function writeText(folder: string, tokens = 60_000): string {
  const random = Random.from(11, 1);
  const lines: string[] = [Array.from({ length: WORDS }, (_, i) => `w${i}`).join(" ")];
  for (let count = 0; count < tokens; count += 15) {
    const centre = random.below(1 + random.below(WORDS));
    lines.push(Array.from({ length: 15 }, () => `w${(centre + random.below(9)) % WORDS}`).join(" "));
  }
  const path = join(folder, "text.txt");
  writeFileSync(path, lines.join("\n"));
  return path;
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "wasm2vec-cluster-"));
}

/** Of all that training made: both matrices, and the losses. */
export function digest(model: Model<never>): string {
  const { vectors, outputVectors, history } = model;
  const hash = createHash("sha256").update(vectors.matrix).update(outputVectors.matrix);
  for (const { loss, predictions, trainedWords } of history) hash.update(`${loss} ${predictions} ${trainedWords}\n`);
  return hash.digest("hex");
}

/** What one machine makes of a text. */
export async function byOneMachine(path: string, options: TrainOptions = {}): Promise<string> {
  return digest((await train(path, { ...OPTIONS, threads: 1, ...options })) as Model<never>);
}

/** Workers in this process. */
export class Workers {
  readonly events: WorkerEvent[] = [];
  private readonly all: { controller: AbortController; ended: Promise<void> }[] = [];

  constructor(private readonly options: ClusterWorkerOptions) {}

  /** Starts one; resolves when it is ready. */
  async start(threads = 1): Promise<void> {
    const controller = new AbortController();
    let ended!: Promise<void>;
    await new Promise<void>((resolve, reject) => {
      const onEvent = (event: WorkerEvent) => {
        this.events.push(event);
        if (event.type === "ready") resolve();
      };
      ended = clusterWorker({ ...this.options, threads, onEvent, signal: controller.signal });
      ended.catch(reject);
    });
    this.all.push({ controller, ended });
  }

  /** Tells one to end. */
  async end(index: number): Promise<void> {
    const [{ controller, ended }] = this.all.splice(index, 1);
    controller.abort();
    await ended;
  }

  get count(): number {
    return this.all.length;
  }

  async endAll(): Promise<void> {
    for (const { controller } of this.all) controller.abort();
    await Promise.all(this.all.splice(0).map(({ ended }) => ended));
  }
}

/** A worker or a driver in a process of its own. */
export class OwnProcess {
  readonly lines: { type: string; message?: string; digest?: string; epoch?: number }[] = [];
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  errors = "";

  /** @param before it, a command that runs it elsewhere */
  constructor(
    role: "worker" | "driver",
    given: object,
    env: Record<string, string> = {},
    before: readonly string[] = [],
  ) {
    const script = fileURLToPath(new URL("cluster-process.js", import.meta.url));
    const options = { env: { ...process.env, ...env } };
    const [command, ...args] = [...before, process.execPath, script, role, JSON.stringify(given)];
    this.child = spawn(command, args, options);
    let text = "";
    this.child.stdout!.on("data", (data) => {
      text += data;
      const lines = text.split("\n");
      text = lines.pop()!;
      this.lines.push(...lines.map((line) => JSON.parse(line)));
      for (const listener of this.listeners) listener();
    });
    this.child.stderr!.on("data", (data) => {
      this.errors += data;
    });
    this.ended = new Promise((resolve) => this.child.on("exit", () => resolve()));
  }

  /** Resolves when a line of a type was said. */
  async said(type: string): Promise<(typeof this.lines)[number]> {
    for (;;) {
      const found = this.lines.find((line) => line.type === type);
      if (found) return found;
      const heard = new Promise<void>((resolve) => this.listeners.add(resolve));
      const isOver = await Promise.race([heard.then(() => false), this.ended.then(() => true)]);
      if (isOver && !this.lines.some((line) => line.type === type))
        throw new Error(`it ended without "${type}": ${JSON.stringify(this.lines.slice(-3))} ${this.errors}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
