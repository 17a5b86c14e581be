// The search for the best options of the commands that train, told trial by trial.

import type { Command } from "commander";
import { autotune, type Candidate, type Space, type Trial } from "../evaluate.js";
import { parseCount, parseNumber } from "./command.js";
import { duration, printNote } from "./progress.js";
import { Interrupted } from "./signals.js";

export interface TuneFlags {
  autotuneTrials?: number;
  autotuneSeconds?: number;
  seed?: number;
  quiet?: true;
}

/** What a trial has trained, and how good it is: more is better. */
interface Attempt<Trained> {
  trained: Trained;
  score: number;
}

/** @param what the score is, for the help */
export function addTuneOptions(command: Command, what: string): Command {
  return command
    .option(
      "--autotune-trials <number>",
      `search the options that are not given, by ${what}; trainings at most (default: 30, or as many as there is time for)`,
      parseCount,
    )
    .option("--autotune-seconds <number>", "search them, with so much time for all trainings", parseNumber);
}

/**
 * Trains with different options, and returns the best.
 * @param flags options that are given, which stay as they are @param measure name of the score
 */
export async function tune<Trained>(
  space: Space,
  { autotuneTrials: trials, autotuneSeconds: seconds, seed, quiet, ...flags }: TuneFlags,
  measure: string,
  attempt: (options: Candidate, until: AbortSignal) => Promise<Attempt<Trained>>,
): Promise<{ trained: Trained; best: Trial }> {
  const searched = Object.fromEntries(Object.entries(space).filter(([name]) => !(name in flags)));
  let chosen: Attempt<Trained> | undefined;
  const { best } = await autotune(
    async (options, until) => {
      const tried = await attempt(options, until);
      if (chosen === undefined || tried.score > chosen.score) chosen = tried;
      return tried.score;
    },
    {
      ...{ space: searched, trials, seconds, seed },
      onTrial({ number, options, score, error, seconds }, best) {
        // who interrupts one trial wants the search to end
        if (error instanceof Interrupted) throw error;
        if (quiet) return;
        const names = Object.entries(options).map(([name, value]) => `${name} ${value}`);
        const outcome = score === undefined ? error!.message : `${measure} ${score.toFixed(4)}`;
        const mark = best?.number === number ? "; the best so far" : "";
        printNote(`trial ${number}: ${outcome}, ${duration(seconds)}, ${names.join(", ") || "defaults"}${mark}`);
      },
    },
  );
  return { trained: chosen!.trained, best };
}
