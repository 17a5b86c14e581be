import type { Result } from "./results.js";
export function writeDocs(_results: readonly Result[]): void {}
