// Entry points wasm2vec/simd.wasm and those of the other binaries: the type of what a bundler makes of importing one.

import type { WasmSource } from "./kernel/engines/wasm.js";

/** The address of the file, its bytes or its module, as the bundler is set: what the option `wasm` takes. */
declare const binary: WasmSource;
export default binary;
