// What tests from src need beside src: the binaries, and the worker in one file, since Node runs no TypeScript in workers.

import { execSync } from "node:child_process";
import { build } from "esbuild";
import { isWasmStale } from "./build";

/** vitest's globalSetup of the tests from src. */
export default async function setup(): Promise<void> {
  if (isWasmStale()) execSync("npm run build:wasm", { stdio: ["ignore", "ignore", "inherit"] });
  await build({
    entryPoints: ["src/worker-node.ts"],
    outdir: "out/unit",
    ...{ bundle: true, platform: "node", format: "esm", target: "es2022", packages: "external" },
    loader: { ".wasm": "base64", ".gz": "base64" },
  });
}
