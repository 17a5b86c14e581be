// Compiles and links a binary, with errors that say why an engine or a policy refuses it.

import { instantiateSync } from "@assemblyscript/loader";

/** A kernel that cannot start: this engine lacks its instructions, or the binary is no kernel of this version. */
export class KernelError extends Error {
  override name = "KernelError";
}

/** @param name of the kernel, for errors @throws KernelError if this engine, or a policy, refuses it */
export async function compileWasm(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw refused(name, cause as Error);
  }
}

/** The functions of a binary, on a memory. @throws KernelError if a policy refuses it; LinkError for the other kind of memory */
export function linkWasm<Exports>(name: string, module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  try {
    return instantiateSync(module, { env: { memory } }).exports as unknown as Exports;
  } catch (cause) {
    // WebKit compiles what a policy forbids, and refuses to start it
    throw cause instanceof WebAssembly.CompileError ? refused(name, cause) : cause;
  }
}

/**
 * @param exports of the binary @param version of the memory that is laid out here
 * @throws KernelError if the binary was not built for it
 */
export function checkAbi(name: string, { abi }: { abi?: unknown }, version: number, remedy = ""): void {
  const got = typeof abi === "function" ? abi() : undefined;
  if (got === version) return;
  throw new KernelError(
    `the binary of kernel "${name}" expected ABI ${version}, got ${got ?? "none: it exports no function abi"}; ` +
      `use ${name}.wasm of this version of wasm2vec${remedy}`,
  );
}

const NO_RELAXED = ': this engine has no relaxed SIMD (Node 22, Chromium 114, Firefox 145 have it); use kernel "simd"';
const FORBIDDEN =
  ": a policy forbids WebAssembly code generation here; add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy";
const PRECOMPILED = ', or, where code generation is disallowed, pass "wasm", a compiled WebAssembly.Module';

function refused(name: string, cause: Error): KernelError {
  const relaxed = name === "relaxed" ? NO_RELAXED : "";
  const remedy = isForbidden() ? FORBIDDEN + (name === "network" ? "" : PRECOMPILED) : relaxed;
  return new KernelError(`cannot compile the ${name} kernel${remedy}: ${cause.message}`, { cause });
}

/** Whether a policy forbids WebAssembly. Engines word that error differently, but all of them then refuse the smallest module too. */
function isForbidden(): boolean {
  try {
    new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
    return false;
  } catch {
    return true;
  }
}
