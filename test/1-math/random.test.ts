import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";

describe("Random", () => {
  it("is xoshiro128**: the first outputs from state 1, 2, 3, 4", () => {
    // as the algorithm's definition gives by hand: rotl(2 × 5, 7) × 9 = 11520; s1 is then 2 ^ (3 ^ 1) = 0; …
    const random = new Random([1, 2, 3, 4]);
    expect([random.next(), random.next(), random.next(), random.next()]).toEqual([11520, 0, 5927040, 70819200]);
  });

  it("gives each seed and stream a sequence of its own, the same every time", () => {
    const first = (seed: number, stream: number) => Random.from(seed, stream).next();
    expect(first(1, 0)).toBe(first(1, 0));
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const all = seeds.flatMap((seed) => [0, 1, 2].map((stream) => first(seed, stream)));
    expect(new Set(all).size).toBe(all.length);
  });

  it("fills with what next gives, and goes on from there", () => {
    const a = Random.from(9, 1);
    const b = Random.from(9, 1);
    const filled = new Float32Array(1000);
    a.fill(filled, 50);
    expect(filled).toEqual(Float32Array.from(filled, () => (b.next() / 2 ** 32 - 0.5) / 50));
    expect(a.next()).toBe(b.next());
  });

  it("takes the high word of next × n, for n up to 2^32", () => {
    const a = Random.from(5, 0);
    const b = Random.from(5, 0);
    for (const n of [1, 2, 5, 1000, 2 ** 21 + 1, 2 ** 31 + 7, 2 ** 32]) {
      for (let i = 0; i < 100; i++) expect(BigInt(a.below(n))).toBe((BigInt(b.next()) * BigInt(n)) >> 32n);
    }
  });
});
