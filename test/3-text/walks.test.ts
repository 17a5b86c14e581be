import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { train } from "wasm2vec";
import { type Edge, randomWalks, type WalkOptions } from "wasm2vec/sequences";
import { sentencesOf } from "../../src/text/sentences";

async function walks(edges: Edge[], options: WalkOptions): Promise<string[][]> {
  const all: string[][] = [];
  for await (const some of sentencesOf(randomWalks(edges, options))) all.push(...some.map((nodes) => [...nodes]));
  return all;
}

/** a and b share the neighbour c; d hangs on b, e on d. */
const edges: Edge[] = [
  ["a", "b", 2],
  ["a", "c"],
  ["b", "c", 3],
  ["b", "d", 4],
  ["d", "e"],
];
const weights = new Map(
  edges.flatMap(
    ([a, b, weight = 1]) =>
      [
        [`${a}${b}`, weight],
        [`${b}${a}`, weight],
      ] as const,
  ),
);
const near = (node: string) => [..."abcde"].filter((other) => weights.has(node + other));

describe("randomWalks", () => {
  it("go from every node, by edges only, as long as they may, the same for the same seed", async () => {
    const all = await walks(edges, { walksPerNode: 4, walkLength: 7 });
    expect(all).toHaveLength(20);
    expect(
      all
        .map(([first]) => first)
        .sort()
        .join(""),
    ).toBe("aaaabbbbccccddddeeee");
    for (const nodes of all) {
      expect(nodes).toHaveLength(7);
      nodes.slice(1).forEach((node, i) => expect(near(nodes[i])).toContain(node));
    }
    expect(await walks(edges, { walksPerNode: 4, walkLength: 7 })).toEqual(all);
    expect(await walks(edges, { walksPerNode: 4, walkLength: 7, seed: 2 })).not.toEqual(all);
  });

  it.each([
    [1, 1],
    [4, 0.5],
    [0.25, 2],
  ])("step by weight and by the biases of node2vec: p %d, q %d", async (p, q) => {
    const counts = new Map<string, number>();
    for (const nodes of await walks(edges, { walksPerNode: 3000, walkLength: 12, p, q }))
      for (let i = 2; i < nodes.length; i++) {
        const step = nodes.slice(i - 2, i + 1).join("");
        counts.set(step, (counts.get(step) ?? 0) + 1);
      }
    for (const [before, node] of ["ab", "cb", "db", "ba", "bd", "ca"]) {
      const alpha = (next: string) => (next === before ? 1 / p : near(before).includes(next) ? 1 : 1 / q);
      const expected = near(node).map((next) => weights.get(node + next)! * alpha(next));
      const sum = expected.reduce((x, y) => x + y);
      const seen = near(node).map((next) => counts.get(before + node + next) ?? 0);
      const total = seen.reduce((x, y) => x + y);
      expect(total).toBeGreaterThan(3000);
      seen.forEach((count, i) => expect(Math.abs(count / total - expected[i] / sum)).toBeLessThan(0.02));
    }
  });

  it("end where no edge leads on; edges may lead one way, weigh nothing, and be given twice", async () => {
    const all = await walks(
      [
        ["a", "b"],
        ["b", "c"],
        ["b", "x", 0],
        [1, "a", 0.5],
        [1, "a", 0.5],
      ],
      { directed: true, walksPerNode: 1, walkLength: 9 },
    );
    expect(all.map((nodes) => nodes.join("")).sort()).toEqual(["1abc", "abc", "bc", "c", "x"]);
  });

  it("names what it cannot use", () => {
    expect(() => randomWalks([])).toThrow("got none");
    expect(() => randomWalks([["a", "b", -1]])).toThrow('edge from "a" to "b" expected a weight of at least 0, got -1');
    expect(() => randomWalks([["a", null as never]])).toThrow("names of nodes, got null");
    expect(() => randomWalks(edges, { p: 0 })).toThrow('"p" expected');
    expect(() => randomWalks(edges, { length: 3 } as WalkOptions)).toThrow("unknown option");
  });

  const karate = "../shared/data/sequences/karate.edgelist";
  it.runIf(existsSync(karate))("tell the two sides of the karate club", async () => {
    const graph = readFileSync(karate, "utf8")
      .trim()
      .split("\n")
      .map((line): Edge => line.split(/\s+/).slice(0, 2) as [string, string]);
    const { vectors } = await train(randomWalks(graph, { walkLength: 40, walksPerNode: 40 }), {
      ...{ dim: 16, minCount: 1, subsample: 0, threads: 1, window: 5, epochs: 3, learningRate: 0.025 },
    });
    expect(vectors.size).toBe(34);
    // who stayed with the instructor (0) and who left with the president (33), after Zachary 1977
    const sides = ["1", "3", "7", "13"].map((node) => vectors.similarity(node, "0") - vectors.similarity(node, "33"));
    const others = ["32", "30", "29", "23"].map(
      (node) => vectors.similarity(node, "33") - vectors.similarity(node, "0"),
    );
    for (const difference of [...sides, ...others]) expect(difference).toBeGreaterThan(0);
  });
});
