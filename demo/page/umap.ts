// Lays the shown words out by UMAP in a worker, one layout at a time.

import type { WordVectors } from "wasm2vec";
import { SHOWN, scaled } from "./projection.js";

export interface LayoutListeners {
  /** finished share of the layout, 0 to 1 */
  onProgress(share: number): void;
  /** x, y, x, y, …, in [−1, 1]² */
  onPoints(points: Float32Array): void;
  onError(message: string): void;
}

export class UmapLayout {
  private worker: Worker | undefined;

  start(vectors: WordVectors, { onProgress, onPoints, onError }: LayoutListeners): void {
    this.stop();
    const worker = new Worker(new URL("./umap-worker.js", import.meta.url), { type: "module" });
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => {
      if (data.done !== undefined) return onProgress(data.done);
      this.stop();
      const [xs, ys] = [0, 1].map((axis) => data.points.map((point: number[]) => point[axis]));
      onPoints(scaled(xs, ys));
    });
    worker.addEventListener("error", ({ message }) => {
      this.stop();
      onError(message);
    });
    worker.postMessage({ rows: directions(vectors) });
  }

  /** Ends the current layout, if any; its listeners are not called any more. */
  stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }
}

/** The vectors of the shown words, scaled to length 1, because only directions count. */
function directions(vectors: WordVectors): number[][] {
  return vectors.words.slice(0, SHOWN).map((word) => {
    const vector = vectors.get(word);
    const length = Math.hypot(...vector) || 1;
    return Array.from(vector, (x) => x / length);
  });
}
