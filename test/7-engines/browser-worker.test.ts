// How pages start workers, with workers of our own making.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { KernelName } from "../../src/kernel/kernel";
import { READY } from "../../src/platform/browser/ready";

const turn = () => new Promise(setImmediate);

/** A worker that says `first` as soon as it is started, before anyone who awaits has run. */
class EagerWorker extends EventTarget {
  static first: () => Event;
  static started: EagerWorker[] = [];
  posted: unknown[] = [];
  terminated = false;

  constructor(readonly url: URL | string) {
    super();
    EagerWorker.started.push(this);
    queueMicrotask(() => this.dispatchEvent(EagerWorker.first()));
  }

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** The door's module, afresh, since it remembers which way of starting a worker has worked. */
async function spawn(kernel?: KernelName) {
  vi.resetModules();
  return (await import("../../src/platform/browser/worker")).spawnWorker(kernel);
}

beforeEach(() => {
  EagerWorker.started = [];
  vi.stubGlobal("Worker", EagerWorker);
});
afterEach(() => vi.unstubAllGlobals());

it("hears a worker that is ready at once", async () => {
  EagerWorker.first = () => new MessageEvent("message", { data: { type: READY } });
  const handle = await spawn();
  handle.post("first", []);
  await turn();
  handle.post("second", []);
  expect(EagerWorker.started.map(({ posted }) => posted)).toEqual([["first", "second"]]);
});

it.each([
  [undefined, "worker.js"],
  ["simd", "worker.js"],
  ["js", "worker-js.js"],
] as const)("kernel %s has the file %s", async (kernel, file) => {
  EagerWorker.first = () => new MessageEvent("message", { data: { type: READY } });
  await spawn(kernel);
  await turn();
  expect(EagerWorker.started.map(({ url }) => String(url).split("/").at(-1))).toEqual([file]);
});

it("hears a worker that fails at once, and says what to do when no way is left", async () => {
  EagerWorker.first = () => Object.assign(new Event("error"), { message: "no such file" });
  const handle = await spawn();
  const error = await new Promise<Error>((resolve) => handle.onError(resolve));
  expect(error.message).toMatch(/^cannot start a worker: .*Serve build\/worker.js beside the bundle/);
  expect(EagerWorker.started.every(({ terminated }) => terminated)).toBe(true);
});

it("starts none that was given up before its turn", async () => {
  EagerWorker.first = () => new MessageEvent("message", { data: { type: READY } });
  const handle = await spawn();
  handle.terminate();
  await turn();
  expect(EagerWorker.started.filter(({ terminated }) => !terminated)).toEqual([]);
});
