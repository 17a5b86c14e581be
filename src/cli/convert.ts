import { Command, Option } from "commander";
import { VECTOR_FORMATS } from "../format/vectors.js";
import type { ReadFormat, VectorFormat } from "../formats.js";
import { checkWritable } from "../platform/node/files.js";
import { countOf, finish, parseCount, type Result } from "./command.js";
import { checkDistinct, namedFiles } from "./distinct.js";
import { addVectorOptions, openVectorFile, VECTORS, type VectorFlags, wordsRead } from "./input.js";
import { ENDINGS, filesOfOutput, formatOf, STANDARD_OUTPUT, saveOutput } from "./output.js";

interface Flags extends Omit<VectorFlags, "format"> {
  from: ReadFormat | "auto";
  to?: VectorFormat;
  limit?: number;
}

export function convertCommand(): Command {
  const command = new Command("convert")
    .description("Rewrite vectors in another format.")
    .argument("<in>", VECTORS)
    .argument("<out>", "the file to write, compressed if its name ends in .gz; - is standard output")
    .addOption(
      new Option("--to <format>", `format to write (default: by the name, ${ENDINGS}, .gz after it or not)`).choices(
        VECTOR_FORMATS,
      ),
    )
    .option("--limit <number>", "write only so many words from the start", parseCount);
  return finish(
    addVectorOptions(command, "--from <format>"),
    [
      "wasm2vec convert vectors.bin vectors.txt.gz",
      "wasm2vec convert crawl.vec top.bin --limit 100000 --lenient",
      "wasm2vec convert vectors.bin vectors.safetensors --to safetensors-i8",
      "wasm2vec convert vectors.bin - --to glove | head",
    ],
    runConvert,
  );
}

async function runConvert(input: string, output: string, { from, to, limit, ...flags }: Flags): Promise<Result> {
  const format = formatOf(output, to);
  const outputs = filesOfOutput(output, format);
  await checkDistinct(
    outputs.map((path) => ({ as: "the output", path })),
    namedFiles({ "the vectors read": input, "the words read": flags.words ?? wordsRead(input) }),
  );
  for (const file of outputs) await checkWritable(file);
  const vectors = await openVectorFile(input, { ...flags, format: from }, limit);
  await saveOutput(vectors, output, format);
  return {
    json: { output, format, words: vectors.size, dim: vectors.dim },
    text: `wrote ${output}: ${countOf(vectors.size, "word")}, dim ${vectors.dim}, ${format}`,
    onStderr: output === STANDARD_OUTPUT,
  };
}
