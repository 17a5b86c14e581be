// What a second signal does, held against work that the first does not end.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";

/** Writes a file and never comes to its end, whatever the first signal asks. */
const program = `
import { interruptible, listenForSignals } from "./src/cli/signals";
import { writeAtomically } from "./src/platform/node/files";

async function* chunks() {
  console.log("writing");
  await new Promise(() => {});
}
listenForSignals();
setInterval(() => {}, 60_000);
interruptible((code) => console.log("asked", code), () => writeAtomically("out", chunks()));
`;

it.skipIf(process.platform === "win32")(
  "the second signal ends a command and removes its temporary files",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm2vec-signals-"));
    try {
      const { outputFiles } = await build({
        stdin: { contents: program, resolveDir: "." },
        ...{ bundle: true, write: false, format: "esm", platform: "node", packages: "external" },
      });
      const child = spawn(process.execPath, ["--input-type=module", "-e", outputFiles[0].text], { cwd: folder });
      const ended = new Promise((resolve) => child.on("close", resolve));
      const said = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
      expect((await said.next()).value).toBe("writing\n");
      expect(readdirSync(folder)).toHaveLength(1);
      child.kill("SIGINT");
      expect((await said.next()).value).toBe("asked 130\n");
      expect([child.exitCode, readdirSync(folder).length]).toEqual([null, 1]);
      child.kill("SIGTERM");
      expect(await ended).toBe(143);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
