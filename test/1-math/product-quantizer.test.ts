import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";
import { encode, learnCodebooks, type Vectors } from "../../src/math/codebooks";
import { CENTROIDS, type ProductQuantizer } from "../../src/math/product-quantizer";

function randomVectors(rows: number, dim: number, seed = 1): Vectors & { floats: Float32Array } {
  const floats = new Float32Array(rows * dim);
  Random.from(seed).fill(floats, 1);
  return { rows, dim, floats, row: (i) => floats.subarray(i * dim, (i + 1) * dim) };
}

/** Vectors as their codes give them back. */
function restored(quantizer: ProductQuantizer, codes: Uint8Array): Float32Array {
  const { dim, parts } = quantizer;
  const floats = new Float32Array((codes.length / parts) * dim);
  for (let i = 0; i * parts < codes.length; i++)
    quantizer.decode(codes, i * parts, floats.subarray(i * dim, (i + 1) * dim));
  return floats;
}

const meanError = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length;

const pause = async () => {};
const learn = (vectors: Vectors, partDim: number, random: Random) => learnCodebooks(vectors, partDim, random, pause);

describe("codebooks", () => {
  it.each([
    [5, 2, 3],
    [4, 2, 2],
    [3, 1, 3],
    [4, 4, 1],
    [1, 1, 1],
  ])("of dim %d cut into parts of %d codes each by the nearest of its centroids", async (dim, partDim, parts) => {
    const vectors = randomVectors(600, dim);
    const quantizer = await learn(vectors, partDim, Random.from(1));
    expect([quantizer.parts, quantizer.centroids.length]).toEqual([parts, CENTROIDS * dim]);
    const codes = await encode(quantizer, vectors, pause);
    expect(codes).toHaveLength(600 * parts);
    const target = new Float32Array(dim);
    for (let i = 0; i < 600; i += 37) {
      const own = codes.slice(i * parts, (i + 1) * parts);
      const distance = (one: Uint8Array) => {
        quantizer.decode(one, 0, target);
        return target.reduce((sum, x, d) => sum + (x - vectors.floats[i * dim + d]) ** 2, 0);
      };
      const least = distance(own);
      for (let part = 0; part < parts; part++)
        for (let code = 0; code < CENTROIDS; code++) {
          const other = own.slice();
          other[part] = code;
          expect(distance(other)).toBeGreaterThanOrEqual(least - 1e-12);
        }
    }
  });

  it("comes close to what random points of the plane allow: 256 cells of equal size", async () => {
    const vectors = randomVectors(5000, 2);
    const quantizer = await learn(vectors, 2, Random.from(1));
    const error = meanError(vectors.floats, restored(quantizer, await encode(quantizer, vectors, pause)));
    // hexagons of area 1/256: 5 / (36 √3) of the area for each number; a square lattice has 1/12
    expect(error).toBeLessThan(1 / 12 / CENTROIDS);
    expect(error).toBeGreaterThan(0.5 * (5 / (36 * Math.sqrt(3)) / CENTROIDS));
  });

  it("keeps up to 256 different vectors, also among many that are equal", async () => {
    const few = randomVectors(200, 6);
    const quantizer = await learn(few, 4, Random.from(1));
    expect(restored(quantizer, await encode(quantizer, few, pause))).toEqual(few.floats);
    const many: Vectors = { rows: 3000, dim: 6, row: (i) => few.row(i % 20 === 0 ? (i / 20) % 100 : 0) };
    const other = await learn(many, 4, Random.from(1));
    const back = restored(other, await encode(other, many, pause));
    for (let i = 0; i < many.rows; i++)
      many.row(i).forEach((x, d) => expect(Math.abs(back[i * 6 + d] - x)).toBeLessThan(1e-6));
  });

  it("is the same for the same generator, and another for another", async () => {
    const vectors = randomVectors(2000, 3);
    const centroids = async (seed: number) => (await learn(vectors, 2, Random.from(seed))).centroids;
    expect(await centroids(1)).toEqual(await centroids(1));
    expect(await centroids(1)).not.toEqual(await centroids(2));
  });

  it("of no vectors is of zeros, and multiplies by a factor", async () => {
    const none = await learn({ rows: 0, dim: 2, row: () => new Float32Array() }, 2, Random.from(1));
    expect(none.centroids.every((x) => x === 0)).toBe(true);
    const one = await learn(randomVectors(1, 2), 2, Random.from(1));
    const target = new Float32Array(2);
    one.decode(Uint8Array.of(7), 0, target, 4);
    expect(Array.from(target)).toEqual(Array.from(randomVectors(1, 2).floats, (x) => 4 * x));
  });
});
