// Places names beside points, if there is room.

export interface Named {
  text: string;
  /** position of its point, in pixels */
  x: number;
  y: number;
  /** whether the user asked for it */
  asked: boolean;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Approximate width of a letter and height of a line, in pixels. */
const LETTER = 7.5;
const LINE = 18;

/** Elements for the names that find room, the first ones first. @param most so many at most */
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

/** Places to try: right of the point; for a name that the user asked for also left, above and below. */
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
