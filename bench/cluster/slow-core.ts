// Slower cores: processes that together get a share of a core's time, by the scheduler's quota. Needs root, and the cpu controller.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Microseconds: within each the processes get their share. Shorter than what a cell takes. */
const PERIOD = 10_000;

/** Where groups are made: of the first version of cgroups, or of the second. */
const [FIRST, SECOND] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

function root(): { path: string; isFirst: boolean } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(join(FIRST, "cpu.cfs_quota_us"))) return { path: FIRST, isFirst: true };
  const controllers = join(SECOND, "cgroup.subtree_control");
  if (!existsSync(controllers) || !readFileSync(controllers, "utf8").includes("cpu")) return undefined;
  return { path: SECOND, isFirst: false };
}

/** Groups of a bench that was killed are known by its process id. */
const NAME = /^wasm2vec-(\d+)-/;

export function canBeSlow(): boolean {
  return root() !== undefined;
}

/** Removes groups of benches that were killed, and ends the processes that they had started there. */
export async function removeStaleCores(): Promise<void> {
  const { path } = root()!;
  for (const name of readdirSync(path)) {
    const [, id] = NAME.exec(name) ?? [];
    if (!id || existsSync(`/proc/${id}`)) continue;
    const processes = readFileSync(join(path, name, "cgroup.procs"), "utf8")
      .split("\n")
      .filter(Boolean);
    for (const child of processes) process.kill(Number(child), "SIGKILL");
    await remove(join(path, name));
  }
}

/** The kernel may take a moment to see that the processes have ended. */
async function remove(path: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return rmdirSync(path);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export class SlowCore {
  private readonly path: string;

  /** @param share of one core that all its processes get together */
  constructor(name: string, share: number) {
    const { path, isFirst } = root()!;
    this.path = join(path, `wasm2vec-${process.pid}-${name}`);
    mkdirSync(this.path);
    const quota = Math.round(share * PERIOD);
    if (isFirst) {
      writeFileSync(join(this.path, "cpu.cfs_period_us"), String(PERIOD));
      writeFileSync(join(this.path, "cpu.cfs_quota_us"), String(quota));
    } else writeFileSync(join(this.path, "cpu.max"), `${quota} ${PERIOD}`);
  }

  /** Of a command, which then runs on this core. */
  get inside(): string[] {
    return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(this.path, "cgroup.procs")];
  }

  /** The processes in it must have ended. */
  remove(): Promise<void> {
    return remove(this.path);
  }
}
