// The map of words: points by regl-scatterplot (WebGL), names of the foremost and of those asked for beside them.

import createScatterplot from "regl-scatterplot";
import type { WordVectors } from "wasm2vec";

/** Names shown at once, as far as they do not cover each other, out of the most frequent so many words. */
const NAMES = 60;
const NAMED = 500;

type Scatterplot = ReturnType<typeof createScatterplot>;

export class WordMap {
  private readonly plot: Scatterplot;
  private words: readonly string[] = [];
  private points: ArrayLike<number> = [];
  private found: number[] = [];
  private drawing = Promise.resolve();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly labels: HTMLElement,
    onChoose: (word: string) => void,
  ) {
    const { width, height } = canvas.parentElement!.getBoundingClientRect();
    this.plot = createScatterplot({
      ...{ canvas, width, height, pointSize: 3, opacity: 0.6, showReticle: false },
      ...{ backgroundColor: color("--panel"), pointColor: color("--accent"), pointColorActive: color("--text") },
    });
    this.plot.subscribe("view", () => this.name());
    this.plot.subscribe("select", ({ points }) => points.length === 1 && onChoose(this.words[points[0]]));
    this.plot.subscribe("pointOver", (point) => this.name([point]));
    this.plot.subscribe("pointOut", () => this.name());
    new ResizeObserver(([{ contentRect }]) => {
      this.plot.set({ width: contentRect.width, height: contentRect.height });
      this.name();
    }).observe(canvas.parentElement!);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
      this.plot.set({ backgroundColor: color("--panel"), pointColor: color("--accent") }),
    );
    canvas.addEventListener("keydown", (event) => this.move(event));
  }

  /** Draws points for the most frequent words. @param points x and y in turn */
  show(vectors: WordVectors, points: ArrayLike<number>): Promise<void> {
    this.words = vectors.words.slice(0, points.length / 2);
    this.points = points;
    const rows = Array.from(this.words, (_, i): [number, number] => [points[2 * i], points[2 * i + 1]]);
    this.drawing = this.drawing.then(() => this.plot.draw(rows)).then(() => this.name());
    return this.drawing;
  }

  /** Names these words and draws lines from the first to the others. */
  find(words: readonly string[]): void {
    this.found = words.map((word) => this.words.indexOf(word)).filter((index) => index >= 0);
    const [first, ...others] = this.found;
    const at = (index: number): [number, number] => [this.points[2 * index], this.points[2 * index + 1]];
    this.plot.select(this.found, { preventEvent: true });
    this.plot.drawAnnotations(
      others.map((other) => {
        const [from, to] = [at(first), at(other)];
        return { vertices: [from, to], lineColor: color("--accent"), lineWidth: 1 };
      }),
    );
    this.name();
  }

  /** Puts names beside points, the found ones first, where there is room. */
  private name(more: readonly number[] = []): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const taken: [number, number][] = [];
    const spans: HTMLElement[] = [];
    const candidates = new Set([...more, ...this.found, ...this.words.slice(0, NAMED).keys()]);
    for (const index of candidates) {
      if (spans.length >= NAMES) break;
      const place = this.plot.getScreenPosition(index);
      if (place === undefined) continue;
      const [x, y] = place;
      if (x < 0 || y < 0 || x > width - 20 || y > height - 10) continue;
      const asked = more.includes(index) || this.found.includes(index);
      if (!asked && taken.some(([a, b]) => Math.abs(a - x) < 70 && Math.abs(b - y) < 18)) continue;
      taken.push([x, y]);
      const span = document.createElement("span");
      span.textContent = this.words[index];
      span.className = asked ? "found" : "";
      span.style.translate = `${x + 4}px ${y - 9}px`;
      spans.push(span);
    }
    this.labels.replaceChildren(...spans);
  }

  /** Arrows move, + and − zoom. */
  private move(event: KeyboardEvent): void {
    const { target, distance } = this.camera;
    const step = 0.2 * distance;
    const moves: Record<string, [number, number, number]> = {
      ArrowLeft: [-step, 0, 1],
      ArrowRight: [step, 0, 1],
      ArrowUp: [0, step, 1],
      ArrowDown: [0, -step, 1],
      "+": [0, 0, 1 / 1.25],
      "-": [0, 0, 1.25],
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const [dx, dy, zoom] = move;
    this.plot.zoomToLocation([target[0] + dx, target[1] + dy], distance * zoom);
  }

  private get camera(): { target: [number, number]; distance: number } {
    const target = this.plot.get("cameraTarget") as [number, number];
    return { target, distance: (this.plot.get("cameraDistance") as number) || 1 };
  }
}

/** A colour of the style sheet as #rrggbb, which the plot wants. */
function color(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g)!.map(Number);
  probe.remove();
  return `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
