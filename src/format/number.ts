// Decimal text of float32: short output, and fast exact reading.

/** The powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** A double holds any integer of so many digits exactly. */
const EXACT_DIGITS = 15;

const decoder = new TextDecoder("latin1");

/** A decimal of at most 9 digits that reads back as the same float32. x: a finite float32. */
export function formatFloat(x: number): string {
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  for (let digits = 7; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return String(short);
  }
  return String(Number(x.toPrecision(9)));
}

/** The value of the decimal number bytes[start] … bytes[end − 1], as Number() reads it; NaN if it is not a finite decimal. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  // up to 15 digits m and k ≤ 22 places: m / 10^k, both exact, so that the one rounding is the quotient's (Clinger 1990)
  const isNegative = bytes[start] === 45;
  let digits = 0;
  let places = 0;
  let value = 0;
  let point = false;
  let at = isNegative ? start + 1 : start;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte >= 48 && byte <= 57) {
      value = 10 * value + (byte - 48);
      if (value > 0) digits++;
      if (point) places++;
    } else if (byte === 46 && !point) point = true;
    else break;
  }
  const isPlain =
    at === end &&
    digits <= EXACT_DIGITS &&
    places < POWERS_OF_TEN.length &&
    end - start > Number(isNegative) + Number(point);
  if (!isPlain) return parseAny(decoder.decode(bytes.subarray(start, end)));
  value /= POWERS_OF_TEN[places];
  return isNegative ? -value : value;
}

/** Whether a text is a number: one that parseDecimal reads, or one that is not finite (NaN, infinite, too large). */
export function spellsNumber(text: string): boolean {
  return DECIMAL.test(text) || /^[+-]?(nan(\(\w*\))?|inf(inity)?)$/i.test(text);
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Number() for decimals only, without whitespace, hexadecimal and Infinity. */
function parseAny(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
