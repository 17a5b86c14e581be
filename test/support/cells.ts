// Counts the cells that visits train, and checks that each comes after those that it needs.

import { expect } from "vitest";
import type { Visit } from "../../src/train/execution/visits";

export class CellsDone {
  private readonly rows: number[];
  private readonly columns: number[];

  constructor(private readonly blocks: number) {
    this.rows = new Array(blocks).fill(0);
    this.columns = new Array(blocks).fill(0);
  }

  /** Whether the block of targets is as a visit needs it. */
  isDue({ target, before }: Visit): boolean {
    return this.columns[target] === before;
  }

  add(visit: Visit): void {
    const { target, rows, after } = visit;
    expect(this.isDue(visit)).toBe(true);
    for (let row = rows.to - 1; row >= rows.from; row--) {
      expect(target).toBe((row + this.rows[row]) % this.blocks);
      expect(this.columns[target]).toBe(this.rows[row]);
      this.rows[row]++;
      this.columns[target]++;
    }
    expect(this.columns[target]).toBe(after);
  }

  expectAll(): void {
    expect([...this.rows, ...this.columns]).toEqual(new Array(2 * this.blocks).fill(this.blocks));
  }
}
