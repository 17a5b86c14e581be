// What a page does that trains: bundled by each bundler without configuration, and opened in a browser.

import { train } from "wasm2vec";

// words enough for two threads
const sentences = Array.from({ length: 4000 }, (_, i) => [0, 1, 2, 3, 4].map((j) => `w${(i * (j + 1)) % 577}`));

async function hashOf({ buffer }) {
  const digest = await crypto.subtle.digest("SHA-256", buffer);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

globalThis.outcome = (async () => {
  const options = { minCount: 1, dim: 8, epochs: 2 };
  const model = await train(sentences, { ...options, threads: 2, reproducible: true });
  const scalar = await train(sentences, { ...options, threads: 1, kernel: "scalar" });
  const { threads, parallel } = model.history[0];
  return {
    ...{ threads, parallel },
    hash: await hashOf(model.vectors.matrix.slice()),
    scalar: await hashOf(scalar.vectors.matrix.slice()),
  };
})().catch((error) => ({ error: String(error) }));

// as a worker of a page
if (typeof document === "undefined") globalThis.outcome.then((outcome) => postMessage(outcome));
