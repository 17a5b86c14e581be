// Compresses the binaries that bundles embed: build/simd.wasm.gz and so on. npm run build:wasm

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

for (const name of ["scalar", "simd", "relaxed", "network"]) {
  const path = `build/${name}.wasm`;
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
}
