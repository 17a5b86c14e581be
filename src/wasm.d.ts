declare module "*.wasm" {
  /** base64 */
  const binary: string;
  export default binary;
}

declare module "*.wasm.gz" {
  /** base64 */
  const binary: string;
  export default binary;
}

/** A worker's bundle, as text. */
declare module "*.txt" {
  const source: string;
  export default source;
}
