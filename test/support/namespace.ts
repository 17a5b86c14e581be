// A host of its own in this machine: a network namespace, with a link that can go down. Needs root and iproute2.

import { execFileSync } from "node:child_process";

const ip = (...flags: string[]) => execFileSync("ip", flags, { stdio: "ignore" });

export class Namespace {
  /** this machine's address on the link */
  readonly outside: string;
  /** before a command that is to run in it */
  readonly inside: readonly string[];
  private readonly name: string;
  private readonly link: string;

  /** @param number another for each, up to 255 @throws Error where that is not allowed */
  constructor(number: number) {
    this.name = `wasm2vec-${process.pid}-${number}`;
    this.link = `w2v${process.pid}.${number}`;
    this.outside = `10.78.${number}.1`;
    this.inside = ["ip", "netns", "exec", this.name];
    ip("netns", "add", this.name);
    try {
      ip("link", "add", this.link, "type", "veth", "peer", "name", "wire", "netns", this.name);
      ip("address", "add", `${this.outside}/30`, "dev", this.link);
      ip("-n", this.name, "address", "add", `10.78.${number}.2/30`, "dev", "wire");
      ip("-n", this.name, "link", "set", "wire", "up");
      this.set("up");
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Whether this process may make one. */
  static isPossible(): boolean {
    try {
      new Namespace(255).remove();
      return true;
    } catch {
      return false;
    }
  }

  set(state: "up" | "down"): void {
    ip("link", "set", this.link, state);
  }

  /** The processes in it must have ended. The link goes with it. */
  remove(): void {
    ip("netns", "delete", this.name);
  }
}
