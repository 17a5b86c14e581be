// xoshiro128** of Blackman and Vigna (2018), state u32[4] in memory; 32-bit so that JavaScript can follow it.
// src/base/random.ts gives the same sequence.

import { assertBelow, DEBUG } from "./assertions";

/** Next u32 of the generator whose state lies at `state`. */
export function random(state: usize): u32 {
  const s0 = load<u32>(state);
  const s1 = load<u32>(state, 4);
  const s2 = load<u32>(state, 8) ^ s0;
  const s3 = load<u32>(state, 12) ^ s1;
  store<u32>(state, s0 ^ s3);
  store<u32>(state, s1 ^ s2, 4);
  store<u32>(state, s2 ^ (s1 << 9), 8);
  store<u32>(state, rotl<u32>(s3, 11), 12);
  return rotl<u32>(s1 * 5, 7) * 9;
}

/** Uniform integer in [0, n): the high word of random × n. */
// @ts-ignore: decorator
@inline
export function below(state: usize, n: u32): u32 {
  return <u32>(((<u64>random(state)) * (<u64>n)) >> 32);
}

/** Draws a word id from the noise distribution; alias: { threshold u32, alias u32 }[n] (Walker 1977). */
// @ts-ignore: decorator
@inline
export function drawNoise(state: usize, alias: usize, n: u32): u32 {
  const id = below(state, n);
  const entry = alias + (<usize>id << 3);
  const other = load<u32>(entry, 4);
  if (DEBUG) assertBelow(other, n);
  // no branch: it would be guessed wrong one time in three, and only when the entry has arrived
  const isOwn: u32 = 0 - <u32>(random(state) < load<u32>(entry));
  return other ^ ((other ^ id) & isOwn);
}
