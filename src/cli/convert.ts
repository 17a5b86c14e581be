import { extname } from "node:path";
import { Command, Option } from "commander";
import { VECTOR_FORMATS } from "../format/vectors.js";
import { checkWritable, loadVectors, type ReadFormat, saveVectors, type VectorFormat } from "../node.js";
import { finish, grouped, parseCount, type Result, readFormatOption, UsageError } from "./command.js";

interface Flags {
  from: ReadFormat | "auto";
  to?: VectorFormat;
  words?: string;
  limit?: number;
}

/** What the ending of a file's name promises. */
const FORMAT_OF_ENDING: Record<string, VectorFormat> = {
  ".bin": "word2vec",
  ".txt": "word2vec-text",
  ".vec": "word2vec-text",
  ".safetensors": "safetensors",
  ".npy": "npy",
  ".tsv": "tsv",
  ".json": "json",
};

export function convertCommand(): Command {
  const command = new Command("convert")
    .description("Rewrite vectors in another format.")
    .argument("<in>", "vectors, plain or gzip; the format is told by the content")
    .argument("<out>", "the file to write")
    .addOption(readFormatOption("--from"))
    .addOption(
      new Option(
        "--to <format>",
        `format to write (default: by the name, ${Object.keys(FORMAT_OF_ENDING).join(", ")})`,
      ).choices(VECTOR_FORMATS),
    )
    .option(
      "--words <file>",
      "words of the vectors read, for npy and tsv (default: beside them, x.words.txt or x.metadata.tsv)",
    )
    .option("--limit <number>", "only the first so many words", parseCount);
  return finish(
    command,
    [
      "wasm2vec convert vectors.bin vectors.txt",
      "wasm2vec convert crawl.vec top.bin --limit 100000",
      "wasm2vec convert vectors.bin vectors.safetensors --to safetensors-i8",
    ],
    runConvert,
  );
}

async function runConvert(input: string, output: string, { from, to, words, limit }: Flags): Promise<Result> {
  const format = to ?? FORMAT_OF_ENDING[extname(output).toLowerCase()];
  if (format === undefined)
    throw new UsageError(
      `the name ${JSON.stringify(output)} does not tell a format: end it in .bin, .txt, .safetensors, .npy, .tsv or .json, or give --to`,
    );
  await checkWritable(output);
  const vectors = await loadVectors(input, { format: from, words, limit });
  await saveVectors(vectors, output, { format });
  return {
    json: { output, format, words: vectors.size, dim: vectors.dim },
    text: `wrote ${output}: ${grouped(vectors.size)} words, dim ${vectors.dim}, ${format}`,
  };
}
