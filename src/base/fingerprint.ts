/**
 * A 64-bit checksum of a sequence of u32 that is added in pieces. Changing any single number changes it. It guards against
 * damage and mistakes, not against intent.
 */
export class Fingerprint {
  private readonly halves: Uint32Array;

  /** @param value continues from what `value` returned earlier */
  constructor(value = "243f6a8885a308d3") {
    this.halves = Uint32Array.of(Number.parseInt(value.slice(0, 8), 16), Number.parseInt(value.slice(8), 16));
  }

  add({ buffer, byteOffset, length }: Uint32Array): this {
    let [a, b] = this.halves;
    // signed numbers stay 32-bit integers, which V8 adds four times as fast as those above 2^31
    const numbers = new Int32Array(buffer, byteOffset, length);
    // each step is a bijection in the number and in the half that it updates, so no single change is lost
    for (let i = 0; i < length; i++) {
      const number = numbers[i];
      a = Math.imul(a ^ number, 0x9e3779b1);
      a ^= a >>> 15;
      b = (Math.imul((b << 5) | (b >>> 27), 0x85ebca6b) + number) | 0;
    }
    this.halves.set([a, b]);
    return this;
  }

  /** Adds bytes, padded with zeros to a multiple of 4. The length of all pieces but the last must be a multiple of 4. */
  addBytes(bytes: Uint8Array): this {
    const { buffer, byteOffset, length } = bytes;
    if (byteOffset % 4 === 0 && length % 4 === 0) return this.add(new Uint32Array(buffer, byteOffset, length / 4));
    const numbers = new Uint32Array(Math.ceil(bytes.length / 4));
    new Uint8Array(numbers.buffer).set(bytes);
    return this.add(numbers);
  }

  /** 16 hexadecimal digits */
  get value(): string {
    return [...this.halves].map((half) => half.toString(16).padStart(8, "0")).join("");
  }
}
