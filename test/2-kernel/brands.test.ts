// Ids, positions and addresses are kinds of numbers that do not mix. tsc reads this file: each of these lines must be an error.

import { expect, it } from "vitest";
import { advance, type BatchPosition, type Ptr, type WordId, ZERO } from "../../src/kernel/kernel";

/** Each would be a bug; the first was one of koan's. */
export const misuses = [
  // @ts-expect-error: a word is not a position
  (word: WordId, position: BatchPosition) => word === position,
  // @ts-expect-error: a word is not an address
  (word: WordId, address: Ptr) => word === address,
  // @ts-expect-error: any number is not a word
  (): WordId => 5,
  // @ts-expect-error: a word moved by one is not an address
  (word: WordId): Ptr => word + 1,
  // @ts-expect-error: a word is not an address
  (word: WordId): Ptr => word,
  // @ts-expect-error: an address moved without advance() is not an address
  (address: Ptr): Ptr => address + 16,
];

it("addresses are plain numbers at run time", () => {
  expect(advance(advance(ZERO, 1024), 16)).toBe(1040);
});
