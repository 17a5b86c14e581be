// Arithmetic on T, a vector of four f32 (v128) in the SIMD binaries and one f32 in the scalar one:
// element-wise code is written once and gives the same bits in both.

/** a in every lane. */
// @ts-ignore: decorator
@inline
export function constant<T>(a: f32): T {
  return isVector<T>() ? f32x4.splat(a) : <T>a;
}

/** The float at p in every lane. */
// @ts-ignore: decorator
@inline
export function splat<T>(p: usize, offset: usize = 0): T {
  return isVector<T>() ? v128.load32_splat(p + offset) : load<T>(p + offset);
}

/** a + b. */
// @ts-ignore: decorator
@inline
export function add<T>(a: T, b: T): T {
  return isVector<T>() ? f32x4.add(a, b) : <T>(a + b);
}

/** a − b. */
// @ts-ignore: decorator
@inline
export function sub<T>(a: T, b: T): T {
  return isVector<T>() ? f32x4.sub(a, b) : <T>(a - b);
}

/** a × b. */
// @ts-ignore: decorator
@inline
export function mul<T>(a: T, b: T): T {
  return isVector<T>() ? f32x4.mul(a, b) : <T>(a * b);
}

/** a / b. */
// @ts-ignore: decorator
@inline
export function div<T>(a: T, b: T): T {
  return isVector<T>() ? f32x4.div(a, b) : <T>(a / b);
}

/** a < b ? b : a, which hands on a NaN in a, in one instruction (f32x4.max takes nine on x64). */
// @ts-ignore: decorator
@inline
export function atLeast<T>(a: T, b: T): T {
  return isVector<T>() ? f32x4.pmax(a, b) : <f32>a < <f32>b ? b : a;
}

/** −|a| */
// @ts-ignore: decorator
@inline
export function minusAbs<T>(a: T): T {
  return isVector<T>() ? v128.or(a, i32x4.splat(0x80000000)) : <T>reinterpret<f32>(reinterpret<u32>(<f32>a) | 0x80000000);
}

/** a where x ≥ 0, else b. */
// @ts-ignore: decorator
@inline
export function whereNotNegative<T>(x: T, a: T, b: T): T {
  return isVector<T>() ? v128.bitselect(a, b, f32x4.ge(x, f32x4.splat(0))) : <f32>x >= 0 ? a : b;
}

/** The bits of a, shifted left by 23: an integer in the low bits becomes an exponent. */
// @ts-ignore: decorator
@inline
export function toExponent<T>(a: T): T {
  return isVector<T>() ? i32x4.shl(a, 23) : <T>reinterpret<f32>(reinterpret<u32>(<f32>a) << 23);
}

/** a·b + c, rounded once where the relaxed instructions are on and fused. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: T, b: T, c: T): T {
  if (isVector<T>() && ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return add<T>(mul<T>(a, b), c);
}

/** c − a·b, rounded once where the relaxed instructions are on and fused. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: T, b: T, c: T): T {
  if (isVector<T>() && ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return sub<T>(c, mul<T>(a, b));
}
