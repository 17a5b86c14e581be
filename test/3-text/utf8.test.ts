import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/text/utf8";

const bytes = fc.uint8Array({ maxLength: 30 });
const mixed = fc.array(
  fc.oneof(
    bytes,
    fc.string({ unit: "grapheme" }).map((s) => new TextEncoder().encode(s)),
  ),
  { maxLength: 5 },
);

it("any bytes come back as they were", () => {
  fc.assert(
    fc.property(mixed, (parts) => {
      const all = Uint8Array.from(parts.flatMap((part) => [...part]));
      expect([...encodeUtf8(decodeUtf8(all))]).toEqual([...all]);
    }),
  );
});

it("text is what TextDecoder makes of it, byte order mark included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
    }),
  );
  expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
});

it("odd bytes become the surrogates that Python's surrogateescape gives", () => {
  // b"a\xff\xc3".decode("utf-8", "surrogateescape") == "a\udcff\udcc3"
  expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0xc3))).toBe("a\udcff\udcc3");
});

it("refuses half a character", () => {
  expect(() => encodeUtf8("a\ud83d")).toThrow(RangeError);
  // these would decode as é
  expect(() => encodeUtf8("\udcc3\udca9")).toThrow("contains a lone surrogate");
});
