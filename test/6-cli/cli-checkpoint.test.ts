// Trainings that are interrupted and resumed, by the command line.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EpochRecord } from "wasm2vec";
import { loadVectors } from "wasm2vec/files";
import { type Outcome, small, Workbench } from "../support/command";

let bench: Workbench;
let folder: string;
let corpus: string;
let vectors: string;
const run = (args: string[], options?: { cwd: string }) => bench.run(args, "", options);

beforeAll(async () => {
  bench = new Workbench();
  ({ folder, corpus } = bench);
  vectors = bench.path("vectors.bin");
  expect(await run(["train", corpus, "--output", vectors, ...small])).toMatchObject({ code: 0 });
});
afterAll(() => bench.remove());

describe("train --checkpoint and --resume", () => {
  /** Sends a signal as soon as there is a checkpoint, or a new one; resolves when the command has ended. */
  function interrupted(args: string[], file: string, signal: NodeJS.Signals): Promise<Outcome> {
    const written = () => statSync(bench.path(file), { throwIfNoEntry: false })?.mtimeMs;
    const before = written();
    return new Promise((resolve) => {
      const child = bench.start(args, (outcome) => {
        clearInterval(timer);
        resolve(outcome);
      });
      const timer = setInterval(() => {
        if (written() === before) return;
        clearInterval(timer);
        child.kill(signal);
      }, 5);
    });
  }

  /** The vectors of a training that is not interrupted. */
  async function wholeOf(args: string[]): Promise<Buffer> {
    await run([...args.slice(0, 3), "whole.bin", ...args.slice(4)]);
    return readFileSync(join(folder, "whole.bin"));
  }

  it.each<[NodeJS.Signals, number]>([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])(
    "on %s writes a checkpoint and exits with %i; its name alone is enough to go on, to the same bytes",
    async (signal, code) => {
      // read in a way that the checkpoint must know, and from another folder than it is gone on from
      const args = ["train", "corpus.txt", "--output", "j.bin", ...small, "--epochs", "150", "--tokenizer", "simple"];
      const kept = ["--checkpoint", "j.ckpt", "--checkpoint-every", "0.1s"];
      const outcome = await interrupted([...args, ...kept, "--restart"], "j.ckpt", signal);
      expect(outcome).toMatchObject({ code });
      expect(outcome.stderr).toContain(
        "interrupted; the training is in j.ckpt; go on with: wasm2vec train --resume j.ckpt\n",
      );
      rmSync(join(folder, "j.bin"), { force: true });
      const resumed = await run(["train", "--resume", join(folder, "j.ckpt"), "--json"], { cwd: tmpdir() });
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(JSON.parse(resumed.stdout).history).toHaveLength(150);
      const whole = await wholeOf(args);
      expect(readFileSync(join(folder, "j.bin")).equals(whole)).toBe(true);
      // the last checkpoint is of the end: what it gives is there at once, in another format too
      await run(["train", "--resume", "j.ckpt", "-o", "k.txt"]);
      expect((await loadVectors(join(folder, "k.txt"))).matrix).toEqual(
        (await loadVectors(join(folder, "whole.bin"))).matrix,
      );
    },
  );

  it("the same command again goes on, and --restart starts over; another command is refused", async () => {
    const args = ["train", "corpus.txt", "--output", "c.bin", ...small, "--epochs", "150", "--checkpoint", "c.ckpt"];
    await interrupted([...args, "--checkpoint-every", "0.1s"], "c.ckpt", "SIGINT");
    const before = readFileSync(join(folder, "c.ckpt"));
    const other = await run([...args, "--dim", "8"]);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /c\.ckpt holds a training that has not ended \(epoch \d+ of 150\), .*"?dim"? 16, this one 8.*--resume.*--restart/,
      ),
    });
    expect(readFileSync(join(folder, "c.ckpt")).equals(before)).toBe(true);
    const again = await run(args);
    expect(again.stderr).toMatch(/warning: going on with the training in c\.ckpt, epoch \d+ of 150/);
    expect(readFileSync(join(folder, "c.bin")).equals(await wholeOf(args.slice(0, -2)))).toBe(true);
    const restarted = await run([...args, "--epochs", "2", "--restart", "--json"]);
    expect(JSON.parse(restarted.stdout).history).toHaveLength(2);
  });

  it("after SIGKILL, at whatever time, has a checkpoint to go on with", async () => {
    const args = ["train", corpus, "--output", "m.bin", ...small, "--epochs", "200", "--checkpoint", "m.ckpt"];
    const every = ["--checkpoint-every", "0.02s"];
    const killed = await interrupted([...args, ...every], "m.ckpt", "SIGKILL");
    expect(killed.signal).toBe("SIGKILL");
    for (let kill = 0; kill < 4; kill++) await interrupted([...args, ...every], "m.ckpt", "SIGKILL");
    const end = await run(args);
    expect(end.code, end.stderr).toBe(0);
    expect(readFileSync(join(folder, "m.bin")).equals(await wholeOf(args.slice(0, -2)))).toBe(true);
    // nothing that the killed have left
    expect(readdirSync(folder).filter((name) => name.startsWith("m.ckpt"))).toEqual(["m.ckpt"]);
  });

  it("keeps what scores the vectors, too", async () => {
    writeFileSync(bench.path("pairs.tsv"), "topic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_1\t1\ntopic3_0\ttopic3_2\t8\n");
    const probed = ["--probe-pairs", "pairs.tsv", "--patience", "149", "--validation-share", "0.1"];
    const args = ["train", "corpus.txt", "--output", "p.bin", ...small, "--epochs", "150", ...probed];
    const kept = ["--checkpoint", "p.ckpt", "--checkpoint-every", "0.1s"];
    expect(await interrupted([...args, ...kept], "p.ckpt", "SIGINT")).toMatchObject({ code: 130 });
    const resumed = await run(["train", "--resume", join(folder, "p.ckpt"), "--json"], { cwd: tmpdir() });
    expect(resumed.code, resumed.stderr).toBe(0);
    const measured = (stdout: string) =>
      JSON.parse(stdout).history.map(({ score, validationLoss }: EpochRecord) => [score, validationLoss]);
    expect(measured(resumed.stdout)).toHaveLength(150);
    expect(measured(resumed.stdout)).toEqual(measured((await run([...args, "--json"])).stdout));
  });

  it("refuses what cannot be resumed, with the remedy", async () => {
    const first = [
      "train",
      corpus,
      "--output",
      "n.bin",
      ...small,
      "--checkpoint",
      "n.ckpt",
      "--checkpoint-every",
      "0.1s",
    ];
    await interrupted([...first, "--epochs", "1000000"], "n.ckpt", "SIGINT");
    const other = join(folder, "other.txt");
    writeFileSync(other, readFileSync(corpus, "utf8").replace("topic", "common1 topic"));
    const resume = async (file: string, text: string, ...more: string[]) => {
      const { code, stderr } = await run(["train", text, "--output", "n.bin", "--resume", file, "--quiet", ...more]);
      return `${code} ${stderr}`;
    };
    expect(await resume("n.ckpt", other)).toMatch(
      /^1 wasm2vec: .*other.txt is not the corpus that the checkpoint.*--from/,
    );
    expect(await resume("n.ckpt", corpus, "--dim", "30")).toMatch(
      /^2 wasm2vec: "?(--)?dim"? clashes with "?(--)?resume/,
    );
    expect(await resume("none.ckpt", corpus)).toMatch(/^1 wasm2vec: cannot read "none.ckpt": no such file/);
    expect(await resume(vectors, corpus)).toMatch(/^1 wasm2vec: .*a checkpoint what training wrote/);
    const missing = await run(["train", corpus, "--output", "n.bin", "--checkpoint-every", "5m"]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("goes with --checkpoint") });
    const bad = await run(["train", corpus, "--output", "n.bin", "--checkpoint", "c", "--checkpoint-every", "often"]);
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a time such as "30s"') });
    const folderOf = await run(["train", corpus, "--output", "n.bin", "--checkpoint", "none/c"]);
    expect(folderOf).toMatchObject({ code: 1, stderr: expect.stringContaining("make it first") });
  });
});

describe("train --initial-vectors and --freeze", () => {
  it("begins with the vectors of a file, and leaves those listed as they are", async () => {
    writeFileSync(join(folder, "frozen.txt"), "topic0_0\ncommon1\n");
    const { code, stderr } = await run([
      ...["train", corpus, "--output", "o.bin", "--initial-vectors", vectors, "--freeze", "frozen.txt"],
      ...["--epochs", "1", "--min-count", "1", "--threads", "1"],
    ]);
    expect(code, stderr).toBe(0);
    const [before, after] = [await loadVectors(vectors), await loadVectors(join(folder, "o.bin"))];
    for (const word of ["topic0_0", "common1"]) expect(after.get(word)).toEqual(before.get(word));
    expect(after.get("topic0_1")).not.toEqual(before.get("topic0_1"));
    expect(after.similarity("topic0_0", "topic0_1")).toBeGreaterThan(0.5);
  });
});
