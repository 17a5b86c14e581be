/** A file that is not what it claims to be: truncated, over-long, miscounted or not numeric. The message names file, row and word. */
export class FormatError extends Error {
  override name = "FormatError";
}
