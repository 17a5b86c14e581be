// The ABI: exports only. One import, env.memory; see params.ts for what lies in it.
export { abi } from "./abi";
export { allFinite, norms, scores } from "./search";
export { boundRows, encodeRows } from "./quantized";
export { trainCell } from "./cell";
export { sortPairs } from "./sort";
export { composeCell, learntRows, spreadRows } from "./subwords";
export { train } from "./train";
