// The package as npm packs it, in a project of its own.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Project, unpack } from "../support/packed";

let folder: string;
let project: Project;

beforeAll(() => {
  project = unpack();
  folder = project.folder;
});
afterAll(() => project.remove());

it("has no script that runs at installation, no source, and what it needs", () => {
  const { scripts, engines } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const name of ["preinstall", "install", "postinstall"]) expect(scripts).not.toHaveProperty(name);
  expect(engines).toEqual({ node: ">=20" });
  const { files } = project;
  expect(files).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "build/node.js",
      "build/index.js",
      "build/cli.js",
      "build/simd.wasm",
    ]),
  );
  expect(files.filter((file) => /^(src|assembly|test|demo|bench|build\/(bench|debug))\//.test(file))).toEqual([]);
});

it("trains when imported by its name", () => {
  writeFileSync(
    join(folder, "main.js"),
    `import { train } from "wasm2vec";
     const model = await train([["a", "b", "c"], ["a", "c"]], { minCount: 1, dim: 4, epochs: 2 });
     console.log(model.vectors.size, model.history.length);
     import { sigmoid } from "wasm2vec/math";
     import { HiddenLayerNetwork } from "wasm2vec/network";
     const network = await HiddenLayerNetwork.create({ inputs: 4, classes: 2 });
     console.log(sigmoid(0), network.forward([model.vectors.get("a")])[0].length);`,
  );
  expect(execFileSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" })).toBe("3 2\n0.5 2\n");
});

describe("types", () => {
  it.each(["nodenext", "bundler"])("with moduleResolution %s", (moduleResolution) => {
    writeFileSync(
      join(folder, "main.ts"),
      `import { train, loadVectors, type Neighbour, type TrainOptions } from "wasm2vec";
       import { naiveSoftmaxLossAndGradient, type WordLoss } from "wasm2vec/math";
       import { HiddenLayerNetwork, type NetworkOptions } from "wasm2vec/network";
       export const loss: WordLoss = naiveSoftmaxLossAndGradient;
       export const network = (options: NetworkOptions) => HiddenLayerNetwork.create(options);
       const options: TrainOptions = { model: "cbow", dim: 50 };
       // @ts-expect-error: no such model
       const wrong: TrainOptions = { model: "glove" };
       export async function nearest(word: string): Promise<Neighbour[]> {
         const model = await train([["a", "b"]], { ...options, ...wrong });
         return [...model.vectors.mostSimilar(word), ...(await loadVectors("x")).mostSimilar(word)];
       }`,
    );
    const options = {
      module: moduleResolution === "bundler" ? "esnext" : moduleResolution,
      moduleResolution,
      customConditions: ["node"],
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          ...options,
          strict: true,
          noEmit: true,
          target: "es2022",
          types: ["node"],
          typeRoots: [join(process.cwd(), "node_modules/@types")],
        },
        files: ["main.ts"],
      }),
    );
    const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
    expect(() =>
      execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8", stdio: "pipe" }),
    ).not.toThrow();
  });
});
