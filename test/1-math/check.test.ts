import { describe, expect, it } from "vitest";
import { checkInteger, checkKnown, checkNumber, checkOneOf, escapeControls, nearest, show } from "../../src/base/check";

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

  it("finds the nearest word by edits, swapped letters being one, and none that is not near", () => {
    expect(nearest("quene", ["king", "queen", "quay"])).toBe("queen");
    expect(nearest("widnow", ["window"])).toBe("window");
    expect(nearest("Kat", ["dog", "cat"])).toBe("cat");
    expect(nearest("xyz", ["king"])).toBeUndefined();
    expect(nearest("zzzz", ["jazz", "zz"])).toBeUndefined();
  });

  it.each([[5], [null], ["all"], [["window"]]])("refuse %j where options are expected", (options) => {
    expect(() => checkKnown("option", options as never, ["window"])).toThrow(TypeError);
    expect(() => checkKnown("option", options as never, ["window"])).toThrow(/^options expected an object, got /);
  });

  it("show what a terminal would obey escaped", () => {
    expect(show("a\u001b[31m\u009b2J\u007f\u202eb\n")).toBe('"a\\u001b[31m\\u009b2J\\u007f\\u202eb\\n"');
    expect(escapeControls("東京 naïve 😀")).toBe("東京 naïve 😀");
    expect(escapeControls("a\u0000\u2066b")).toBe("a\\u0000\\u2066b");
  });
});
