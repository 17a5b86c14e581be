// A line chart as SVG: x on a log scale, the lowest and highest value of each point as a bar. It follows the reader's light or
// dark scheme, and has its own background, for pages that do not.

export interface CurvePoint {
  x: number;
  y: number;
  low: number;
  high: number;
  label: string;
}

export interface Curve {
  name: string;
  /** which colour and mark */
  style: number;
  dashed: boolean;
  /** by rising x */
  points: CurvePoint[];
}

export interface Chart {
  title: string;
  /** what a reader who does not see the chart should know */
  description: string;
  xLabel: string;
  yLabel: string;
  curves: Curve[];
}

/** On light, on dark. */
const COLORS = [
  ["#1558c0", "#74b3ff"],
  ["#0b7a6f", "#4fd1c5"],
  ["#b8470a", "#ffb077"],
  ["#7a35c9", "#cbaaff"],
  ["#a8195f", "#ff9ccb"],
  ["#5c6b00", "#cddc4a"],
];
const WIDTH = 720;
const PLOT = { left: 62, right: 700, top: 48, bottom: 360 };
const LEGEND = { top: 424, line: 20, columns: 2 };

export function chartSvg({ title, description, xLabel, yLabel, curves }: Chart): string {
  const points = curves.flatMap((curve) => curve.points);
  const x = logScale(
    points.map((point) => point.x),
    [PLOT.left + 16, PLOT.right - 16],
  );
  const y = linearScale(
    points.flatMap(({ low, high }) => [low, high]),
    [PLOT.bottom, PLOT.top],
  );
  const height = LEGEND.top + LEGEND.line * Math.ceil(curves.length / LEGEND.columns) + 4;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(description)}</desc>`,
    `<style>${styleSheet()}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${PLOT.left}" y="26">${escapeXml(title)}</text>`,
    ...y.ticks.map((tick) => horizontal(tick, y.at(tick))),
    ...x.ticks.map((tick) => vertical(tick, x.at(tick))),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(16 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
    ...curves.map((curve) => drawn(curve, x.at, y.at)),
    ...curves.map(legend),
    "</svg>",
  ].join("\n")}\n`;
}

interface Scale {
  at(value: number): number;
  ticks: number[];
}

function logScale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const low = Math.log(Math.min(...values));
  const width = Math.log(Math.max(...values)) - low || 1;
  const at = (value: number) => from + ((Math.log(value) - low) / width) * (to - from);
  const powers = Array.from({ length: 9 }, (_, i) => 10 ** (i - 2));
  const ticks = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  return { at, ticks: ticks.filter((tick) => at(tick) >= from - 16 && at(tick) <= to + 16) };
}

function linearScale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const range = Math.max(...values) - Math.min(...values) || 0.1;
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((size) => range / size <= 8) ?? 0.5;
  const first = Math.floor(Math.min(...values) / step);
  const last = Math.ceil(Math.max(...values) / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { at: (value) => from + ((value / step - first) / (last - first)) * (to - from), ticks };
}

const shown = (value: number) => Number(value.toFixed(1));
const decimals = (value: number) => String(Number(value.toFixed(2)));

const horizontal = (tick: number, y: number) =>
  `<path class="grid" d="M${PLOT.left} ${shown(y)}H${PLOT.right}"/><text class="tick" x="${PLOT.left - 8}" y="${shown(y + 4)}" text-anchor="end">${tick.toFixed(2)}</text>`;

const vertical = (tick: number, x: number) =>
  `<path class="grid" d="M${shown(x)} ${PLOT.top}V${PLOT.bottom}"/><text class="tick" x="${shown(x)}" y="${PLOT.bottom + 18}" text-anchor="middle">${decimals(tick)}</text>`;

function drawn({ name, style, dashed, points }: Curve, x: Scale["at"], y: Scale["at"]): string {
  const path = points.map((point, i) => `${i === 0 ? "M" : "L"}${shown(x(point.x))} ${shown(y(point.y))}`).join("");
  const bars = points.map(({ x: at, low, high }) => `M${shown(x(at))} ${shown(y(low))}V${shown(y(high))}`).join("");
  const marks = points.map((point) => mark(style, x(point.x), y(point.y))).join("");
  const labels = points
    .map(
      (point) => `<text class="label" x="${shown(x(point.x) + 7)}" y="${shown(y(point.y) + 14)}">${point.label}</text>`,
    )
    .join("");
  return `<g class="curve${style % COLORS.length}"><title>${escapeXml(name)}</title><path class="line${dashed ? " dashed" : ""}" d="${path}"/><path class="line" d="${bars}"/>${marks}${labels}</g>`;
}

/** A mark of its own for each style, for readers who do not tell the colours apart. */
function mark(style: number, x: number, y: number): string {
  const shapes = [
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "M-4-4h8v8h-8z",
    "M0-5.5L5 4H-5z",
    "M0-5.5L5.5 0L0 5.5L-5.5 0z",
    "M0 5.5L5-4H-5z",
    "M-1.5-5h3v3.5H5v3H1.5V5h-3V1.5H-5v-3h3.5z",
  ];
  return `<path class="mark" transform="translate(${shown(x)} ${shown(y)})" d="${shapes[style % shapes.length]}"/>`;
}

function legend({ name, style, dashed }: Curve, i: number): string {
  const x = PLOT.left + (i % LEGEND.columns) * 320;
  const y = LEGEND.top + LEGEND.line * Math.floor(i / LEGEND.columns);
  return `<g class="curve${style % COLORS.length}"><path class="line${dashed ? " dashed" : ""}" d="M${x} ${y}h36"/>${mark(style, x + 18, y)}</g><text x="${x + 46}" y="${y + 4}">${escapeXml(name)}</text>`;
}

function styleSheet(): string {
  const colors = (scheme: 0 | 1) => COLORS.map((pair, i) => `.curve${i}{color:${pair[scheme]}}`).join("");
  return [
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}.tick{font-size:12px}",
    ".label{font-size:11px;fill:currentColor}.ground{fill:#fff}.grid{stroke:#d8dee4;fill:none}",
    ".line{stroke:currentColor;stroke-width:2;fill:none}.dashed{stroke-dasharray:6 4}.mark{fill:currentColor}",
    colors(0),
    `@media(prefers-color-scheme:dark){text{fill:#e6edf3}.label{fill:currentColor}.ground{fill:#0d1117}.grid{stroke:#30363d}${colors(1)}}`,
  ].join("");
}

const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
