// All-but-the-top on rows whose mean and components are known, and against its definition in float64; the bits, here and in pages
// (vitest.browser.config.ts).

import { describe, expect, it } from "vitest";
import { createVectors, type WordVectors } from "wasm2vec";
import { type RemoveOptions, removeComponents } from "wasm2vec/queries";
import { yieldToEventLoop } from "../../src/base/event-loop";
import { Fingerprint } from "../../src/base/fingerprint";
import { Random } from "../../src/base/random";

type Row = number[];
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, d) => sum + x * b[d], 0);
const names = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);
const rowsOf = (vectors: WordVectors): Row[] => vectors.words.map((word) => [...vectors.get(word)]);
const vectorsOf = (rows: readonly Row[]) => createVectors(names(rows.length), rows[0].length, rows.flat());

/** Entry (i, j) of a Hadamard matrix: ± 1, columns orthogonal, all but column 0 of sum 0. */
function sign(i: number, j: number): number {
  let parity = 0;
  for (let bits = i & j; bits > 0; bits >>= 1) parity ^= bits & 1;
  return parity === 0 ? 1 : -1;
}

const DIM = 6;
const MEAN = [3, -1, 4, 1, -5, 9];
/** Lengths of the components, the largest neither first nor last. */
const LENGTHS = [2, 5, 0.5, 4, 1, 3];
/** Orthonormal: the axes, reflected. */
const NORMAL = [1, 2, -1, 3, 1, -2];
const DIRECTIONS = LENGTHS.map((_, k) =>
  NORMAL.map((x, d) => (d === k ? 1 : 0) - (2 * NORMAL[k] * x) / dot(NORMAL, NORMAL)),
);

/** Sixteen rows of components of these lengths that are uncorrelated. */
function rowsWith(lengths: readonly number[], mean: Row): Row[] {
  return names(16).map((_, i) =>
    mean.map((x, d) => lengths.reduce((sum, length, k) => sum + sign(i, k + 1) * length * DIRECTIONS[k][d], x)),
  );
}

/** Vectors of many directions, some long: a mean, and components of decreasing length. */
function skewed(count: number, dim: number): Row[] {
  const random = Random.from(23, 0);
  const draw = () => random.next() / 2 ** 31 - 1;
  const axes = Array.from({ length: 4 }, () => Array.from({ length: dim }, draw));
  return names(count).map(() => {
    const shares = axes.map((_, k) => draw() / (k + 1));
    return Array.from(
      { length: dim },
      (_, d) =>
        0.3 +
        draw() / 4 +
        dot(
          shares,
          axes.map((axis) => axis[d]),
        ),
    );
  });
}

