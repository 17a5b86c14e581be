// Eigenvectors from + − × ÷ √ alone, in a fixed order, so that every engine gives the same bits.

import { yieldToEventLoop } from "../base/event-loop.js";

/** Multiplications between two turns of the event loop, a few milliseconds. */
const TURN = 4e6;

/** Entries off the diagonal are 0 from this share of the matrix's norm down. */
const PRECISION = 1e-16;

/** Ten sweeps are many, as each squares the error. After so many only rounding is left. */
const SWEEPS = 40;

/**
 * The eigenvectors of a symmetric matrix by Jacobi's rotations (Golub and Van Loan, section 8.5), largest eigenvalue first.
 * Takes some 50 dim³ multiplications; yields to the event loop every few milliseconds.
 * @param matrix dim × dim, row by row; ends as the diagonal matrix of the eigenvalues
 * @returns vectors of length 1, orthogonal to one another; their signs are arbitrary
 */
export async function eigenvectors(matrix: Float64Array, dim: number): Promise<Float64Array[]> {
  const vectors = Array.from({ length: dim }, (_, i) => new Float64Array(dim).fill(1, i, i + 1));
  const negligible = PRECISION * norm(matrix);
  let work = 0;
  for (let sweep = 0, rotations = 1; rotations > 0 && sweep < SWEEPS; sweep++) {
    rotations = 0;
    for (let p = 0; p < dim; p++) {
      for (let q = p + 1; q < dim; q++) {
        if (Math.abs(matrix[p * dim + q]) <= negligible) continue;
        rotate(matrix, dim, vectors, p, q);
        rotations++;
        work += 8 * dim;
      }
      if (work < TURN) continue;
      work = 0;
      await yieldToEventLoop();
    }
  }
  const order = vectors.map((_, i) => i).sort((i, j) => matrix[j * dim + j] - matrix[i * dim + i]);
  return order.map((i) => vectors[i]);
}

/** Turns rows and columns p and q so that the entry (p, q) becomes 0, and the vectors with them. */
function rotate(matrix: Float64Array, dim: number, vectors: readonly Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [p * dim, q * dim];
  const shared = matrix[rowP + q];
  // of the two angles the smaller: cot 2φ is known, tan φ sought
  const cotangent = (matrix[rowQ + q] - matrix[rowP + p]) / (2 * shared);
  const size = 1 / (Math.abs(cotangent) + Math.sqrt(cotangent * cotangent + 1));
  const tangent = cotangent < 0 ? -size : size;
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < dim; k++) {
    if (k === p || k === q) continue;
    const [inP, inQ] = [matrix[rowP + k], matrix[rowQ + k]];
    matrix[k * dim + p] = matrix[rowP + k] = cosine * inP - sine * inQ;
    matrix[k * dim + q] = matrix[rowQ + k] = sine * inP + cosine * inQ;
  }
  matrix[rowP + p] -= tangent * shared;
  matrix[rowQ + q] += tangent * shared;
  matrix[rowP + q] = matrix[rowQ + p] = 0;
  const [a, b] = [vectors[p], vectors[q]];
  for (let d = 0; d < dim; d++) {
    const [inA, inB] = [a[d], b[d]];
    a[d] = cosine * inA - sine * inB;
    b[d] = sine * inA + cosine * inB;
  }
}

/** √ Σ x² */
function norm(matrix: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < matrix.length; i++) sum += matrix[i] * matrix[i];
  return Math.sqrt(sum);
}
