// The map of words, drawn by uPlot: points, lines from a word to its neighbours, names.

import uPlot from "uplot";
import type { WordVectors } from "wasm2vec";
import { type Named, placeNames } from "./names.js";
import { View } from "./view.js";

/** Most names shown at once, and so many of the most frequent words that may get one. */
const NAMES = 60;
const NAMED = 500;

/** In pixels: size of a point, and the distance at which a pointer hits it. */
const POINT = 3;
const NEAR = 10;

export class WordMap {
  private readonly view: View;
  private readonly plot: uPlot;
  private words: readonly string[] = [];
  private xs: number[] = [];
  private ys: number[] = [];
  private found: readonly string[] = [];
  private hovered: number | undefined;

  /** @param onChoose called with a word that was clicked */
  constructor(
    private readonly place: HTMLElement,
    private readonly labels: HTMLElement,
    onChoose: (word: string) => void,
  ) {
    this.view = new View(
      place,
      () => this.update(),
      (x, y, isClick) => {
        const near = this.nearest(x, y);
        if (isClick && near !== undefined) onChoose(this.words[near]);
        if (near === this.hovered) return;
        this.hovered = near;
        this.name();
      },
    );
    const { clientWidth: width, clientHeight: height } = place;
    const hidden = { show: false };
    this.plot = new uPlot(
      {
        ...{ mode: 2, width, height, padding: [0, 0, 0, 0], legend: hidden, cursor: hidden, axes: [hidden, hidden] },
        scales: { x: { time: false, range: () => this.range("x") }, y: { range: () => this.range("y") } },
        series: [{}, { paths: (plot) => this.draw(plot) }],
        hooks: { draw: [() => this.name()] },
      },
      this.data,
      place,
    );
    new ResizeObserver(() => {
      this.plot.setSize({ width: place.clientWidth, height: place.clientHeight });
      this.update();
    }).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.plot.redraw());
  }

  /** Shows points for the most frequent words. @param points x, y, x, y, …, in [−1, 1]² */
  show(vectors: WordVectors, points: ArrayLike<number>): void {
    this.words = vectors.words.slice(0, points.length / 2);
    this.xs = Array.from(this.words, (_, i) => points[2 * i]);
    this.ys = Array.from(this.words, (_, i) => points[2 * i + 1]);
    this.update();
  }

  /** Clears found and hovered words, because the next map shows others. */
  forget(): void {
    this.found = [];
    this.hovered = undefined;
  }

  /** Names these words and draws lines from the first to the others. */
  find(words: readonly string[]): void {
    this.found = words;
    this.update();
  }

  /** Redraws; uPlot then asks for the ranges. */
  private update(): void {
    this.plot.setData(this.data);
  }

  // uPlot's types cover only the data of its first mode
  private get data(): uPlot.AlignedData {
    return [null, [this.xs, this.ys]] as unknown as uPlot.AlignedData;
  }

  private range(axis: "x" | "y"): uPlot.Range.MinMax {
    const { shown } = this.view;
    return [shown[axis] - shown.reach, shown[axis] + shown.reach];
  }

  /** The position of a point, in pixels of the element. */
  private position(index: number): [number, number] {
    return [this.plot.valToPos(this.xs[index], "x"), this.plot.valToPos(this.ys[index], "y")];
  }

  private nearest(x: number, y: number): number | undefined {
    let nearest: number | undefined;
    let least = NEAR;
    for (let i = 0; i < this.words.length; i++) {
      const [a, b] = this.position(i);
      const distance = Math.hypot(a - x, b - y);
      if (distance < least) [nearest, least] = [i, distance];
    }
    return nearest;
  }

  /** The found words that are on the map. */
  private get marked(): number[] {
    return this.found.map((word) => this.words.indexOf(word)).filter((index) => index >= 0);
  }

  private draw({ ctx }: uPlot): null {
    const style = getComputedStyle(this.place);
    const pixels = devicePixelRatio;
    const size = POINT * pixels;
    const at = (index: number) => this.position(index).map((x) => x * pixels) as [number, number];
    const dot = (index: number, width: number) => {
      const [x, y] = at(index);
      ctx.fillRect(x - width / 2, y - width / 2, width, width);
    };
    ctx.fillStyle = style.color;
    ctx.globalAlpha = 0.6;
    for (let i = 0; i < this.words.length; i++) dot(i, size);
    ctx.globalAlpha = 1;
    const { marked } = this;
    for (const index of marked) dot(index, 2 * size);
    if (this.words[marked[0]] !== this.found[0]) return null;
    ctx.strokeStyle = style.color;
    ctx.lineWidth = pixels;
    ctx.beginPath();
    for (const other of marked.slice(1)) {
      ctx.moveTo(...at(marked[0]));
      ctx.lineTo(...at(other));
    }
    ctx.stroke();
    return null;
  }

  private name(): void {
    const hovered = this.hovered === undefined ? [] : [this.hovered];
    const asked = new Set([...hovered, ...this.marked]);
    const indices = new Set([...asked, ...this.words.slice(0, NAMED).keys()]);
    const names = Array.from(indices, (index): Named => {
      const [x, y] = this.position(index);
      return { text: this.words[index], x, y, asked: asked.has(index) };
    });
    this.labels.replaceChildren(...placeNames(names, this.place.clientWidth, this.place.clientHeight, NAMES));
  }
}
