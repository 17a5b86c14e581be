// Queries to the vectors in their current state.

import type { WordVectors } from "wasm2vec";
import { evaluateWordPairs, parseWordPairs } from "wasm2vec/evaluate";

/** Answers the forms. `vectors` returns the current vectors. */
export function answer(vectors: () => WordVectors | undefined): void {
  form("analogy", (fields, known) => {
    const [a, b, c] = ["a", "b", "c"].map((name) => String(fields.get(name)).trim());
    return list(known.analogy(a, b, c, { topN: 5 }));
  });
  form("odd", (fields, known) =>
    known.doesntMatch(String(fields.get("words")).trim().split(/\s+/), { missing: "skip" }),
  );
  form("pairs", async (fields, known) => {
    const file = fields.get("file");
    if (!(file instanceof File) || file.size === 0) return "";
    const { spearman, pairs, skipped } = evaluateWordPairs(known, parseWordPairs(await file.text(), file.name));
    return `Spearman ${spearman.toFixed(3)} over ${pairs} pairs, ${skipped} without a vector`;
  });

  function form(id: string, ask: (fields: FormData, known: WordVectors) => string | Promise<string>): void {
    const element = document.querySelector<HTMLFormElement>(`#${id}`)!;
    const output = element.querySelector("output")!;
    const reply = async (event: Event) => {
      event.preventDefault();
      const known = vectors();
      try {
        output.textContent = known ? await ask(new FormData(element), known) : "Train first.";
      } catch (error) {
        output.textContent = (error as Error).message;
      }
    };
    element.addEventListener("submit", reply);
    element.querySelector('input[type="file"]')?.addEventListener("change", reply);
  }
}

/** Words with their similarities. */
export function list(neighbours: readonly { word: string; similarity: number }[]): string {
  return neighbours.map(({ word, similarity }) => `${word} ${similarity.toFixed(2)}`).join(", ");
}
