// The files of blocks: what the system is asked for, and what is told of their disk.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BlockFiles, STATE } from "../../src/platform/node/block-files";
import { LOCK } from "../../src/platform/node/folder-lock";
import type { BlocksShape } from "../../src/train/execution/block-store";
import { BlocksRunner } from "../../src/train/execution/blocks-runner";

/** What the mocked system does, and what it was asked for. */
const system = vi.hoisted(() => ({
  /** as Windows, which flushes only what may be written, and no folders */
  isWindows: false,
  flushed: [] as string[],
  room: undefined as { blocks: number; bavail: number; bsize: number } | Error | undefined,
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof files>();
  return {
    ...real,
    async open(path: string, flags?: string | number, mode?: number) {
      if (system.isWindows && (await real.stat(path).catch(() => undefined))?.isDirectory())
        throw Object.assign(new Error("EISDIR"), { code: "EISDIR" });
      const file = await real.open(path, flags, mode);
      const canRead = flags === undefined || flags === "r";
      const sync = file.sync.bind(file);
      file.sync = async () => {
        if (system.isWindows && canRead) throw Object.assign(new Error("EPERM"), { code: "EPERM" });
        system.flushed.push(path);
        await sync();
      };
      return file;
    },
    async statfs() {
      if (system.room instanceof Error) throw system.room;
      return system.room;
    },
  };
});

const SHAPE: BlocksShape = {
  blocks: 2,
  rows: { inputs: 10, outputs: 10 },
  blockRows: { inputs: 5, outputs: 5 },
  stride: 512,
};
const BLOCK = 5 * 512;
/** of two files for each block, with a header each */
const NEEDED = 2 * 4 * (4096 + BLOCK);

let folder: string;
let store: BlockFiles;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-files-"));
  Object.assign(system, { isWindows: false, flushed: [], room: undefined });
  store = await BlockFiles.in(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("flushing", () => {
  it.each([false, true])("opens files so that the system can flush them; Windows: %s", async (isWindows) => {
    system.isWindows = isWindows;
    await store.begin(SHAPE, {});
    await store.write("inputs", 1, new Uint8Array(BLOCK).fill(7));
    await store.flush();
    const names = ["inputs-000.0", "inputs-001.0", "outputs-000.0", "outputs-001.0"].map((name) => join(folder, name));
    expect(system.flushed.filter((path) => path !== folder).sort()).toEqual(names);
    expect(system.flushed.includes(folder)).toBe(!isWindows);
  });
});

describe("checksums", () => {
  it("are given up when training has ended, and computed whole the next time", async () => {
    await store.begin(SHAPE, {});
    await store.write("outputs", 0, new Uint8Array(BLOCK).fill(7));
    const looks = vi.fn(() => {
      if (looks.mock.calls.length === 2) throw new Error("enough");
    });
    await expect(store.seal(looks)).rejects.toThrow("enough");
    const known = () => Object.values(store.state.places).flatMap((places) => places.map(([, , checksum]) => checksum));
    expect(known().map((checksum) => typeof checksum)).toEqual(["string", "undefined", "undefined", "undefined"]);
    await store.seal(() => {});
    expect(new Set(known()).size).toBe(2);
  });

  it("are given up by a runner that is closed", async () => {
    const site = {
      store: {
        async seal(look: () => void) {
          for (;;) {
            await setImmediate();
            look();
          }
        },
        refresh() {},
      },
      threads: { async close() {} },
      onBusy() {},
      grid: { blocks: 2 },
    };
    const runner = new BlocksRunner(site as unknown as ConstructorParameters<typeof BlocksRunner>[0]);
    const collecting = expect(runner.collect()).rejects.toThrow("aborted");
    await runner.close();
    await collecting;
  });
});

describe("the lock", () => {
  const path = () => join(folder, LOCK);

  it("of a process that was killed before it wrote its name is taken", async () => {
    writeFileSync(path(), "");
    await store.lock();
    expect(readFileSync(path(), "utf8")).toContain(` ${process.pid}\n`);
    await store.unlock();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of a dead process goes to one of two that find it", async () => {
    writeFileSync(path(), "");
    const locking = expect(store.lock()).rejects.toThrow("is in use by another training");
    await vi.waitFor(() => expect(readFileSync(path(), "utf8")).not.toBe(""), 5_000);
    // the other removed the new one, too
    writeFileSync(path(), "another-machine 1\n");
    await locking;
    expect(readFileSync(path(), "utf8")).toBe("another-machine 1\n");
  });

  it("of a process that writes its name a little later is not", async () => {
    writeFileSync(path(), "");
    const locking = expect(store.lock()).rejects.toThrow("is in use by another training");
    await setTimeout(200);
    writeFileSync(path(), "another-machine 1\n");
    await locking;
  });
});

describe("room on the disk", () => {
  it("is checked before anything is written or removed", async () => {
    const room = { blocks: 1000, bavail: NEEDED / 512 - 1, bsize: 512 };
    system.room = room;
    writeFileSync(join(folder, STATE), "");
    await expect(store.begin(SHAPE, {})).rejects.toThrow(
      /^"blocks" needs .* on the disk of ".*wasm2vec-files-.*", which has .* free: make room there, name a folder .*"minCount".*"dim"/,
    );
    expect(readdirSync(folder)).toEqual([STATE]);
    room.bavail++;
    await store.begin(SHAPE, {});
  });

  it("counts what is overwritten", async () => {
    const room = { blocks: 1000, bavail: 1000, bsize: 512 };
    system.room = room;
    await store.begin(SHAPE, { inputs: (_, rows) => rows.fill(1), outputs: (_, rows) => rows.fill(1) });
    // the four files that are there have 26 kB
    room.bavail = NEEDED / 512 - 40;
    await store.begin(SHAPE, {});
  });

  it.each([
    ["nothing", new Error("no such call")],
    ["no number", { blocks: 0, bavail: 0, bsize: 4096 }],
  ])("may be unknown: the system tells %s", async (_, room) => {
    system.room = room;
    await store.begin(SHAPE, {});
  });
});
