import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { huffmanTree } from "../../src/math/huffman";

/** Σ count × code length of an optimal code, the slow way: join the two least again and again. */
function optimalCost(counts: number[]): number {
  const weights = [...counts];
  let cost = 0;
  while (weights.length > 1) {
    weights.sort((a, b) => b - a);
    const sum = weights.pop()! + weights.pop()!;
    weights.push(sum);
    cost += sum;
  }
  return cost;
}

describe("huffmanTree", () => {
  const counts = fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 60 })
    .map((list) => list.sort((a, b) => b - a));

  it("has the least mean code length, prefix-free codes that fill the tree, and inner nodes 0 … n − 2", () => {
    fc.assert(
      fc.property(counts, (list) => {
        const tree = huffmanTree(list);
        const paths = list.map((_, word) => tree.path(word));
        const cost = paths.reduce((sum, { code }, word) => sum + list[word] * code.length, 0);
        expect(cost).toBe(optimalCost(list));
        if (list.length > 1) expect(paths.reduce((sum, { code }) => sum + 2 ** -code.length, 0)).toBe(1);
        expect(tree.depth).toBe(Math.max(...paths.map(({ code }) => code.length)));
        const seen = new Map<string, number>();
        for (const { nodes, code } of paths) {
          expect(nodes.length).toBe(code.length);
          // one prefix of bits, one node
          nodes.forEach((node, j) => {
            const prefix = code.slice(0, j).join("");
            expect(seen.get(prefix) ?? node).toBe(node);
            seen.set(prefix, node);
          });
        }
        expect([...seen.values()].sort((a, b) => a - b)).toEqual(list.slice(1).map((_, i) => i));
      }),
    );
  });

  it("breaks ties as word2vec.c: inner nodes first, of words the later one", () => {
    // {d, c} → 0 (2), {b, a} → 1 (2), {0, 1} → 2: the later word and the earlier node come first and have bit 0
    const tree = huffmanTree([1, 1, 1, 1]);
    expect([0, 1, 2, 3].map((word) => tree.path(word))).toEqual([
      { nodes: [2, 1], code: [1, 1] },
      { nodes: [2, 1], code: [1, 0] },
      { nodes: [2, 0], code: [0, 1] },
      { nodes: [2, 0], code: [0, 0] },
    ]);
    // the inner node of count 2 goes before the word of count 2
    expect(huffmanTree([2, 1, 1]).path(0)).toEqual({ nodes: [1], code: [1] });
  });

  it("has codes of any length: Fibonacci counts give a path of n − 1 bits", () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 70) fibonacci.push(fibonacci[fibonacci.length - 1] + fibonacci[fibonacci.length - 2]);
    const tree = huffmanTree(fibonacci.reverse());
    expect(tree.depth).toBe(69);
    expect(tree.path(69).nodes).toEqual(Array.from({ length: 69 }, (_, j) => 68 - j));
  });

  it("gives the only word of a vocabulary an empty path", () => {
    expect(huffmanTree([5]).path(0)).toEqual({ nodes: [], code: [] });
  });

  it("asks for sorted counts", () => {
    expect(() => huffmanTree([1, 2])).toThrow("expected the most frequent word first, got 1 before 2 (word 1)");
    expect(() => huffmanTree([])).toThrow("at least one word");
  });
});
