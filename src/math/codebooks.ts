// Learns codebooks for product quantisation by k-means (Lloyd 1982), and codes vectors.

import type { Random } from "../base/random.js";
import { CENTROIDS, ProductQuantizer } from "./product-quantizer.js";

/** Points that centroids are learnt from, at most: as many for each as fastText takes. */
const POINTS = 256 * CENTROIDS;

/** Rounds of k-means, as in fastText. */
const ROUNDS = 25;

/** Vectors encoded between two pauses. */
const ENCODED = 4096;

export type Pause = () => Promise<void>;

/** Vectors that are asked for one by one. */
export interface Vectors {
  rows: number;
  dim: number;
  /** f32[dim], finite; valid until the next call */
  row(index: number): Float32Array;
}

/**
 * Learns centroids of the vectors, the same for the same generator. Up to 256 different vectors are kept exactly.
 * @param pause waited for now and then: other work goes on, or whoever waits learns that it is over
 */
export async function learnCodebooks(
  vectors: Vectors,
  partDim: number,
  random: Random,
  pause: Pause,
): Promise<ProductQuantizer> {
  const { dim } = vectors;
  const quantizer = new ProductQuantizer(dim, partDim, new Float32Array(CENTROIDS * dim));
  const sample = await sampleOf(vectors, random, pause);
  for (let part = 0; part < quantizer.parts; part++) {
    const size = quantizer.sizeOf(part);
    const points = new Float32Array((sample.length / dim) * size);
    for (let from = part * partDim, to = 0; to < points.length; from += dim, to += size)
      points.set(sample.subarray(from, from + size), to);
    await learnCentroids(points, size, quantizer.centroidsOf(part), random, pause);
  }
  return quantizer;
}

/** Codes of the nearest centroids, u8[rows × parts]. */
export async function encode(
  quantizer: ProductQuantizer,
  vectors: Vectors,
  pause: Pause,
): Promise<Uint8Array<ArrayBuffer>> {
  const { parts, partDim } = quantizer;
  const { rows } = vectors;
  const nearest = Array.from(
    { length: parts },
    (_, part) => new NearestCentroid(quantizer.centroidsOf(part), quantizer.sizeOf(part)),
  );
  const codes = new Uint8Array(rows * parts);
  for (let index = 0; index < rows; index++) {
    if (index % ENCODED === 0) await pause();
    const vector = vectors.row(index);
    for (let part = 0; part < parts; part++) codes[index * parts + part] = nearest[part].find(vector, part * partDim);
  }
  return codes;
}

/**
 * At most POINTS of the vectors, f32[count × dim]: up to half of them the longest, since few of those may make most of the error, the
 * others drawn from the rest. A seventh of the error of as many that are all drawn (a classifier of R8 with 220,000 rows).
 */
async function sampleOf(vectors: Vectors, random: Random, pause: Pause): Promise<Float32Array> {
  const { rows, dim } = vectors;
  const lengths = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    if (i % ENCODED === 0) await pause();
    const row = vectors.row(i);
    for (let d = 0; d < dim; d++) lengths[i] += row[d] * row[d];
  }
  const bound = rows > POINTS ? lengths.slice().sort()[rows - POINTS / 2] : Number.POSITIVE_INFINITY;
  const order = new Uint32Array(rows);
  let [longest, end] = [0, rows];
  for (let i = rows - 1; i >= 0; i--) order[lengths[i] > bound ? longest++ : --end] = i;
  const sample = new Float32Array(Math.min(rows, POINTS) * dim);
  for (let i = 0; i * dim < sample.length; i++) {
    const other = i < longest ? i : i + random.below(rows - i);
    [order[i], order[other]] = [order[other], order[i]];
    sample.set(vectors.row(order[i]), i * dim);
  }
  return sample;
}

/** k-means. @param points f32[count × size] @param centroids f32[256 × size], filled */
async function learnCentroids(
  points: Float32Array,
  size: number,
  centroids: Float32Array,
  random: Random,
  pause: Pause,
): Promise<void> {
  const count = points.length / size;
  if (count === 0) return;
  firstCentroids(points, size, centroids, random);
  const errors = new Float64Array(count);
  for (let round = 0; round < ROUNDS; round++) {
    await pause();
    const nearest = new NearestCentroid(centroids, size);
    const sums = new Float64Array(CENTROIDS * size);
    const members = new Uint32Array(CENTROIDS);
    for (let i = 0; i < count; i++) {
      const c = nearest.find(points, i * size);
      errors[i] = nearest.distance;
      members[c]++;
      for (let d = 0; d < size; d++) sums[c * size + d] += points[i * size + d];
    }
    for (let c = 0; c < CENTROIDS; c++) {
      if (members[c] === 0) takeFarthest(points, size, errors, centroids, c);
      else for (let d = 0; d < size; d++) centroids[c * size + d] = sums[c * size + d] / members[c];
    }
  }
}

