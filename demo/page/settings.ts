// The form of options, and their values in the page's address.

import { DEFAULTS, type TrainOptions } from "wasm2vec";

const CHOICES = {
  model: ["skipgram", "cbow"],
  loss: ["negative-sampling", "hierarchical-softmax"],
} as const;

const NUMBERS = {
  dim: [1, 1000],
  window: [1, 50],
  negatives: [1, 50],
  epochs: [1, 1000],
  minCount: [1, 1_000_000],
  subsample: [0, 1],
  learningRate: [0, 10],
  seed: [0, 2 ** 32],
} as const;

const LABELS: Record<string, string> = {
  minCount: "least count",
  learningRate: "learning rate",
  reproducible: "same bytes everywhere",
};

type Name = keyof typeof CHOICES | keyof typeof NUMBERS;
const NAMES = [...Object.keys(CHOICES), ...Object.keys(NUMBERS)] as Name[];

/** Fills the form with defaults and the values in the address. */
export function fillSettings(grid: HTMLElement): void {
  const address = new URLSearchParams(location.hash.slice(1));
  for (const name of NAMES) {
    const label = document.createElement("label");
    label.textContent = LABELS[name] ?? name;
    label.append(name in CHOICES ? select(name) : number(name));
    grid.append(label);
    const value = address.get(name);
    if (value !== null) field(grid, name).value = value;
  }
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "reproducible" });
  box.checked = address.get("reproducible") === "true";
  label.append(LABELS.reproducible, box);
  grid.append(label);
}

function select(name: Name): HTMLSelectElement {
  const element = Object.assign(document.createElement("select"), { name });
  for (const choice of CHOICES[name as keyof typeof CHOICES]) element.add(new Option(choice));
  return element;
}

function number(name: Name): HTMLInputElement {
  const [min, max] = NUMBERS[name as keyof typeof NUMBERS];
  const value = name === "learningRate" ? "" : String(DEFAULTS[name as keyof typeof DEFAULTS]);
  const placeholder = name === "learningRate" ? "auto" : "";
  return Object.assign(document.createElement("input"), {
    ...{ type: "number", step: "any", name, value, placeholder },
    ...{ min: String(min), max: String(max) },
  });
}

function field(grid: HTMLElement, name: string): HTMLInputElement {
  return grid.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
}

/** The options in the form, without those at their defaults. */
export function readSettings(grid: HTMLElement): TrainOptions {
  const options: Record<string, unknown> = {};
  for (const name of NAMES) {
    const { value } = field(grid, name);
    if (value === "" || value === String((DEFAULTS as Record<string, unknown>)[name])) continue;
    options[name] = name in NUMBERS ? Number(value) : value;
  }
  if (field(grid, "reproducible").checked) options.reproducible = true;
  return options;
}

/** The address of this page with the options in it. */
export function settingsLink(options: TrainOptions): string {
  const { origin, pathname } = location;
  const hash = new URLSearchParams(Object.entries(options).map(([name, value]) => [name, String(value)]));
  return `${origin}${pathname}${hash.size > 0 ? `#${hash}` : ""}`;
}
