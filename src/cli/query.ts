// Nearest words and analogies.

import { Command, Option } from "commander";
import type { Neighbour } from "../node.js";
import { finish, parseCount, type Result, table } from "./command.js";
import { addVectorOptions, openVectorFile, VECTORS, type VectorFlags } from "./input.js";

interface SearchFlags extends VectorFlags {
  topN: number;
  restrictVocabulary?: number;
  skipMissing?: true;
}

export function similarCommand(): Command {
  const command = new Command("similar")
    .description("Print the words nearest to a word, or to the mean of several.")
    .argument("<file>", VECTORS)
    .argument("<word...>", "the word, or words")
    .option("--negative <word...>", "words to be far from");
  return finish(
    searchOptions(command),
    ["wasm2vec similar vectors.bin river", "wasm2vec similar vectors.bin king woman --negative man --top-n 5"],
    runSimilar,
  );
}

export function analogyCommand(): Command {
  const command = new Command("analogy")
    .description("Answer: A is to B as C is to … ?")
    .argument("<file>", VECTORS)
    .argument("<a>")
    .argument("<b>")
    .argument("<c>")
    .addOption(
      new Option("--method <method>", "how candidates are scored").choices(["3cosadd", "3cosmul"]).default("3cosadd"),
    );
  return finish(searchOptions(command), ["wasm2vec analogy vectors.bin man king woman"], runAnalogy);
}

function searchOptions(command: Command): Command {
  return addVectorOptions(command)
    .option("-n, --top-n <number>", "words to print", parseCount, 10)
    .option("--restrict-vocabulary <number>", "search only so many of the most frequent words", parseCount)
    .option("--skip-missing", "skip words without a vector if another word is left");
}

async function runSimilar(
  file: string,
  words: string[],
  flags: SearchFlags & { negative?: string[] },
): Promise<Result> {
  const vectors = await openVectorFile(file, flags);
  return neighbours(vectors.mostSimilar({ positive: words, negative: flags.negative }, search(flags)));
}

async function runAnalogy(
  file: string,
  a: string,
  b: string,
  c: string,
  flags: SearchFlags & { method: "3cosadd" | "3cosmul" },
): Promise<Result> {
  const vectors = await openVectorFile(file, flags);
  return neighbours(vectors.analogy(a, b, c, { ...search(flags), method: flags.method }));
}

function search({ topN, restrictVocabulary, skipMissing }: SearchFlags) {
  return { topN, restrictVocabulary, missing: skipMissing ? ("skip" as const) : ("error" as const) };
}

function neighbours(found: Neighbour[]): Result {
  return { json: found, text: table(found.map(({ word, similarity }) => [word, similarity.toFixed(4)])) };
}
