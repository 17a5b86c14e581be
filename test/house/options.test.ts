// The tables of options, the help of the command line, the guide and the types that users see: all say the same.

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { CLASSIFIER_LINES } from "../../src/cli/classifier-lines";
import { classifyCommand } from "../../src/cli/classify";
import { flagOf } from "../../src/cli/flags";
import { OPTION_LINES, type OptionLine } from "../../src/cli/option-lines";
import { trainCommand } from "../../src/cli/train";
import { OWN } from "../../src/cli/train-task";
import type { Option, OptionTable } from "../../src/train/options/option";
import { DEFAULTS } from "../../src/train/options/table";
import { CLASSIFIER_OPTIONS } from "../../src/train/train-classifier";
import { OPTIONS } from "../../src/train/train-options";

type Name = keyof typeof OPTIONS;
const NAMES = Object.keys(OPTIONS) as Name[];
const entry = (name: Name): Option => OPTIONS[name];

/** Names of options, and other words in quotes, as code. */
const code = (text: string) =>
  text.replace(/"(\w+)"/g, (word, name) =>
    name in OPTIONS || name in CLASSIFIER_OPTIONS ? `\`${name}\`` : `\`${word}\``,
  );

function row(name: string, { kind, names, default: standard }: Option, line: OptionLine): string {
  const { help, byDefault, guide, noFlag, takes = kind === "switch" ? "" : `<${kind}>`, negated } = line;
  const value =
    typeof standard === "number"
      ? [standard.toLocaleString("en-US", { maximumFractionDigits: 4 })]
      : standard === undefined || typeof standard === "object"
        ? []
        : [`\`${JSON.stringify(standard)}\``];
  const words = byDefault === undefined ? [] : [code(byDefault)];
  const choices = names ? `${names.map((choice) => `\`"${choice}"\``).join(", ")}: ` : "";
  const on = flagOf(name);
  const off = on.replace("--", "--no-");
  const flag = kind !== "switch" ? `${on} ${takes}` : standard === false ? on : off;
  const flags = noFlag ?? (negated ? `\`${on}\`, \`${off}\`` : `\`${flag}\``);
  return `| \`${name}\` | ${[...value, ...words].join(", ")} | ${choices}${guide ?? code(help)} | ${flags} |`;
}

describe.each<[path: string, table: OptionTable, lines: Readonly<Record<string, OptionLine>>]>([
  ["docs/guides/options.md", OPTIONS, OPTION_LINES],
  ["docs/guides/classify.md", CLASSIFIER_OPTIONS, CLASSIFIER_LINES],
])("%s", (path, table, lines) => {
  it("has the table that follows from the options: `npm run test:unit -- test/house/options.test.ts -u` writes it", async () => {
    const rows = Object.entries(table).map(([name, option]) => row(name, option, lines[name]));
    const written = ["| option | default | | flag |", "| --- | --- | --- | --- |", ...rows].join("\n");
    const [, before, after] = /^(.*<!-- options of train\w*:[^\n]*\n).*?(<!-- end -->.*)$/s.exec(
      readFileSync(path, "utf8"),
    )!;
    await expect(`${before}${written}\n${after}`).toMatchFileSnapshot(`../../${path}`);
  });
});

it("the command classify train has a flag for each option of trainClassifier, or a reason for none", () => {
  const [command] = classifyCommand().commands;
  for (const name of Object.keys(CLASSIFIER_OPTIONS) as (keyof typeof CLASSIFIER_OPTIONS)[]) {
    const found = command.options.filter(
      ({ long }) => long === flagOf(name) || long === `--no-${flagOf(name).slice(2)}`,
    );
    expect(found.length > 0, name).toBe(CLASSIFIER_LINES[name].noFlag === undefined);
  }
});

describe("the command train", () => {
  const command = trainCommand();
  const flags = command.options.map(({ long }) => long!);

  it("has a flag for each option of train, spelt the same, or a reason for none", () => {
    for (const name of NAMES) {
      const flag = flagOf(name);
      const found = flags.filter((long) => long === flag || long === flag.replace("--", "--no-"));
      expect(found.length > 0, flag).toBe(OPTION_LINES[name].noFlag === undefined);
    }
  });

  it("has no other flags than those and its own", () => {
    const known = [...NAMES, ...OWN].map(flagOf);
    const others = flags.filter((flag) => !known.includes(flag) && !known.includes(flag.replace("--no-", "--")));
    expect(others).toEqual([]);
  });

  it("says in its help what each option does, its default and the names that it takes", () => {
    const help = command.helpInformation().replace(/\s+/g, " ");
    for (const name of NAMES.filter((name) => OPTION_LINES[name].noFlag === undefined)) {
      const { default: standard, names = [] } = entry(name);
      const option = command.options.find(
        ({ long }) => long === flagOf(name) || long === `--no-${flagOf(name).slice(2)}`,
      )!;
      expect(help).toContain(option.description.replace(/\s+/g, " "));
      expect(option.argChoices ?? []).toEqual(names);
      if (option.flags.includes("<")) expect(option.defaultValue).toEqual(standard);
    }
  });
});

describe("the table", () => {
  it.each(Object.entries(DEFAULTS))("has a default of %s that passes its own check", (name, value) => {
    const { check, names } = entry(name as Name);
    const before = { worker: true };
    expect(check(name, value as never, before as never)).toBe(value);
    if (names) expect(names).toContain(value);
  });

  it("names only options before an option as what it goes with, and values that they may have", () => {
    for (const [i, name] of NAMES.entries())
      for (const [other, values] of Object.entries(entry(name).goesWith ?? {})) {
        expect(NAMES.slice(0, i)).toContain(other);
        expect(entry(other as Name).names).toEqual(expect.arrayContaining([...values]));
      }
  });
});

it("all options are explained in the types of the package, and in no other way than there", () => {
  const file = "src/node.ts";
  const lib = ["lib.es2023.d.ts", "lib.dom.d.ts"];
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    resolveJsonModule: true,
    lib,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!);
  const propertiesOf = (type: string) => {
    const symbol = checker.getAliasedSymbol(exported.find(({ name }) => name === type)!);
    return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  };
  expect(
    propertiesOf("TrainOptions")
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...NAMES].sort());
  for (const type of ["TrainOptions", "ContinueOptions", "LoadModelOptions", "ClassifierOptions"])
    for (const property of propertiesOf(type)) {
      const comment = ts.displayPartsToString(property.getDocumentationComment(checker));
      expect(comment, `${type}.${property.name}`).toMatch(/\w/);
    }
});
