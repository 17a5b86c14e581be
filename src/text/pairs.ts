// Counts words and pairs of consecutive words, in bounded memory.

import { ownCopy } from "./tokens.js";

/** A pair is one number: word numbers are below 2^26, and a double is exact to 2^53. */
const SPAN = 2 ** 26;
const EMPTY = -1;

/** Counts of pairs of numbers by open addressing: 12 bytes a slot, at most half of them in use. */
class PairTable {
  size = 0;
  private keys = new Float64Array(2 ** 16).fill(EMPTY);
  private counts = new Uint32Array(2 ** 16);

  add(first: number, second: number, times: number): void {
    const key = first * SPAN + second;
    const slot = this.slotOf(key, first, second);
    this.counts[slot] += times;
    if (this.keys[slot] === key) return;
    this.keys[slot] = key;
    this.size++;
    if (2 * this.size > this.keys.length) this.grow();
  }

  *entries(): Generator<[first: number, second: number, count: number]> {
    const { keys, counts } = this;
    for (let slot = 0; slot < keys.length; slot++)
      if (keys[slot] !== EMPTY) yield [Math.floor(keys[slot] / SPAN), keys[slot] % SPAN, counts[slot]];
  }

  private slotOf(key: number, first: number, second: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    let hash = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (keys[slot] !== EMPTY && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, counts } = this;
    this.keys = new Float64Array(2 * keys.length).fill(EMPTY);
    this.counts = new Uint32Array(2 * keys.length);
    for (let at = 0; at < keys.length; at++) {
      if (keys[at] === EMPTY) continue;
      const slot = this.slotOf(keys[at], Math.floor(keys[at] / SPAN), keys[at] % SPAN);
      this.keys[slot] = keys[at];
      this.counts[slot] = counts[at];
    }
  }
}

/** A possible phrase: its first word, the other words, and its count. */
export interface Candidate {
  first: string;
  rest: readonly string[];
  count: number;
}

export class PairCounter {
  /** counted words, without connectors */
  private words: string[] = [];
  private counts: number[] = [];
  private numbers = new Map<string, number>();
  private pairs = new PairTable();
  /** pairs with connectors between their words: number, connectors, number, separated by NUL */
  private chains = new Map<string, number>();
  private pruneBelow = 1;

  /** @param limit most distinct words and pairs */
  constructor(private readonly limit: number) {}

  /** Distinct words and pairs. */
  get distinct(): number {
    return this.numbers.size + this.pairs.size + this.chains.size;
  }

  count(word: string): number {
    const number = this.numbers.get(word);
    return number === undefined ? 0 : this.counts[number];
  }

  /** Counts a word. @returns its number, valid until the next call of shrink */
  addWord(word: string): number {
    let number = this.numbers.get(word);
    if (number === undefined) {
      const copy = ownCopy(word);
      number = this.words.length;
      this.numbers.set(copy, number);
      this.words.push(copy);
      this.counts.push(0);
    }
    this.counts[number]++;
    return number;
  }

  addPair(first: number, between: readonly string[], second: number): void {
    if (between.length === 0) {
      this.pairs.add(first, second, 1);
      return;
    }
    const key = [first, ...between, second].join("\0");
    this.chains.set(key, (this.chains.get(key) ?? 0) + 1);
  }

  /** Drops the rarest words and pairs until the limit holds (word2phrase.c's ReduceVocab). @returns whether words were renumbered */
  shrink(): boolean {
    if (this.distinct <= this.limit) return false;
    while (this.distinct > this.limit) this.prune(this.pruneBelow++);
    return true;
  }

  *candidates(): Generator<Candidate> {
    const { words } = this;
    for (const [first, second, count] of this.pairs.entries())
      yield { first: words[first], rest: [words[second]], count };
    for (const [key, count] of this.chains) {
      const parts = key.split("\0");
      const rest = [...parts.slice(1, -1), words[Number(parts[parts.length - 1])]];
      yield { first: words[Number(parts[0])], rest, count };
    }
  }

  private prune(most: number): void {
    const { words, counts, pairs, chains } = this;
    const renumbered = new Map<number, number>();
    this.words = [];
    this.counts = [];
    this.numbers = new Map();
    for (let number = 0; number < words.length; number++) {
      if (counts[number] <= most) continue;
      renumbered.set(number, this.words.length);
      this.numbers.set(words[number], this.words.length);
      this.words.push(words[number]);
      this.counts.push(counts[number]);
    }
    this.pairs = new PairTable();
    for (const [first, second, count] of pairs.entries()) {
      const [a, b] = [renumbered.get(first), renumbered.get(second)];
      if (count > most && a !== undefined && b !== undefined) this.pairs.add(a, b, count);
    }
    this.chains = new Map();
    for (const [key, count] of chains) {
      const parts = key.split("\0");
      const [a, b] = [renumbered.get(Number(parts[0])), renumbered.get(Number(parts[parts.length - 1]))];
      if (count > most && a !== undefined && b !== undefined)
        this.chains.set([a, ...parts.slice(1, -1), b].join("\0"), count);
    }
  }
}
