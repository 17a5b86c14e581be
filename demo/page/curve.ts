// The loss curve over trained words, drawn by uPlot.

import uPlot from "uplot";

const LIMIT = 2000;

export class LossCurve {
  private words: number[] = [];
  private losses: number[] = [];
  private plot: uPlot | undefined;

  constructor(private readonly place: HTMLElement) {
    new ResizeObserver(() => this.plot?.setSize(this.size)).observe(place);
  }

  clear(): void {
    this.words = [];
    this.losses = [];
    this.plot?.destroy();
    this.plot = undefined;
  }

  add(words: number, loss: number): void {
    if (loss <= 0) return;
    // if there are too many points, drops every second one; the curve keeps its shape
    if (this.words.length >= LIMIT) {
      this.words = this.words.filter((_, i) => i % 2 === 0);
      this.losses = this.losses.filter((_, i) => i % 2 === 0);
    }
    this.words.push(words);
    this.losses.push(loss);
    this.plot ??= this.create();
    this.plot.setData([this.words, this.losses]);
  }

  private get size() {
    const { width, height } = this.place.getBoundingClientRect();
    return { width: Math.max(200, width), height };
  }

  private create(): uPlot {
    const style = getComputedStyle(document.body);
    const axis = { stroke: style.color, grid: { stroke: "#8884", width: 1 } };
    return new uPlot(
      {
        ...this.size,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((words) => `${words / 1e6}M`) },
          { ...axis, size: 56 },
        ],
        series: [
          {},
          { stroke: getComputedStyle(document.querySelector("a")!).color, width: 2, points: { show: false } },
        ],
      },
      [[], []],
      this.place,
    );
  }
}
