// Compares what gensim made of our files with what we make of them. Usage: node check.js FOLDER

import { deepStrictEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateAnalogies, evaluateWordPairs, parseAnalogies, parseWordPairs } from "../../build/evaluate.js";
import { loadVectors } from "../../build/files.js";
import {
  closerThan,
  distances,
  mostSimilarCosmul,
  nSimilarity,
  rank,
  relativeCosineSimilarity,
} from "../../build/queries.js";

const folder = process.argv[2];
const ours = await loadVectors(join(folder, "ours.bin"));
const files = ["ours.txt", "ours.glove", "ours.npy", "ours.tsv", "ours.json", "ours.safetensors"];
for (const name of [...files, "gensim.bin", "gensim.txt", "gensim.glove", "numpy.npy"]) {
  const theirs = await loadVectors(join(folder, name));
  deepStrictEqual(theirs.words, ours.words, name);
  deepStrictEqual(theirs.matrix, ours.matrix, name);
  console.log(`${name}: ${theirs.size} words, the same floats`);
}
const fasttext = await loadVectors(join(folder, "fasttext.vec"));
ok(fasttext.size > 1000 && fasttext.has("the"));
const model = await loadVectors(join(folder, "fasttext.bin"));
deepStrictEqual(model.words, fasttext.words);
ok(model.matrix.every((x, i) => Math.abs(x - fasttext.matrix[i]) < 1e-3 * Math.max(1, Math.abs(x))));
console.log(`fasttext.vec, fasttext.bin: ${fasttext.size} words, the same floats`);

const { figures, neighbours, queries } = JSON.parse(readFileSync(join(folder, "gensim.json"), "utf8"));
const same = (name, a, b) => {
  ok(Math.abs(a - b) < 5e-5, `${name}: ${a} here, ${b} in gensim`);
  return `${name} ${a.toFixed(4)}`;
};
for (const figure of figures) {
  const options = { restrictVocabulary: figure.restrictVocabulary };
  const pairs = evaluateWordPairs(ours, parseWordPairs(readFileSync(figure.pairs, "utf8")), options);
  const analogies = evaluateAnalogies(ours, parseAnalogies(readFileSync(figure.analogies, "utf8")), options);
  // gensim leaves out sections without a question in the vocabulary
  const sections = analogies.sections.map(({ correct, total }) => [correct, total]);
  deepStrictEqual(sections, figure.sections);
  const lines = ["pearson", "spearman"].map((name) => same(name, pairs[name], figure[name]));
  lines.push(same("analogies", analogies.accuracy, figure.accuracy));
  console.log(
    `${figure.pairs}, ${figure.analogies}, first ${figure.restrictVocabulary} words: ${lines.join(", ")}, as gensim`,
  );
}
for (const [word, list] of Object.entries(neighbours)) {
  const found = ours.mostSimilar(word, { topN: 5 });
  list.forEach(([neighbour, similarity], i) => {
    deepStrictEqual(found[i].word, neighbour);
    same(word, found[i].similarity, similarity);
  });
}
console.log("nearest words as gensim's");

same("nSimilarity", nSimilarity(ours, ["king", "queen"], ["river", "lake", "sea"]), queries.nSimilarity);
same("relativeCosineSimilarity", relativeCosineSimilarity(ours, "king", "queen"), queries.relativeCosineSimilarity);
deepStrictEqual(rank(ours, "king", "river"), queries.rank);
deepStrictEqual(closerThan(ours, "king", "emperor"), queries.closerThan);
distances(ours, "king", ["queen", "river", "three"]).forEach((x, i) => same("distances", x, queries.distances[i]));
mostSimilarCosmul(ours, { positive: ["woman", "king"], negative: ["man"] }, { topN: 5 }).forEach((found, i) => {
  deepStrictEqual(found.word, queries.cosmul[i][0]);
  same("3CosMul", found.similarity, queries.cosmul[i][1]);
});
console.log("nSimilarity, rank, closerThan, relativeCosineSimilarity, distances, 3CosMul: as gensim");
