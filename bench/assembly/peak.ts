// How fast the machine multiplies and adds 128-bit vectors with nothing else to do: ten chains in registers.

/** rounds × 10 multiply-adds of vectors. p: two vectors; loaded, since V8 makes constants anew where they are used. */
export function peak(rounds: u32, p: usize): void {
  const x = v128.load(p, 16);
  let s0 = v128.load(p);
  let s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0;
  for (let i: u32 = 0; i < rounds; i++) {
    s0 = step(s0, x); s1 = step(s1, x); s2 = step(s2, x); s3 = step(s3, x); s4 = step(s4, x);
    s5 = step(s5, x); s6 = step(s6, x); s7 = step(s7, x); s8 = step(s8, x); s9 = step(s9, x);
  }
  // seen from outside, so that no chain is left out
  const sum = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(f32x4.add(s4, s5), f32x4.add(f32x4.add(s6, s7), f32x4.add(s8, s9))));
  v128.store(p, sum);
}

/** Multiply-adds of floats that a round makes. */
export function macsPerRound(): u32 {
  return 10 * 4;
}

// @ts-ignore: decorator
@inline
function step(s: v128, x: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(s, x, x) : f32x4.add(f32x4.mul(s, x), x);
}
