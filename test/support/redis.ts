// A redis-server of a test's own, on a free port of the loopback interface.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pathOf, REDIS } from "./programs";

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class RedisServer {
  private process: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), "wasm2vec-redis-"));

  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  /** @param args of redis-server @throws Error if it is not installed */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    await server.go();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, also after stop(); its data are there again if args have it keep them. */
  async go(): Promise<void> {
    const own = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
    const child = spawn(pathOf(REDIS), [...own, ...this.args], { stdio: "ignore" });
    this.process = child;
    const failed = new Promise<never>((_, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`redis-server ended with ${code} as it began`)));
    });
    failed.catch(() => {});
    await Promise.race([failed, this.answers()]);
  }

  /** Ends it. @param signal SIGKILL: at once */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const { process: child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Works with a connection of its own. */
  async with<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url).on("error", () => {});
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** All keys, in their order; those of BullMQ that expire by themselves are left out. */
  keys(): Promise<string[]> {
    return this.with(async (redis) => {
      const lasting: string[] = [];
      for (const key of await redis.keys("*")) if ((await redis.pttl(key)) === -1) lasting.push(key);
      return lasting.sort();
    });
  }

  private answers(): Promise<unknown> {
    // one with a password answers, too
    return this.with((redis) => redis.ping().catch(() => undefined));
  }
}
