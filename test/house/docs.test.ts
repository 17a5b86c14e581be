// The documents: an example runs as it is printed, links lead somewhere, lists are whole.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { withTables } from "../../bench/cluster/guide";

it("docs/math.md: the toy model learns, in fifty lines at most", () => {
  const [, example] = /### A toy model, step by step.*?```js\n(.*?)```/s.exec(readFileSync("docs/math.md", "utf8"))!;
  expect(example.split("\n").length).toBeLessThanOrEqual(51);
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", example], { encoding: "utf8" });
  expect(output.match(/^step \d: loss [\d.]+, \|gradient\| [\d.]+$/gm)?.length).toBe(3);
  const [, first, last] = /first pass: loss ([\d.]+), last: ([\d.]+)/.exec(output)!;
  expect(Number(last)).toBeLessThan(0.8 * Number(first));
  const [, together, apart] = /cat and dog: (-?[\d.]+), cat and milk: (-?[\d.]+)/.exec(output)!;
  expect(Number(together)).toBeGreaterThan(Number(apart) + 0.3);
});

const documents = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name.replaceAll("\\", "/")}`);

it.each(documents)("%s links to other documents: the site takes a bare name for a web address", (path) => {
  const code = /```.*?```|`[^`]*`/gs;
  const link = /\[[^\]]*\]\([^)]*\)/g;
  const prose = readFileSync(path, "utf8").replace(code, "").replace(link, "");
  expect(prose.match(/(?<![\w/.-])[\w-]+\.md\b/g)).toBe(null);
});

it.each([...documents, "README.md", "CONTRIBUTING.md"])("%s names only files that exist", (path) => {
  const named = readFileSync(path, "utf8").matchAll(/`((?:src|assembly|test|bench|demo|docs)\/[\w./-]+\.\w+)`/g);
  expect([...named].map(([, file]) => file).filter((file) => !existsSync(file))).toEqual([]);
});

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
const contributing = readFileSync("CONTRIBUTING.md", "utf8");

it("CONTRIBUTING.md lists the scripts of package.json that a contributor runs, and no other", () => {
  const listed = [...contributing.matchAll(/^npm (?:run )?([\w:-]+) {2,}/gm)].map(([, name]) => name);
  expect(listed).toEqual(expect.arrayContaining(["test", "docs", "pictures", "format"]));
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(listed.filter((name) => name !== "ci")));
});

it("CONTRIBUTING.md: the table has every benchmark, with the first sentence of its script", () => {
  const benchmarks = Object.keys(scripts).filter((name) => /^bench(:|$)/.test(name) && name !== "bench:build");
  const rows = benchmarks.map((name) => {
    const [, script] = /build\/bench\/(\w+)\.js/.exec(scripts[name])!;
    const [header] = /^(?:\/\/.*\n)+/.exec(readFileSync(`bench/${script}.ts`, "utf8"))!;
    const [, command, sentence] = /^(.*?): (.*?)\.(?= [A-Z]|$)/.exec(
      header.replaceAll(/\s*(^|\n)\/\/ */g, " ").trim(),
    )!;
    expect(command).toBe(`npm run ${name}`);
    return `| \`${command}\` | ${sentence} |`;
  });
  const table = contributing.split("\n").filter((line) => line.startsWith("| `npm run bench"));
  expect(table.sort()).toEqual(rows.sort());
});

it("docs/guides/cluster.md has the tables of the arithmetic: `npm run bench:cluster -- --arithmetic` writes them", () => {
  const page = readFileSync("docs/guides/cluster.md", "utf8");
  expect(page).toBe(withTables(page));
});
