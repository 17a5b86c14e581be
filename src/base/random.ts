/** xoshiro128** (Blackman, Vigna 2018). assembly/random.ts is the same generator: the same sequence from the same state. */
export class Random {
  /** u32[4], not all zero. The kernels continue from it in memory. */
  readonly state: Uint32Array;

  constructor(state: ArrayLike<number>) {
    this.state = Uint32Array.from(state);
  }

  /**
   * A generator for one purpose. Different streams or seeds give unrelated sequences.
   * @param seed integer from 0 to 2^53 − 1
   * @param stream integers below 2^32
   */
  static from(seed: number, ...stream: number[]): Random {
    // Weyl sequence and murmur3's finalizer (as in SplitMix), fed with the words one after the other
    let h = 0;
    for (const word of [seed >>> 0, Math.floor(seed / 2 ** 32), ...stream]) h = mix((h ^ word) + 0x9e3779b9);
    return new Random([1, 2, 3, 4].map((i) => mix(h + Math.imul(i, 0x9e3779b9))));
  }

  /** u32, uniform. */
  next(): number {
    const s = this.state;
    const s1 = s[1];
    const s2 = s[2] ^ s[0];
    const s3 = s[3] ^ s1;
    s[1] = s1 ^ s2;
    s[0] ^= s3;
    s[2] = s2 ^ (s1 << 9);
    s[3] = rotate(s3, 11);
    return Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
  }

  /** Fills the target with numbers uniform in ±1 / (2 parts), one draw each. */
  fill(target: Float32Array, parts: number): void {
    // the state in local variables: three times as fast as calls of next()
    let [s0, s1, s2, s3] = this.state;
    for (let i = 0; i < target.length; i++) {
      const drawn = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
      target[i] = (drawn / 2 ** 32 - 0.5) / parts;
      s2 ^= s0;
      s3 ^= s1;
      const shifted = s1 << 9;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = rotate(s3, 11);
    }
    this.state.set([s0, s1, s2, s3]);
  }

  /** Integer in [0, n), n ≤ 2^32: the high word of next() × n. */
  below(n: number): number {
    // in 16-bit halves, because a double holds only 53 of the 64 bits of the product
    const r = this.next();
    return Math.floor(((r >>> 16) * n + Math.floor(((r & 0xffff) * n) / 65536)) / 65536);
  }
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
