/** Keeps the k rows with the highest scores in a binary heap, the worst on top. Of equal scores the lower row is better. */
export class TopRows {
  private readonly rows: number[] = [];
  private readonly scores: number[] = [];

  constructor(private readonly k: number) {}

  /** No later row with this score or less is kept. */
  get threshold(): number {
    return this.rows.length < this.k ? Number.NEGATIVE_INFINITY : this.scores[0];
  }

  /** Rows must be offered in rising order, with a score above the threshold. */
  offer(row: number, score: number): void {
    if (this.rows.length < this.k) {
      this.rows.push(row);
      this.scores.push(score);
      this.rise(this.rows.length - 1);
    } else if (this.k > 0) {
      this.rows[0] = row;
      this.scores[0] = score;
      this.sink();
    }
  }

  /** Best first. */
  sorted(): { row: number; score: number }[] {
    return this.rows
      .map((row, i) => ({ row, score: this.scores[i] }))
      .sort((a, b) => b.score - a.score || a.row - b.row);
  }

  private worse(i: number, j: number): boolean {
    return this.scores[i] < this.scores[j] || (this.scores[i] === this.scores[j] && this.rows[i] > this.rows[j]);
  }

  private swap(i: number, j: number): void {
    [this.rows[i], this.rows[j]] = [this.rows[j], this.rows[i]];
    [this.scores[i], this.scores[j]] = [this.scores[j], this.scores[i]];
  }

  private rise(i: number): void {
    for (let parent = (i - 1) >> 1; i > 0 && this.worse(i, parent); i = parent, parent = (i - 1) >> 1) {
      this.swap(i, parent);
    }
  }

  private sink(): void {
    for (let i = 0; ; ) {
      let worst = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.rows.length && this.worse(child, worst)) worst = child;
      }
      if (worst === i) return;
      this.swap(i, worst);
      i = worst;
    }
  }
}
