// The ABI: exports only. One import, env.memory; see params.ts for what lies in it.
export { clearUpdates, countUpdates, gather, merge, release } from "./rounds";
export { allFinite, norms, scores } from "./search";
export { boundRows, encodeRows } from "./sketch";
export { train } from "./train";
