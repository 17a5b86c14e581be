// The ABI of the binaries, and binaries handed in.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createVectors, train } from "wasm2vec";
import { NetworkAbi } from "../../assembly/network-params";
import { Abi } from "../../assembly/params";
import { SplitAbi } from "../../assembly/split-params";
import { NetworkMemory } from "../../src/classifier/network-memory";
import { planKernel, startTrainer } from "../../src/kernel/engines/kernels";
import { compile } from "../../src/kernel/engines/wasm";
import { WasmSplitter, whitespaceSplitter } from "../../src/text/splitter";
import { sampleText } from "../support/sample";

const path = (name: string) => new URL(`../../build/${name}.wasm`, import.meta.url);

const training =
  "abi allFinite boundRows composeCell encodeRows learntRows memory norms scores sortPairs spreadRows train trainCell".split(
    " ",
  );

describe.each([
  ["scalar", training],
  ["simd", training],
  ["relaxed", training],
  ["network", ["abi", "descend", "forward", "gradient", "memory"]],
  ["split", ["abi", "clear", "memory", "split"]],
])("build/%s.wasm", (name, exports) => {
  const bytes = readFileSync(path(name));

  it("holds no data and starts nothing", () => {
    const sections: number[] = [];
    for (let at = 8; at < bytes.length; ) {
      sections.push(bytes[at++]);
      let size = 0;
      for (let shift = 0; ; shift += 7) {
        size |= (bytes[at] & 127) << shift;
        if (bytes[at++] < 128) break;
      }
      at += size;
    }
    // 11 data, 12 data count, 8 start: rewritten at each instantiation, they would break a shared memory; globals are an instance's own
    for (const section of [8, 11, 12]) expect(sections).not.toContain(section);
  });

  // Node 20 compiles no relaxed SIMD: the report counts this as skipped there
  it.runIf(WebAssembly.validate(bytes))("imports nothing but a memory, and exports the kernel", () => {
    const module = new WebAssembly.Module(bytes);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    const names = WebAssembly.Module.exports(module).map((e) => e.name);
    expect(names.sort()).toEqual(exports);
  });
});

describe("wasm", () => {
  const text = sampleText(50);
  const options = { dim: 4, epochs: 1, minCount: 1 };

  it("is taken as bytes, module or URL, for a worker and in process", async () => {
    const bytes = readFileSync(path("simd"));
    const unshared = await WebAssembly.compile(bytes);
    const shared = await compile("simd", true, bytes);
    const given = [
      bytes,
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      unshared,
      shared,
      path("simd"),
    ];
    for (const wasm of given) {
      for (const worker of [true, false]) {
        if (wasm === shared && !worker) continue;
        expect((await train(text, { ...options, wasm: wasm as never, worker })).history).toHaveLength(1);
      }
    }
  });

  it("links with shared and with unshared memory", async () => {
    for (const name of ["simd", "scalar"] as const) {
      for (const shared of [true, false]) {
        const plan = await planKernel(name, shared);
        expect(startTrainer(plan, new WebAssembly.Memory({ initial: 1, maximum: 1, shared })).name).toBe(name);
      }
    }
  });

  it("is refused with a reason when it is something else", async () => {
    const bad = (wasm: unknown) => train(text, { ...options, wasm: wasm as never });
    await expect(bad(new TextEncoder().encode("<!doctype html>"))).rejects.toThrow(/not WebAssembly.*web page/);
    await expect(bad(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))).rejects.toThrow(/not a wasm2vec kernel/);
    const notBytes = '"wasm" expected bytes, a WebAssembly.Module or a URL, got 5';
    await expect(bad(5)).rejects.toThrow(notBytes);
    vi.stubGlobal("SharedArrayBuffer", undefined);
    await expect(bad(5).finally(() => vi.unstubAllGlobals())).rejects.toThrow(notBytes);
    await expect(bad(pathToFileURL("/nowhere.wasm"))).rejects.toThrow(/ENOENT|no such file/);
  });
});

/** A binary that imports a memory and exports `name`, a function that returns a number. */
function answering(name: string, number: number): Uint8Array<ArrayBuffer> {
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const section = (id: number, ...content: number[]) => [id, content.length, ...content];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // () → i32
    ...section(1, 1, 0x60, 0, 1, 0x7f),
    // 1 to 65,536 pages
    ...section(2, 1, ...text("env"), ...text("memory"), 2, 1, 1, 0x80, 0x80, 4),
    ...section(3, 1, 0),
    ...section(7, 1, ...text(name), 0, 0),
    ...section(10, 1, 4, 0, 0x41, number, 0x0b),
  ]);
}

