// The visible part of the plane, moved by fingers, mouse, wheel and keys.

/** The visible square: its center (x, y), and its reach to each side. It is stretched to the element. */
export interface Shown {
  x: number;
  y: number;
  reach: number;
}

const START: Shown = { x: 0, y: 0, reach: 1 };
const LEAST = 0.01;

/** The effect of a key: steps right, steps up, factor of the reach. */
const KEYS: Record<string, [number, number, number]> = {
  ArrowLeft: [-0.2, 0, 1],
  ArrowRight: [0.2, 0, 1],
  ArrowUp: [0, 0.2, 1],
  ArrowDown: [0, -0.2, 1],
  "+": [0, 0, 1 / 1.25],
  "-": [0, 0, 1.25],
};

/** Pixels that a pointer may move during a click. */
const TREMBLE = 4;

export class View {
  shown = START;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private travelled = 0;

  /** @param onPoint called when a pointer hovers or clicks, with pixels of the element */
  constructor(
    private readonly place: HTMLElement,
    private readonly onChange: () => void,
    onPoint: (x: number, y: number, isClick: boolean) => void,
  ) {
    place.addEventListener("keydown", (event) => this.press(event));
    place.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(1.002 ** event.deltaY, event.offsetX, event.offsetY);
    });
    place.addEventListener("pointerdown", (event) => {
      place.setPointerCapture(event.pointerId);
      if (this.pointers.size === 0) this.travelled = 0;
      this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    });
    place.addEventListener("pointermove", (event) => {
      if (this.pointers.has(event.pointerId)) this.drag(event);
      else onPoint(event.offsetX, event.offsetY, false);
    });
    for (const end of ["pointerup", "pointercancel"] as const)
      place.addEventListener(end, (event) => {
        this.pointers.delete(event.pointerId);
        if (end === "pointerup" && this.travelled < TREMBLE) onPoint(event.offsetX, event.offsetY, true);
      });
  }

  private drag({ pointerId, offsetX: x, offsetY: y }: PointerEvent): void {
    const before = this.pointers.get(pointerId)!;
    const other = [...this.pointers].find(([id]) => id !== pointerId)?.[1];
    this.pointers.set(pointerId, { x, y });
    this.travelled += Math.hypot(x - before.x, y - before.y);
    if (other === undefined) {
      const { reach } = this.shown;
      const { width, height } = this.size;
      this.move((-2 * reach * (x - before.x)) / width, (2 * reach * (y - before.y)) / height);
      return;
    }
    // two fingers: zooms by the change of their distance, around the one at rest
    const apart = Math.hypot(x - other.x, y - other.y);
    if (apart > 0) this.zoom(Math.hypot(before.x - other.x, before.y - other.y) / apart, other.x, other.y);
  }

  private press(event: KeyboardEvent): void {
    const { reach } = this.shown;
    const key = KEYS[event.key];
    if (key === undefined) return;
    event.preventDefault();
    const [right, up, factor] = key;
    this.show({ ...this.shown, reach: reach * factor });
    this.move(right * reach, up * reach);
  }

  /** @param x, y pixels of the point that stays in place */
  private zoom(factor: number, x: number, y: number): void {
    const { shown } = this;
    const { width, height } = this.size;
    const reach = Math.min(START.reach, Math.max(LEAST, shown.reach * factor));
    const change = shown.reach - reach;
    this.show({ x: shown.x + change * ((2 * x) / width - 1), y: shown.y + change * (1 - (2 * y) / height), reach });
  }

  private move(right: number, up: number): void {
    this.show({ ...this.shown, x: this.shown.x + right, y: this.shown.y + up });
  }

  private show({ x, y, reach }: Shown): void {
    const inside = (value: number) => Math.max(-1, Math.min(1, value));
    this.shown = { x: inside(x), y: inside(y), reach: Math.min(START.reach, Math.max(LEAST, reach)) };
    this.onChange();
  }

  private get size(): DOMRect {
    return this.place.getBoundingClientRect();
  }
}
