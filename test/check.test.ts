import { describe, expect, it } from "vitest";
import { checkInteger, checkKnown, checkNumber, checkOneOf, nearest } from "../src/math/check";

describe("argument checks", () => {
  it("name the option, what was expected and what came", () => {
    expect(() => checkInteger("window", 0, 1)).toThrow(new RangeError('"window" expected integer >= 1, got 0'));
    expect(() => checkInteger("window", "5", 1)).toThrow(new TypeError('"window" expected integer >= 1, got "5"'));
    expect(() => checkInteger("dim", 2.5, 1, 9)).toThrow(new RangeError('"dim" expected integer 1 to 9, got 2.5'));
    expect(() => checkNumber("rate", Number.NaN, 0)).toThrow(RangeError);
    expect(() => checkOneOf("model", "cbwo", ["skipgram", "cbow"])).toThrow(
      '"model" expected one of "skipgram", "cbow", got "cbwo"',
    );
  });

  it("refuse unknown options and name the nearest", () => {
    expect(() => checkKnown("option", { widnow: 5 }, ["window", "dim"])).toThrow(
      'unknown option "widnow": did you mean "window"?',
    );
    expect(() => checkKnown("option", { zzz: 5 }, ["window", "dim"])).toThrow(
      'unknown option "zzz"; known: window, dim',
    );
  });

  it("refuse options that are no object", () => {
    expect(() => checkKnown("option", null as never, ["dim"])).toThrow(
      new TypeError("options expected an object, got null"),
    );
    expect(() => checkKnown("option of checkpoint", 5 as never, ["every"])).toThrow(
      new TypeError("options of checkpoint expected an object, got 5"),
    );
  });

  it("finds the nearest word by edits", () => {
    expect(nearest("quene", ["king", "queen", "quay"])).toBe("queen");
    expect(nearest("xyz", ["king"])).toBeUndefined();
  });
});
