import { show } from "../base/check.js";
import { Classifier } from "./line-classifier.js";

/**
 * A classifier of fastText's, .bin or quantized .ftz, to predict with. What reads it is loaded then.
 * @throws TypeError for what is no bytes; FormatError for a file that is damaged, or holds vectors
 */
export async function readFastTextClassifier(bytes: Uint8Array, name = "classifier"): Promise<Classifier> {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`readFastTextClassifier expected the bytes of a file as Uint8Array, got ${show(bytes)}`);
  const { readFastTextData } = await import("./fasttext-data.js");
  return new Classifier((await readFastTextData(bytes, name)).data);
}
