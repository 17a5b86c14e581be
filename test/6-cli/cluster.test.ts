// The commands of a cluster, as users run them: workers, a training for them, what is seen of it and cleaned up.

import { type ChildProcess, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keysOf } from "../../src/cluster/connection";
import { type Outcome, Workbench } from "../support/command";
import { freePort, RedisServer } from "../support/redis";
import { sampleText } from "../support/sample";

let bench: Workbench;
let server: RedisServer;
let corpus: string;
beforeAll(async () => {
  bench = new Workbench();
  server = await RedisServer.start();
  corpus = bench.path("words.txt");
  const lines = sampleText(20_000, 1, 200).map((words) => `${words.join(" ")}\n`);
  writeFileSync(corpus, lines.join(""));
});
afterAll(async () => {
  await server.remove();
  bench.remove();
});

/** Commands of a test that has failed. */
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

const TRAINING = ["--dim", "16", "--epochs", "6", "--min-count", "1", "--threads", "1"];

/** A command under way: what it says, and how it ends. */
function start(...args: string[]) {
  let said = "";
  let settle: (outcome: Outcome) => void;
  const ended = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  const child = bench.start(args, (outcome) => {
    children.delete(child);
    settle(outcome);
  });
  children.add(child);
  child.stderr!.on("data", (text: string) => {
    said += text;
  });
  /** Waits until it has said so. */
  const saying = async (what: RegExp) => {
    while (!what.test(said)) {
      if (child.exitCode !== null) throw new Error(`it ended before it said ${what}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, saying };
}

const worker = (...more: string[]) => start("worker", server.url, "--threads", "1", ...more);
const train = (output: string, ...more: string[]) =>
  start("train", corpus, "--output", bench.path(output), ...TRAINING, ...more);

describe("a training", () => {
  it("by workers gives the bytes of one machine, is seen, and leaves no key", async () => {
    const workers = [worker(), worker()];
    for (const { saying } of workers) await saying(/^ready with 1 thread\n/);
    const { ended, saying } = train("cluster.bin", "--cluster", server.url);
    await Promise.all(workers.map(({ saying }) => saying(/^trains blocks \d+ to \d+ of run /m)));
    const { stdout } = await bench.run(["cluster", "status", server.url]);
    expect(stdout).toMatch(
      /^Redis 7.*: \d+ MB used\n2 workers\n( {2}\S+:\d+ +1 thread +\d\S+\n){2}run \S+: \S+ trains on .*words.txt/,
    );
    await saying(
      /words\/s, 2 threads of 2 workers, grid \| (\S+:\d+ [\d,]+(, )?){2} words\/s; [\d,]+ blocks moved \(.* [kM]B\), \d+% of the time waited/,
    );
    const trained = await ended;
    expect([trained.code, trained.stderr.includes("warning")]).toEqual([0, false]);
    expect(trained.stderr).toMatch(
      /^this training takes up to \d+ MB of Redis' memory with one worker, and \d+ MB more for each other\n/m,
    );
    for (const { child, ended, saying } of workers) {
      await saying(/^gave back blocks \d+ to \d+ of run /m);
      child.kill("SIGTERM");
      const { code, stdout, stderr } = await ended;
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^ended after \d+ jobs?\n$/)]);
      expect(stderr).not.toContain("does not answer");
    }
    expect(await server.keys()).toEqual([]);
    const alone = await train("alone.bin", "--parts", "16").ended;
    expect(alone.code).toBe(0);
    expect(readFileSync(bench.path("cluster.bin")).equals(readFileSync(bench.path("alone.bin")))).toBe(true);
  });

  it("begins without workers, and goes on with those that come and go", async () => {
    const training = train("moving.bin", "--cluster", server.url, "--cluster-prefix", "mine");
    const first = worker("--prefix", "mine", "--json");
    await first.saying(/^trains blocks/m);
    const second = worker("--prefix", "mine", "--quiet");
    first.child.kill("SIGINT");
    const { code, stdout } = await first.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ taken: expect.any(Number), refused: 0, lost: 0 });
    expect((await training.ended).code).toBe(0);
    second.child.kill("SIGTERM");
    expect(await second.ended).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(bench.path("moving.bin")).equals(readFileSync(bench.path("cluster.bin")))).toBe(true);
  });

  it("whose driver was killed is shown, cleaned up, and begun again", async () => {
    const { child, ended, saying } = worker();
    await saying(/^ready/);
    const dead = train("dead.bin", "--cluster", server.url);
    await saying(/^trains/m);
    dead.child.kill("SIGKILL");
    expect((await dead.ended).signal).toBe("SIGKILL");
    // without its sign of life, as after some seconds
    await server.with(async (redis) => {
      const { runs, run } = keysOf();
      for (const id of await redis.smembers(runs)) await redis.del(run(id).alive);
    });
    expect((await bench.run(["cluster", "status", server.url])).stdout).toMatch(/and is dead: wasm2vec cluster clean/);
    const cleaned = await bench.run(["cluster", "clean", server.url, "--json"]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ runs: [{ isAlive: false, about: { kind: "train" } }] });
    expect((await bench.run(["cluster", "status", server.url])).stdout).toMatch(/\n1 worker\n.*\nno training\n$/);
    expect((await train("again.bin", "--cluster", server.url).ended).code).toBe(0);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
    expect(await server.keys()).toEqual([]);
    expect(readFileSync(bench.path("again.bin")).equals(readFileSync(bench.path("cluster.bin")))).toBe(true);
  });
});

it("TLS needs a certificate that Node knows of", async () => {
  const [key, certificate] = [bench.path("key.pem"), bench.path("certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
  const port = await freePort();
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
  const tls = await RedisServer.start("--tls-port", String(port), ...files, "--tls-auth-clients", "no");
  try {
    const status = ["cluster", "status", `rediss://127.0.0.1:${port}`];
    const { code, stderr } = await bench.run(status);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/certificate.*; rediss:\/\/ is for TLS.*NODE_EXTRA_CA_CERTS=FILE/),
    ]);
    process.env.NODE_EXTRA_CA_CERTS = certificate;
    expect(await bench.run(status)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("0 workers\nno training\n"),
    });
  } finally {
    delete process.env.NODE_EXTRA_CA_CERTS;
    await tls.remove();
  }
});

