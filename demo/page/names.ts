// Names beside points, where there is room.

export interface Named {
  text: string;
  /** of its point, in pixels */
  x: number;
  y: number;
  /** the user asked for it */
  asked: boolean;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pixels of a letter, about, and of a line. */
const LETTER = 7.5;
const LINE = 18;

/** The names that find room, the first ones first, as elements. @param most at most so many */
export function placeNames(names: Iterable<Named>, width: number, height: number, most: number): HTMLElement[] {
  const taken: Box[] = [];
  const spans: HTMLElement[] = [];
  for (const name of names) {
    if (spans.length >= most) break;
    if (name.x < 0 || name.y < 0 || name.x > width || name.y > height) continue;
    const isFree = (box: Box) => isInside(box, width, height) && !taken.some((other) => overlap(box, other));
    const box = placesFor(name).find(isFree);
    if (box === undefined) continue;
    taken.push(box);
    const span = document.createElement("span");
    span.textContent = name.text;
    if (name.asked) span.className = "found";
    span.style.translate = `${box.x}px ${box.y}px`;
    spans.push(span);
  }
  return spans;
}

/** Beside its point; a name that was asked for also on its other side, above or below. */
function placesFor({ text, x, y, asked }: Named): Box[] {
  const width = LETTER * text.length + 8;
  const box = (left: number, lines: number) => ({ x: left, y: y + (lines - 0.5) * LINE, width, height: LINE });
  const [right, left] = [x + 4, x - width - 4];
  if (!asked) return [box(right, 0)];
  return [box(right, 0), box(left, 0), ...[-1, 1, -2, 2].flatMap((lines) => [box(right, lines), box(left, lines)])];
}

function isInside(box: Box, width: number, height: number): boolean {
  return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
