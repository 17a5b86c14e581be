// How fast the machine multiplies and adds 128-bit vectors, with nothing else to do: ten chains in registers.

export function peak(rounds: u32): f32 {
  const m = f32x4.splat(0.9999999), c = f32x4.splat(1e-7);
  let s0 = c, s1 = c, s2 = c, s3 = c, s4 = c, s5 = c, s6 = c, s7 = c, s8 = c, s9 = c;
  for (let i: u32 = 0; i < rounds; i++) {
    s0 = step(s0, m, c); s1 = step(s1, m, c); s2 = step(s2, m, c); s3 = step(s3, m, c); s4 = step(s4, m, c);
    s5 = step(s5, m, c); s6 = step(s6, m, c); s7 = step(s7, m, c); s8 = step(s8, m, c); s9 = step(s9, m, c);
  }
  // seen from outside, so that no chain is left out
  const sum = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(f32x4.add(s4, s5), f32x4.add(f32x4.add(s6, s7), f32x4.add(s8, s9))));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}

/** Multiply-adds of floats that a round makes. */
export function macsPerRound(): u32 {
  return 10 * 4;
}

// @ts-ignore: decorator
@inline
function step(s: v128, m: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(s, m, c) : f32x4.add(f32x4.mul(s, m), c);
}
