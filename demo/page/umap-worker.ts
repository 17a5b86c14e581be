// UMAP of the shown vectors, off the main thread.

import { UMAP } from "umap-js";

self.addEventListener("message", ({ data }: MessageEvent<{ rows: number[][] }>) => {
  // the same map for the same vectors
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const umap = new UMAP({ nComponents: 2, nNeighbors: Math.min(15, data.rows.length - 1), minDist: 0.1, random });
  const epochs = umap.initializeFit(data.rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 20 === 0) self.postMessage({ done: epoch / epochs });
  }
  self.postMessage({ points: umap.getEmbedding() });
});
