// The graph of hnswlib-wasm, which runs in pages alone.

import { loadHnswlib } from "hnswlib-wasm/dist/hnswlib.js";
import { expect, it } from "vitest";
import { ApproximateIndex, hnswlibGraph } from "wasm2vec/queries";
import { grouped } from "../support/grouped";

it("finds nearly all of the nearest words", async () => {
  const vectors = await grouped(3000, 20);
  const index = await ApproximateIndex.build(vectors, hnswlibGraph(await loadHnswlib(), vectors));
  expect(index.recall(vectors.words.slice(0, 200))).toBeGreaterThan(0.9);
  const near = index.mostSimilar("w7", { topN: 5 });
  expect(near).toHaveLength(5);
  for (const { word, similarity } of near) expect(similarity).toBe(vectors.similarity("w7", word));
  const wide = index.mostSimilar("w7", { topN: 20, filter: (word) => word.endsWith("9") });
  expect(wide).toHaveLength(20);
});
