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

/** The worker's bundle, as text. */
declare module "*/worker.txt" {
  const source: string;
  export default source;
}
