/** Space, \t \n \v \f \r and NUL, the whitespace of word2vec.c and fastText. */
export const isWhitespace = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number([32, 9, 10, 11, 12, 13, 0].includes(byte)),
);

export const NEWLINE = 10;
