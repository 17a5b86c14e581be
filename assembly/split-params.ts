// What the splitter of texts and its driver agree on, as params.ts for training.

/** The version of this agreement, which the binary exports as abi(); when to raise it, Abi in params.ts says. */
export const enum SplitAbi {
  version = 1,
}

/** Bytes and numbers of a step. */
export const enum SplitSize {
  /** Bytes taken at a time at most: some 2 ms of work with the counting of its words. */
  step = 262144,
  /** Bytes of the longest token; what is longer is no word, and is cut. */
  longest = 65536,
}

/** Where everything lies in the splitter's memory; u32 where no other type is named. */
export const enum SplitPlace {
  /** Bytes at the start of `bytes`, of a token that goes on in the next step. */
  rest = 0,
  /** Whether something came since the last end of a sentence. */
  inSentence = 4,
  /** Whether the first token, which a byte order mark may begin, is still to come. */
  isFirst = 8,
  /** Tokens of the table. */
  tokens = 12,
  /** Where their bytes end. */
  textEnd = 16,
  /** Slots − 1. */
  mask = 20,
  /** u8[SplitSize.longest + SplitSize.step], and 8 bytes that loads may reach. */
  bytes = 64,
  /** u32[SplitSize.step + 2]: a step gives no more numbers than it has bytes, and one for the token before it. */
  numbers = 327808,
  /** u32[SplitSize.capacity + SplitSize.step / 2 + 2]: where the bytes of each token begin, and where the last ones end. */
  starts = 1376448,
  /** { hash, number + 1, or 0 }[2²⁰ at most], open addressing: a table of 2¹⁸ tokens takes those of one more step, half full. */
  slots = 2949376,
  /** The bytes of the tokens, a newline after each. */
  text = 11337984,
}
