import { basename } from "node:path";
import { Command } from "commander";
import {
  type AnalogyScore,
  type EvaluationOptions,
  evaluateAnalogies,
  evaluateWordPairs,
  parseAnalogies,
  parseWordPairs,
  type WordPairScore,
} from "../evaluate.js";
import { readText } from "../platform/node/files.js";
import { finish, parseCount, type Result, table, UsageError } from "./command.js";
import { addVectorOptions, openVectorFile, VECTORS, type VectorFlags } from "./input.js";

interface Flags extends VectorFlags {
  pairs?: string[];
  analogies?: string[];
  restrictVocabulary: number;
  caseSensitive?: true;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("Score vectors on rated word pairs and on analogies, with the figures that gensim gives.")
    .argument("<file>", VECTORS)
    .option("--pairs <file...>", "rated pairs: a line `word word score` each, such as WordSim-353")
    .option("--analogies <file...>", "questions in the format of Google's questions-words.txt")
    .option("--restrict-vocabulary <number>", "use only so many of the most frequent words", parseCount, 300_000)
    .option("--case-sensitive", "distinguish upper and lower case");
  return finish(
    addVectorOptions(command),
    [
      "wasm2vec evaluate vectors.bin --pairs wordsim353.tsv --analogies questions-words.txt --restrict-vocabulary 30000",
    ],
    runEvaluate,
  );
}

async function runEvaluate(file: string, flags: Flags): Promise<Result> {
  const { pairs = [], analogies = [], restrictVocabulary, caseSensitive } = flags;
  if (pairs.length + analogies.length === 0)
    throw new UsageError("evaluate needs something to score: give --pairs FILE, --analogies FILE or both");
  // before loading vectors, so that a bad question file is reported at once
  const pairSets = await Promise.all(
    pairs.map(async (path) => ({ path, set: parseWordPairs(await readText(path), path) })),
  );
  const questionSets = await Promise.all(
    analogies.map(async (path) => ({ path, set: parseAnalogies(await readText(path), path) })),
  );
  const vectors = await openVectorFile(file, flags);
  const options: EvaluationOptions = { restrictVocabulary, caseInsensitive: !caseSensitive };
  const pairScores = pairSets.map(({ path, set }) => ({ file: path, ...evaluateWordPairs(vectors, set, options) }));
  const analogyScores = questionSets.map(({ path, set }) => ({
    file: path,
    ...evaluateAnalogies(vectors, set, options),
  }));
  return {
    json: { restrictVocabulary, pairs: pairScores, analogies: analogyScores },
    text: [...pairScores.map(pairText), ...analogyScores.map(analogyText)].join("\n"),
  };
}

function pairText({ file, spearman, pearson, pairs, composed, skipped }: WordPairScore & { file: string }): string {
  return `${basename(file)}: Spearman ${spearman.toFixed(4)}, Pearson ${pearson.toFixed(4)} (${pairs} pairs, ${composedText(composed)}${skipped} skipped)`;
}

function analogyText({
  file,
  accuracy,
  correct,
  total,
  composed,
  skipped,
  sections,
}: AnalogyScore & { file: string }): string {
  const rows = sections.map((section) => [
    `  ${section.section}`,
    section.total > 0 ? percent(section.correct / section.total) : "-",
    `${section.correct} of ${section.total}`,
  ]);
  return `${basename(file)}: ${percent(accuracy)} (${correct} of ${total} questions, ${composedText(composed)}${skipped} skipped)\n${table(rows)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function composedText(composed: number): string {
  return composed > 0 ? `${composed} with words composed of subwords, ` : "";
}
