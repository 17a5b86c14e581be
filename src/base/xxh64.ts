// XXH64, the checksum of Zstandard frames: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Integers
// are pairs of 32-bit halves, because BigInt would take longer than decompression. "Stripe" is the specification's term: 32 bytes.

/** An integer of 64 bits, changed in place. */
class Word {
  constructor(
    private high: number,
    private low: number,
  ) {}

  get low32(): number {
    return this.low >>> 0;
  }

  copy(): Word {
    return new Word(this.high, this.low);
  }

  set(high: number, low: number): this {
    this.high = high | 0;
    this.low = low | 0;
    return this;
  }

  add({ high, low }: Word): this {
    const sum = (this.low >>> 0) + (low >>> 0);
    return this.set(this.high + high + (sum > 0xffffffff ? 1 : 0), sum);
  }

  xor({ high, low }: Word): this {
    return this.set(this.high ^ high, this.low ^ low);
  }

  multiply({ high, low }: Word): this {
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const cross = (Math.imul(a0, b0) >>> 16) + (Math.imul(a1, b0) & 0xffff) + (Math.imul(a0, b1) & 0xffff);
    const carry = Math.imul(a1, b1) + (Math.imul(a1, b0) >>> 16) + (Math.imul(a0, b1) >>> 16) + (cross >>> 16);
    return this.set(carry + Math.imul(this.low, high) + Math.imul(this.high, low), Math.imul(this.low, low));
  }

  /** bits: 1 to 31 */
  rotate(bits: number): this {
    const { high, low } = this;
    return this.set((high << bits) | (low >>> (32 - bits)), (low << bits) | (high >>> (32 - bits)));
  }

  /** this ^= this >>> bits; bits: 1 to 32 */
  xorShifted(bits: number): this {
    const { high, low } = this;
    if (bits === 32) return this.set(high, low ^ high);
    if (bits > 32) return this.set(high, low ^ (high >>> (bits - 32)));
    return this.set(high ^ (high >>> bits), low ^ ((low >>> bits) | (high << (32 - bits))));
  }
}

const P1 = new Word(0x9e3779b1, 0x85ebca87);
const P2 = new Word(0xc2b2ae3d, 0x27d4eb4f);
const P3 = new Word(0x165667b1, 0x9e3779f9);
const P4 = new Word(0x85ebca77, 0xc2b2ae63);
const P5 = new Word(0x27d4eb2f, 0x165667c5);

const STRIPE = 32;
const input = new Word(0, 0);

/** The checksum, with seed 0, of bytes that come in pieces. */
export class Xxh64 {
  private readonly lanes = [P1.copy().add(P2), P2.copy(), new Word(0, 0), new Word(-1, -1).multiply(P1)];
  private readonly held = new Uint8Array(STRIPE);
  private readonly heldView = new DataView(this.held.buffer);
  private length = 0;

  add(bytes: Uint8Array): void {
    const inHeld = this.length % STRIPE;
    this.length += bytes.length;
    let at = 0;
    if (inHeld > 0) {
      at = Math.min(STRIPE - inHeld, bytes.length);
      this.held.set(bytes.subarray(0, at), inHeld);
      if (inHeld + at < STRIPE) return;
      this.stripe(this.heldView, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + STRIPE <= bytes.length; at += STRIPE) this.stripe(view, at);
    this.held.set(bytes.subarray(at));
  }

  /** Its low 32 bits. */
  get low32(): number {
    const { length, lanes, held, heldView } = this;
    const hash = length < STRIPE ? P5.copy() : this.merged(lanes);
    hash.add(new Word(Math.floor(length / 2 ** 32), length | 0));
    const end = length % STRIPE;
    let at = 0;
    for (; at + 8 <= end; at += 8) {
      const lane = round(new Word(0, 0), heldView, at);
      hash.xor(lane).rotate(27).multiply(P1).add(P4);
    }
    for (; at + 4 <= end; at += 4)
      hash
        .xor(new Word(0, heldView.getInt32(at, true)).multiply(P1))
        .rotate(23)
        .multiply(P2)
        .add(P3);
    for (; at < end; at++) hash.xor(new Word(0, held[at]).multiply(P5)).rotate(11).multiply(P1);
    return hash.xorShifted(33).multiply(P2).xorShifted(29).multiply(P3).xorShifted(32).low32;
  }

  private stripe(view: DataView, at: number): void {
    for (let i = 0; i < 4; i++) round(this.lanes[i], view, at + 8 * i);
  }

  private merged(lanes: readonly Word[]): Word {
    const hash = new Word(0, 0);
    for (const [i, bits] of [1, 7, 12, 18].entries()) hash.add(lanes[i].copy().rotate(bits));
    for (const lane of lanes) hash.xor(lane.copy().multiply(P2).rotate(31).multiply(P1)).multiply(P1).add(P4);
    return hash;
  }
}

function round(lane: Word, view: DataView, at: number): Word {
  input.set(view.getInt32(at + 4, true), view.getInt32(at, true));
  return lane.add(input.multiply(P2)).rotate(31).multiply(P1);
}
