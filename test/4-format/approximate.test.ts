// The graph of usearch; that of hnswlib-wasm is tested in approximate.browser.test.ts.

import usearch from "usearch";
import { beforeAll, describe, expect, it } from "vitest";
import { MissingWordError, type WordVectors } from "wasm2vec";
import { ApproximateIndex, usearchGraph } from "wasm2vec/queries";
import { grouped } from "../support/grouped";

let vectors: WordVectors;
beforeAll(async () => {
  vectors = await grouped(4000, 20);
});

describe("ApproximateIndex", () => {
  it("finds nearly all of the nearest words, with exact similarities", async () => {
    const shares: number[] = [];
    const index = await ApproximateIndex.build(vectors, usearchGraph(usearch, vectors), {
      onProgress: (share) => shares.push(share),
    });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(index.recall(vectors.words.slice(0, 200))).toBeGreaterThan(0.9);
    const near = index.mostSimilar("w7", { topN: 5 });
    expect(near).toHaveLength(5);
    for (const { word, similarity } of near) {
      expect(word).not.toBe("w7");
      expect(similarity).toBe(vectors.similarity("w7", word));
    }
    expect(index.mostSimilar(vectors.get("w7"), { topN: 1 })[0].word).toBe("w7");
  });

  it("names the graph that is missing", async () => {
    const build = (...given: unknown[]) =>
      ApproximateIndex.build(...(given as Parameters<typeof ApproximateIndex.build>));
    await expect(build(vectors)).rejects.toThrow(
      new TypeError('"graph" expected an empty graph, got undefined: make one with usearchGraph or hnswlibGraph'),
    );
    await expect(build(vectors, usearch)).rejects.toThrow('"graph" expected an empty graph, got');
  });

  it("searches wider where a filter lets few through", async () => {
    const index = await ApproximateIndex.build(vectors, usearchGraph(usearch, vectors));
    const filter = (word: string) => word.endsWith("99");
    const near = index.mostSimilar("w7", { topN: 40, filter });
    expect(near).toHaveLength(40);
    expect(near).toEqual(vectors.mostSimilar("w7", { topN: 40, filter }));
    expect(index.mostSimilar("w7", { filter: () => false })).toEqual([]);
    expect(index.mostSimilar("w7", { topN: 0 })).toEqual([]);
    expect(index.mostSimilar("w7", { topN: 10_000 })).toHaveLength(3999);
  });

  it("finds more with wider searches", async () => {
    const recall = async (expansionSearch: number) => {
      const graph = usearchGraph(usearch, vectors, { connectivity: 4, expansionAdd: 16, expansionSearch });
      return (await ApproximateIndex.build(vectors, graph)).recall(vectors.words.slice(0, 300));
    };
    expect(await recall(400)).toBeGreaterThan(await recall(10));
  });

  it("says what is wrong, and stops when it is told to", async () => {
    const index = await ApproximateIndex.build(vectors, usearchGraph(usearch, vectors));
    expect(() => index.mostSimilar("none")).toThrow(MissingWordError);
    expect(() => index.mostSimilar(new Float32Array(3))).toThrow(/expected 20 numbers/);
    expect(() => index.mostSimilar("w1", { top: 3 } as never)).toThrow(/"top"/);
    expect(() => usearchGraph(usearch, vectors, { connectivity: 1 })).toThrow(/"connectivity" expected/);
    const never = ApproximateIndex.build(vectors, usearchGraph(usearch, vectors), { signal: {} as never });
    await expect(never).rejects.toThrow('"signal" expected an AbortSignal, got an object (Object)');
    expect(() => index.mostSimilar("w1", 3 as never)).toThrow("options expected an object, got 3");
    const abort = AbortSignal.abort(new Error("enough"));
    for (const some of [vectors, await grouped(10, 20)]) {
      const late = ApproximateIndex.build(some, usearchGraph(usearch, some), { signal: abort });
      await expect(late).rejects.toThrow("enough");
    }
  });
});
