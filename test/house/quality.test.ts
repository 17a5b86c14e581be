// docs/quality.md and its plots say what docs/quality/results.jsonl says.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { docsOf } from "../../bench/quality/docs";
import { readResults } from "../../bench/quality/results";

it("docs/quality.md has the tables and plots that follow from the results: `npm run bench:quality -- --docs` writes them", () => {
  const page = readFileSync("docs/quality.md", "utf8");
  for (const [path, text] of docsOf(readResults("docs/quality/results.jsonl"), page))
    expect(readFileSync(path, "utf8"), path).toBe(text);
});
