// Random vectors and matrices for fast-check.

import fc from "fast-check";

export const vector = (length: number) =>
  fc
    .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float64Array.from(values));

export const matrix = (rows: number, columns: number) =>
  fc.array(vector(columns), { minLength: rows, maxLength: rows });

export const index = (length: number) => fc.integer({ min: 0, max: length - 1 });

/** A distribution of that length: positive, sum 1. */
export const distribution = (length: number) =>
  vector(length).map((values) => {
    const weights = values.map((value) => value + 2.1);
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  });
