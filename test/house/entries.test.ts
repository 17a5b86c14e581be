// The entry points of the package and what they export. A new name of the root is a decision, and goes into the list here.

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** What wasm2vec exports, in pages and in Node. */
const ROOT = [
  ...["train", "item2vec", "node2vec", "learnPhrases", "loadModel", "estimateMemory"],
  ...["trainClassifier", "loadClassifier", "ClassifierModel", "ClassifierOptions", "ClassifierScore"],
  ...["Example", "ExampleSource"],
  ...["TrainOptions", "DEFAULTS", "LossName", "KernelName"],
  ...["Model", "ContinueOptions", "LoadModelOptions", "MemoryEstimate", "Progress", "EpochRecord", "Vocabulary"],
  ...["Corpus", "CorpusSource", "Sentence", "textCorpus", "TextOptions", "Tokenizer", "stringCorpus"],
  ...["WordVectors", "createVectors", "VectorKernelOptions", "Neighbour", "SearchOptions", "AnalogyOptions"],
  ...["Query", "Asked"],
  ...["TrainingControl", "Checkpoint", "readCheckpoint", "CheckpointOptions"],
  ...["FormatError", "KernelError", "DivergenceError", "MissingWordError"],
];

const { exports: map } = JSON.parse(readFileSync("package.json", "utf8"));

/** Files that pages load: they export no API. */
const FILES = ["./worker", "./worker-js", "./*.wasm", "./package.json"];

/** Each entry point, such as "./queries", and its source. */
const entries = Object.entries<{ types?: string; node?: object }>(map).flatMap(([entry, { types }]) =>
  types === undefined || FILES.includes(entry)
    ? []
    : [[entry, types.replace("./build/types/", "").replace(".d.ts", ".ts")] as const],
);
const program = ts.createProgram(
  entries.map(([, source]) => source),
  { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022 },
);

function namesOf(source: string): string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(source)!)!;
  return checker.getExportsOfModule(module).map(({ name }) => name);
}

describe("the root", () => {
  it("exports these names and no other", () => {
    expect(namesOf("src/index.ts").sort()).toEqual([...ROOT].sort());
    expect(ROOT.length).toBe(47);
  });

  it("exports the same in Node, and the type of a path or a corpus", () => {
    expect(namesOf("src/node.ts").sort()).toEqual([...ROOT, "NodeCorpusSource"].sort());
  });
});

it("a name has one entry point", () => {
  const found = new Map<string, string[]>();
  for (const [entry, source] of entries)
    if (entry !== "./node") for (const name of namesOf(source)) found.set(name, [...(found.get(name) ?? []), entry]);
  expect(found.size).toBeGreaterThan(130);
  expect([...found].filter(([, at]) => at.length > 1)).toEqual([]);
});

it("each entry point is built, documented and listed in docs/design.md", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const { entryPoints } = JSON.parse(readFileSync("typedoc.json", "utf8"));
  const design = readFileSync("docs/design.md", "utf8");
  for (const [entry, source] of entries) {
    if (entry !== "./types") expect(scripts["build:entries"]).toContain(` ${source} `);
    // in the site the root is Node's
    if (entry !== ".") expect(entryPoints).toContain(source);
    expect(design).toContain(`\`${entry.replace(".", "wasm2vec")}\``);
  }
});
