// The package as npm packs it, in a project of its own.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Project {
  folder: string;
  /** in the package */
  files: string[];
  /** Puts packages beside it, as who needs them installs them. */
  add(...packages: string[]): void;
  remove(): void;
}

/** Installs the package as npm does, from nothing but the file that npm packs. */
export function install(): Project {
  const folder = mkdtempSync(join(tmpdir(), "wasm2vec-package-"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { encoding: "utf8" }),
  );
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`], { cwd: folder });
  return {
    folder,
    files: packed.files.map((file: { path: string }) => file.path),
    add: (...packages) => {
      for (const name of packages) {
        const path = join(folder, "node_modules", name);
        mkdirSync(join(path, ".."), { recursive: true });
        symlinkSync(join(process.cwd(), "node_modules", name), path);
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