/** As defined, with the components by power iteration on the rows. */
function reference(rows: readonly Row[], components: number): Row[] {
  const mean = rows[0].map((_, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length);
  let rest = rows.map((row) => row.map((x, d) => x - mean[d]));
  for (let k = 0; k < components; k++) {
    let direction = mean.map((_, d) => 1 / (d + 1));
    for (let round = 0; round < 200; round++) {
      const shares = rest.map((row) => dot(row, direction));
      const next = mean.map((_, d) =>
        dot(
          shares,
          rest.map((row) => row[d]),
        ),
      );
      direction = next.map((x) => x / Math.sqrt(dot(next, next)));
    }
    rest = rest.map((row) => row.map((x, d) => x - dot(row, direction) * direction[d]));
  }
  return rest;
}

function expectRows(vectors: WordVectors, rows: readonly Row[]): void {
  rowsOf(vectors).forEach((row, i) => row.forEach((x, d) => expect(x).toBeCloseTo(rows[i][d], 5)));
}

describe("removeComponents", () => {
  it.each([0, 1, 2, 3, 4, 5])("leaves what the mean and the first %i components do not explain", async (components) => {
    const vectors = await vectorsOf(rowsWith(LENGTHS, MEAN));
    const rest = [...LENGTHS];
    for (let k = 0; k < components; k++) rest[rest.indexOf(Math.max(...rest))] = 0;
    const removed = await removeComponents(vectors, { components });
    expectRows(removed, rowsWith(rest, new Array(DIM).fill(0)));
    expectRows(vectors, rowsWith(LENGTHS, MEAN));
    expect([removed.words, removed.dim]).toEqual([vectors.words, DIM]);
  });

  it("is its definition", async () => {
    const vectors = await vectorsOf(skewed(300, 30));
    const given = rowsOf(vectors);
    expectRows(await removeComponents(vectors), reference(given, 0));
    expectRows(await removeComponents(vectors, { components: 3 }), reference(given, 3));
  });

  it("lets the event loop have its turns", async () => {
    const vectors = await createVectors(names(6000), 2000, new Float32Array(12e6).fill(1));
    let isDone = false;
    const removing = removeComponents(vectors).finally(() => {
      isDone = true;
    });
    let turns = 0;
    for (; !isDone; turns++) await yieldToEventLoop();
    // three for the mean, three for the rows
    expect(turns).toBeGreaterThanOrEqual(6);
    expect((await removing).matrix.every((x) => x === 0)).toBe(true);
  });

  it("leaves the padding of rows 0, and answers queries", async () => {
    const { matrix, stride, dim } = await removeComponents(await vectorsOf(skewed(20, 5)), { components: 1 });
    expect([stride, dim]).toEqual([8, 5]);
    for (let row = 0; row < 20; row++) expect([...matrix.subarray(row * 8 + 5, row * 8 + 8)]).toEqual([0, 0, 0]);
    // a and b differ in what all share less than c does from both
    const shared = await vectorsOf([
      [10, 1, 0],
      [10, 0.9, 0.1],
      [10, -1, 0],
      [10, -0.9, -0.1],
    ]);
    expect(shared.similarity("w0", "w2")).toBeGreaterThan(0.9);
    const removed = await removeComponents(shared, { kernel: "js" });
    expect(removed.similarity("w0", "w2")).toBeCloseTo(-1, 5);
    expect(removed.mostSimilar("w0", { topN: 1 })[0].word).toBe("w1");
  });

  it("gives the same bits everywhere", async () => {
    const { matrix } = await removeComponents(await vectorsOf(skewed(300, 30)), { components: 2 });
    const bits = new Uint32Array(matrix.buffer, matrix.byteOffset, matrix.length);
    expect(new Fingerprint().add(bits).value).toBe("93a7e4c84cd3e2c6");
  });

  it("takes a single word, fewer words than dim, and vectors that are all the same", async () => {
    expectRows(await removeComponents(await vectorsOf([[1, 2]])), [[0, 0]]);
    const few = [
      [1, 0, 0, 2],
      [0, 1, 0, 2],
      [0, 0, 3, 2],
    ];
    expectRows(await removeComponents(await vectorsOf(few), { components: 1 }), reference(few, 1));
    expectRows(
      await removeComponents(await vectorsOf(few), { components: 2 }),
      few.map(() => [0, 0, 0, 0]),
    );
    const same = [
      [1, 2],
      [1, 2],
      [1, 2],
    ];
    expectRows(
      await removeComponents(await vectorsOf(same), { components: 1 }),
      same.map(() => [0, 0]),
    );
    expect((await removeComponents(await createVectors([], 3, []))).size).toBe(0);
  });

  it("says what is wrong", async () => {
    const vectors = await vectorsOf([
      [1, 2, 3, 4],
      [2, 3, 5, 1],
      [0, 1, 0, 7],
    ]);
    const given = (options: unknown) => removeComponents(vectors, options as RemoveOptions);
    await expect(given({ components: 3 })).rejects.toThrow(
      new RangeError('"components" expected fewer than dim (4) and than words (3), got 3: remove fewer'),
    );
    await expect(given({ components: 0.5 })).rejects.toThrow(RangeError);
    await expect(given({ components: -1 })).rejects.toThrow('"components" expected integer >= 0, got -1');
    await expect(given({ components: "1" })).rejects.toThrow(TypeError);
    await expect(given({ component: 1 })).rejects.toThrow('unknown option "component": did you mean "components"?');
    await expect(given({ kernel: "fast" })).rejects.toThrow('"kernel" expected one of');
    vectors.matrix[vectors.stride + 2] = Number.NaN;
    await expect(given({})).rejects.toThrow(
      new RangeError('word "w1" expected a vector of finite numbers, number 3 is NaN'),
    );
  });
});
