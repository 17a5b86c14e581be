// Messages of the library in the words of the command line.

import { describe, expect, it } from "vitest";
import { flagOf, flagsOf, inFlags } from "../../src/cli/flags";

describe("inFlags", () => {
  const flags = { ...flagsOf(["minCount", "column", "window", "tokenizer"]), delimiter: "--column-delimiter" };

  it.each([
    ['"minCount" expected integer >= 1, got 0', "--min-count expected integer >= 1, got 0"],
    ['"delimiter" goes with "column": give both', "--column-delimiter goes with --column: give both"],
    ['"tokenizer" expected one of "whitespace", got "words"', '--tokenizer expected one of "whitespace", got "words"'],
    ['unknown option "minCoun": did you mean "minCount"?', 'unknown option "minCoun": did you mean --min-count?'],
  ])("%s", (message, expected) => {
    expect(inFlags(message, flags)).toBe(expected);
  });

  it("leaves what the user gave, and what is no option", () => {
    expect(inFlags('word "paris" (row 3): "toString" got "window"', flags)).toBe(
      'word "paris" (row 3): "toString" got "window"',
    );
    expect(inFlags('word "window" is named twice', flags)).toBe('word "window" is named twice');
  });
});

it("spells flags as options are spelt", () => {
  expect(["dim", "minCount", "maxSentenceLength"].map(flagOf)).toEqual([
    "--dim",
    "--min-count",
    "--max-sentence-length",
  ]);
});
