/**
 * 64 bits that tell whether two sequences of u32 are alike, fed in pieces: any one number changed changes them. It guards
 * against damage and mistakes, not against intent.
 */
export class Fingerprint {
  private readonly halves: Uint32Array;

  /** @param value to go on from, as `value` gave it */
  constructor(value = "243f6a8885a308d3") {
    this.halves = Uint32Array.of(Number.parseInt(value.slice(0, 8), 16), Number.parseInt(value.slice(8), 16));
  }

  add(numbers: Uint32Array): this {
    let [a, b] = this.halves;
    // each step is one to one in the number and in the half that it meets
    for (const number of numbers) {
      a = Math.imul(a ^ number, 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul((b << 5) | (b >>> 27), 0x85ebca6b) + number;
    }
    this.halves.set([a, b]);
    return this;
  }

  /** The same for bytes, filled up with zeros to whole numbers; pieces other than the last must be whole. */
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