describe("a binary of another ABI", () => {
  const options = { dim: 4, epochs: 1, minCount: 1 };
  const other = answering("abi", Abi.version + 6);
  const message =
    `the binary of kernel "simd" expected ABI ${Abi.version}, got ${Abi.version + 6}; ` +
    'use simd.wasm of this version of wasm2vec, or leave "wasm" out';

  it("is refused before the text is read, for a worker and in process, and for vectors", async () => {
    const reads = vi.fn();
    const text = () => {
      reads();
      return sampleText(50);
    };
    const module = await WebAssembly.compile(other);
    for (const wasm of [other, module]) {
      for (const worker of [true, false]) {
        const error = await train(text, { ...options, wasm, worker }).catch((error) => error);
        expect(error).toMatchObject({ name: "KernelError", message });
      }
      await expect(createVectors(["a"], 1, [1], { wasm })).rejects.toThrow(message);
    }
    expect(reads).not.toHaveBeenCalled();
  });

  it("is one too that says none", async () => {
    const none = answering("train", 1);
    await expect(createVectors(["a"], 1, [1], { wasm: none })).rejects.toThrow(
      `expected ABI ${Abi.version}, got none: it exports no function abi; use simd.wasm of this version`,
    );
  });

  it.each([
    ["network", NetworkAbi.version, () => NetworkMemory.create({ inputs: 2, hidden: 2, classes: 2 })],
    ["split", SplitAbi.version, async () => new WasmSplitter(new WebAssembly.Module(other))],
  ])("is refused as the embedded one of %s", async (name, version, start) => {
    vi.spyOn(WebAssembly, "compile").mockResolvedValue(new WebAssembly.Module(other));
    const error = await start()
      .catch((error) => error)
      .finally(() => vi.restoreAllMocks());
    expect(error).toMatchObject({
      name: "KernelError",
      message: `the binary of kernel "${name}" expected ABI ${version}, got ${Abi.version + 6}; use ${name}.wasm of this version of wasm2vec`,
    });
  });

  it("is no reason to split in JavaScript", () => {
    const instance = function Instance() {
      return { exports: { abi: () => SplitAbi.version + 6 } };
    };
    vi.spyOn(WebAssembly, "Instance").mockImplementation(instance as never);
    try {
      expect(() => whitespaceSplitter()).toThrow(`the binary of kernel "split" expected ABI ${SplitAbi.version}`);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("would be taken if it had this one", async () => {
    await expect(compile("simd", false, answering("abi", Abi.version))).resolves.toBeInstanceOf(WebAssembly.Module);
  });
});

describe("an engine without DecompressionStream", () => {
  afterEach(() => vi.unstubAllGlobals());
  const message =
    "this engine has no DecompressionStream; use Node 18, Bun 1.3.3, Chromium 80, Firefox 113, Safari 16.4";

  it("is told which has it, and takes a binary instead", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    const error = await compile("simd", false).catch((error) => error);
    expect(error).toMatchObject({ name: "KernelError", message: expect.stringContaining(message) });
    expect(error.message).toContain('or pass "wasm"');
    await expect(compile("simd", false, readFileSync(path("simd")))).resolves.toBeInstanceOf(WebAssembly.Module);
  });

  it("is told by a network, too, which takes none", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    const error = await NetworkMemory.create({ inputs: 2, hidden: 2, classes: 2 }).catch((error) => error);
    expect(error).toMatchObject({ name: "KernelError", message: expect.stringContaining(message) });
    expect(error.message).not.toContain('"wasm"');
  });
});

describe("where a policy forbids code generation", () => {
  afterEach(() => vi.restoreAllMocks());

  const cause = new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
  function refuse(): never {
    throw cause;
  }
  const expectRemedy = (error: Error) => {
    expect(error).toMatchObject({ name: "KernelError", cause });
    expect(error.message).toMatch(
      /^cannot compile the \w+ kernel: a policy forbids .*script-src.*: Wasm code generation/,
    );
    expect(error.message).toContain("'wasm-unsafe-eval'");
    expect(error.message).toContain('pass "wasm", a compiled WebAssembly.Module');
    expect(error.message).not.toContain("relaxed SIMD");
  };

  it.each(["scalar", "simd", "relaxed"] as const)("kernel %s names the policy and the remedy", async (name) => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(cause);
    vi.spyOn(WebAssembly, "Module").mockImplementation(refuse);
    expectRemedy(await planKernel(name, false).catch((error) => error));
  });

  it("does so where a kernel is compiled but not started, as in WebKit", async () => {
    const plan = await planKernel("simd", false);
    vi.spyOn(WebAssembly, "Instance").mockImplementation(refuse);
    const start = async () => startTrainer(plan, new WebAssembly.Memory({ initial: 1 }));
    expectRemedy(await start().catch((error) => error));
  });

  it("does so for networks, which take no compiled module", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(cause);
    vi.spyOn(WebAssembly, "Module").mockImplementation(refuse);
    const error = await NetworkMemory.create({ inputs: 2, hidden: 2, classes: 2 }).catch((error) => error);
    expect(error).toMatchObject({ name: "KernelError", message: expect.stringContaining("'wasm-unsafe-eval'") });
    expect(error.message).not.toContain('"wasm"');
  });

  it("does not take a kernel whose instructions the engine lacks for a forbidden one", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(new Error("invalid opcode"));
    await expect(planKernel("relaxed", false)).rejects.toThrow(/this engine has no relaxed SIMD.*: invalid opcode$/);
    await expect(planKernel("simd", false)).rejects.toThrow("cannot compile the simd kernel: invalid opcode");
  });
});
