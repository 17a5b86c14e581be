// What test/7-engines/engines.test.ts runs in each engine: `main.js DOOR FILE` trains on the text of FILE in each of its ways, through
// a door of the package, and prints what it came to.

import { readFileSync } from "node:fs";

// process.argv is the same in Node, Bun and Deno
const [door, file] = process.argv.slice(2);
const { train } = await import(door);
const { text, ways } = JSON.parse(readFileSync(file, "utf8"));

const outcomes = [];
for (const options of ways) {
  const { vectors, history } = await train(text, options);
  const digest = await crypto.subtle.digest("SHA-256", vectors.matrix.slice());
  const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const { threads, parallel } = history[0];
  outcomes.push({ hash, threads, parallel });
}
console.log(JSON.stringify(outcomes));