describe("wrong usage", () => {
  it.each([
    [["worker"], /missing required argument 'url'/],
    [["worker", "http://host"], /expected the URL of a Redis, such as redis:\/\/host:6379, got "http:\/\/host"/],
    [["worker", "redis://host", "--prefix", "a:b"], /--prefix of "url" expected letters, digits/],
    [["worker", "redis://host", "--threads", "0"], /"?--threads"? expected integer/],
    [["cluster"], /Usage: wasm2vec cluster/],
    [["cluster", "status", "host"], /expected the URL of a Redis/],
    [["train", "x.txt", "--output", "v.bin", "--cluster-prefix", "a"], /--cluster-prefix goes with --cluster/],
    [["train", "x.txt", "--output", "v.bin", "--cluster", "host"], /--cluster expected the URL of a Redis/],
  ])("%s", async (args, message) => {
    writeFileSync(bench.path("x.txt"), "a b c\n");
    const { code, stderr } = await bench.run(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it("a Redis that cannot be reached, and texts that others cannot read, are told before the text is read", async () => {
    const url = `redis://me:secret@127.0.0.1:${await freePort()}`;
    for (const args of [
      ["worker", url],
      ["cluster", "clean", url],
      ["train", corpus, "--output", "v.bin", "--cluster", url],
    ]) {
      const { code, stdout, stderr } = await bench.run([...args, "--json"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot reach the Redis at redis:\/\/127.*ECONNREFUSED.*start redis-server/);
      expect(JSON.parse(stdout).error.message).not.toContain("secret");
    }
    const { code, stderr } = await bench.run(["train", "-", "--output", "v.bin", "--cluster", server.url], "a b\n");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/standard input is in this process alone: give the paths/),
    ]);
  });

  it("CBOW and the softmaxes are refused, with what to do instead", async () => {
    for (const model of [
      ["--model", "cbow"],
      ["--loss", "softmax"],
    ]) {
      const { code, stderr } = await bench.run([
        "train",
        corpus,
        "--output",
        "v.bin",
        "--cluster",
        server.url,
        ...model,
      ]);
      expect(code).toBeGreaterThan(0);
      expect(stderr).toMatch(/train with skip-gram and negative sampling/);
    }
  });
});