/**
 * Chooses points: each next one with a probability that rises with the square of its distance from those chosen. Arthur, Vassilvitskii
 * 2007, "k-means++". Points that are equal are chosen once; where there are no others, the first is repeated.
 */
function firstCentroids(points: Float32Array, size: number, centroids: Float32Array, random: Random): void {
  const distances = new Float64Array(points.length / size).fill(Number.POSITIVE_INFINITY);
  for (let c = 0, chosen = 0; c < CENTROIDS; c++) {
    centroids.set(points.subarray(chosen * size, (chosen + 1) * size), c * size);
    let sum = 0;
    for (let i = 0; i < distances.length; i++) {
      distances[i] = Math.min(distances[i], squaredDistance(points, i * size, points, chosen * size, size));
      sum += distances[i];
    }
    let left = (sum * random.next()) / 2 ** 32;
    chosen = 0;
    for (let i = 0; i < distances.length && left >= 0; i++)
      if (distances[i] > 0) {
        left -= distances[i];
        chosen = i;
      }
  }
}

function squaredDistance(a: Float32Array, from: number, b: Float32Array, other: number, size: number): number {
  let sum = 0;
  for (let d = 0; d < size; d++) sum += (a[from + d] - b[other + d]) ** 2;
  return sum;
}

/** Moves a centroid that is nearest to no point to the point that is the farthest from its own. */
function takeFarthest(points: Float32Array, size: number, errors: Float64Array, centroids: Float32Array, c: number) {
  let farthest = 0;
  for (let i = 1; i < errors.length; i++) if (errors[i] > errors[farthest]) farthest = i;
  centroids.set(points.subarray(farthest * size, (farthest + 1) * size), c * size);
  errors[farthest] = 0;
}

/**
 * Finds nearest centroids. They are sorted by their first number, and looked at from that of the point outwards, until that number
 * alone is too far away: with parts of two numbers about a tenth of them.
 */
class NearestCentroid {
  /** The squared distance of the one found last. */
  distance = 0;
  private readonly order: Uint16Array;
  /** first numbers in the order, between two that no point is beyond */
  private readonly firsts = new Float64Array(CENTROIDS + 2);
  /** the other numbers in the order, f64[256 × (size − 1)] */
  private readonly others: Float64Array;

  constructor(
    centroids: Float32Array,
    private readonly size: number,
  ) {
    const firstOf = (c: number) => centroids[c * size];
    this.order = Uint16Array.from({ length: CENTROIDS }, (_, c) => c).sort((a, b) => firstOf(a) - firstOf(b) || a - b);
    this.firsts[0] = Number.NEGATIVE_INFINITY;
    this.firsts[CENTROIDS + 1] = Number.POSITIVE_INFINITY;
    this.others = new Float64Array(CENTROIDS * (size - 1));
    this.order.forEach((c, place) => {
      this.firsts[place + 1] = firstOf(c);
      this.others.set(centroids.subarray(c * size + 1, (c + 1) * size), place * (size - 1));
    });
  }

  /** The number of the nearest one to the point at points[at … at + size). */
  find(points: Float32Array, at: number): number {
    const { firsts, others, size } = this;
    const x = points[at];
    let right = this.placeOf(x);
    let left = right - 1;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (;;) {
      const toLeft = x - firsts[left];
      const toRight = firsts[right] - x;
      const gap = toLeft <= toRight ? toLeft : toRight;
      let distance = gap * gap;
      if (distance >= least) break;
      const place = (toLeft <= toRight ? left-- : right++) - 1;
      for (let d = 1, other = place * (size - 1); d < size; d++, other++) {
        const difference = points[at + d] - others[other];
        distance += difference * difference;
      }
      if (distance < least) {
        best = place;
        least = distance;
      }
    }
    this.distance = least;
    return this.order[best];
  }

  /** The first place whose number is at least x. */
  private placeOf(x: number): number {
    const { firsts } = this;
    let low = 1;
    let high = CENTROIDS + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (firsts[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
