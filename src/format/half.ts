// float16 (IEEE 754 binary16), because Float16Array is too new to rely on.

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The bits of the nearest float16, ties to even; ±Infinity above 65,504. x: a float32. */
export function toHalf(x: number): number {
  single[0] = x;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  // below 2^−14 the mantissa loses bits: adding 2^(−24 + 23) rounds to multiples of 2^−24
  if (magnitude < 0x3880_0000) {
    single[0] = Math.abs(x) + 0.5;
    return sign | (bits[0] - 0x3f00_0000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x3800_0000;
  return sign | (rounded >>> 13);
}

/** The value of a float16. */
export function fromHalf(half: number): number {
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
