// Where the processes of a measured cluster run: on hosts of their own in a network of their own, or side by side on the loopback.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { Network } from "./network.js";
import { SlowCore } from "./slow-core.js";

/** What hosts and links are like. */
export interface Conditions {
  /** bits a second of the hosts' links, and of Redis's; undefined: no network is made */
  links?: { host: number; redis: number };
  /** how many times slower all cores and links are than they stand for; 1: as they are */
  slowdown: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

export class Place {
  private readonly network: Network | undefined;
  private readonly cores: SlowCore[] = [];
  private readonly children = new Map<Child, Promise<void>>();
  /** the last of what each has written to its error output */
  private readonly complaints = new Map<Child, string>();

  constructor(private readonly conditions: Conditions) {
    if (conditions.links) this.network = new Network();
  }

  /** @returns the address of a new host */
  addHost(name: string): string {
    const { network } = this;
    if (network === undefined) return "127.0.0.1";
    const { links, slowdown } = this.conditions;
    return network.add(name, (name === "redis" ? links!.redis : links!.host) / slowdown).address;
  }

  /** Starts a command on a host. @param isSlow whether it has a slow core of its own */
  start(host: string, command: readonly string[], isSlow = true): Child {
    const { network } = this;
    const [program, ...flags] = [
      ...(isSlow ? this.slowCore(host) : []),
      ...(network ? network.inside(host) : []),
      ...command,
    ];
    const child = spawn(program, flags, { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    this.children.set(child, ended);
    child.stderr.on("data", (text) => this.complaints.set(child, (this.complaintsOf(child) + text).slice(-2_000)));
    void ended.then(() => this.children.delete(child));
    return child;
  }

  complaintsOf(child: Child): string {
    return this.complaints.get(child) ?? "";
  }

  private slowCore(host: string): string[] {
    const { slowdown } = this.conditions;
    if (slowdown === 1) return [];
    const core = new SlowCore(host, 1 / slowdown);
    this.cores.push(core);
    return core.inside;
  }

  /** Ends all processes, and removes what was made. */
  async remove(): Promise<void> {
    const ended = [...this.children.values()];
    for (const child of this.children.keys()) child.kill("SIGKILL");
    await Promise.all(ended);
    for (const core of this.cores) await core.remove();
    this.network?.remove();
  }
}
