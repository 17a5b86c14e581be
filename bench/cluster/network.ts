// Hosts of a network in one machine: a namespace for each, with a link of its own to a bridge. Needs root and iproute2.

import { execFileSync } from "node:child_process";

const ip = (...flags: string[]) => execFileSync("ip", flags, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
const tc = (...flags: string[]) => execFileSync("tc", flags, { stdio: ["ignore", "pipe", "pipe"] });

/** Namespaces of a bench that was killed are known by its process id. */
const NAME = /^wasm2vec-(\d+)-/;

/** Whether this process may make namespaces. */
export function canHaveNetwork(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    tc("-Version");
    ip("-Version");
    return true;
  } catch {
    return false;
  }
}

/** Removes what earlier benches left that were killed, and ends the processes that they had started there. */
export function removeStale(): void {
  for (const line of ip("netns", "list").split("\n")) {
    const [name] = line.split(" ");
    const [, id] = NAME.exec(name) ?? [];
    if (!id || isAlive(Number(id))) continue;
    for (const child of ip("netns", "pids", name).split("\n").filter(Boolean)) process.kill(Number(child), "SIGKILL");
    ip("netns", "delete", name);
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

export interface Host {
  name: string;
  address: string;
  /** bits a second, each way */
  link: number;
}

export class Network {
  readonly hosts: Host[] = [];
  private readonly hub = this.namespace("hub");

  constructor() {
    ip("netns", "add", this.hub);
    try {
      ip("-n", this.hub, "link", "add", "name", "bridge", "type", "bridge");
      ip("-n", this.hub, "link", "set", "bridge", "up");
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** @param link bits a second, each way */
  add(name: string, link: number): Host {
    const { hub } = this;
    const number = this.hosts.length + 1;
    const own = this.namespace(name);
    const port = `port${number}`;
    const host = { name, address: `10.77.0.${number}`, link };
    this.hosts.push(host);
    ip("netns", "add", own);
    ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "wire", "netns", own);
    ip("-n", hub, "link", "set", port, "master", "bridge", "up");
    ip("-n", own, "address", "add", `${host.address}/24`, "dev", "wire");
    for (const device of ["lo", "wire"]) ip("-n", own, "link", "set", "dev", device, "up");
    limit(hub, port, link);
    limit(own, "wire", link);
    return host;
  }

  /** Of a command, in the namespace of a host. */
  inside(name: string): string[] {
    return ["ip", "netns", "exec", this.namespace(name)];
  }

  /** The processes in it must have ended. */
  remove(): void {
    for (const name of [...this.hosts.map(({ name }) => name), "hub"]) {
      try {
        ip("netns", "delete", this.namespace(name));
      } catch {
        // it was not made
      }
    }
  }

  private namespace(name: string): string {
    return `wasm2vec-${process.pid}-${name}`;
  }
}

/** What a device sends; a burst is what passes in 4 ms, and 50 ms more wait before packets are dropped. */
function limit(namespace: string, device: string, bits: number): void {
  const burst = Math.max(32_768, Math.round((bits / 8) * 0.004));
  const flags = ["rate", `${Math.round(bits)}bit`, "burst", `${burst}b`, "latency", "50ms"];
  tc("-n", namespace, "qdisc", "add", "dev", device, "root", "tbf", ...flags);
}
