// The program: its commands, and the messages and exit codes of errors (0 success, 1 failure, 2 usage, 128 + the signal's number).

import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import { benchCommand } from "./bench.js";
import { classifyCommand } from "./classify.js";
import { clusterCommand, workerCommand } from "./cluster.js";
import { UsageError } from "./command.js";
import { convertCommand } from "./convert.js";
import { evaluateCommand } from "./evaluate.js";
import { isOutputUnderWay } from "./output.js";
import { phrasesCommand } from "./phrases.js";
import { analogyCommand, similarCommand } from "./query.js";
import { Interrupted, listenForSignals } from "./signals.js";
import { trainCommand } from "./train.js";

/** Runs the command that args name. @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  // a reader that has seen enough, such as head, closes the pipe; that is not an error
  let failure: Error | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" && !isOutputUnderWay()) process.exit(0);
    failure = new Error(`cannot write standard output: ${error.message}`, { cause: error });
  });
  // losing progress and warnings must not end the work
  process.stderr.on("error", () => {});
  listenForSignals();
  const program = new Command("wasm2vec")
    .description("Trains word2vec embeddings in SIMD WebAssembly, and works with them.")
    .version(version)
    .showHelpAfterError("(wasm2vec --help or wasm2vec COMMAND --help says more)");
  for (const make of [
    trainCommand,
    similarCommand,
    analogyCommand,
    evaluateCommand,
    convertCommand,
    phrasesCommand,
    classifyCommand,
    benchCommand,
    workerCommand,
    clusterCommand,
  ]) {
    const command = make();
    program.addCommand(command);
    for (const one of [command, ...command.commands]) one.copyInheritedSettings(program).exitOverride();
  }
  program.exitOverride();
  try {
    await program.parseAsync(args, { from: "user" });
    // the last write may still fail
    await new Promise((resolve) => process.stdout.write("", resolve));
    if (failure) throw failure;
    return 0;
  } catch (error) {
    // commander has printed its own errors already
    if (!(error instanceof CommanderError)) report(error as Error);
    if (args.includes("--json") && exitCode(error) !== 0)
      process.stdout.write(`${JSON.stringify(toJson(error as Error))}\n`);
    // abandons whatever the command still waits for, such as a pipe
    if (error instanceof Interrupted) process.exit(error.exitCode);
    return exitCode(error);
  }
}

function report(error: Error): void {
  const details = process.env.WASM2VEC_DEBUG ? `\n${error.stack}` : "";
  process.stderr.write(`wasm2vec: ${error.message}${details}\n`);
}

function toJson(error: Error): unknown {
  return { error: { name: error.name, message: error.message.replace(/^error: /, "") } };
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  return error instanceof Interrupted ? error.exitCode : 1;
}
