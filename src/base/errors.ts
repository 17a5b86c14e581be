/** A file that is not what it claims to be, such as truncated, too long, or not numeric. The message names file, row and word. */
export class FormatError extends Error {
  override name = "FormatError";
}
