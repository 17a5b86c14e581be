// Progress on standard error: a bar on a terminal, else a line every five seconds.

import cliProgress, { type Options, type Params } from "cli-progress";
import type { Progress } from "../node.js";
import { grouped } from "./command.js";

/** Milliseconds between lines where there is no terminal. */
const LINE_INTERVAL = 5000;

export function printWarning(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}

/** Listeners for onProgress and onWarning, and stop() for when training is over. */
export function showProgress() {
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      format,
      noTTYOutput: true,
      notTTYSchedule: LINE_INTERVAL,
      hideCursor: true,
      barsize: 24,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    onProgress(progress: Progress): void {
      const { words, totalWords } = progress;
      if (!started) bar.start(totalWords || 1, 0, { progress });
      started = true;
      bar.setTotal(totalWords || 1);
      bar.update(totalWords ? words : 0, { progress });
    },
    /** Ends the bar's line; the next progress begins another. */
    onWarning(message: string): void {
      if (started) bar.stop();
      started = false;
      printWarning(message);
    },
    stop: () => bar.stop(),
  };
}

function format(options: Options, params: Params, { progress }: { progress: Progress }): string {
  const { phase, epoch, epochs, words, wordsPerSecond, loss, eta, threads, parallel } = progress;
  const rate = `${grouped(wordsPerSecond)} words/s`;
  if (phase === "vocabulary") return `counting words: ${grouped(words)}, ${rate}`;
  const bar = cliProgress.Format.BarFormat(params.progress, options);
  const percent = `${Math.floor(params.progress * 100)}%`;
  return `${bar} ${percent} | epoch ${epoch}/${epochs} | ${rate}, ${crew(threads, parallel)} | loss ${loss.toFixed(4)} | ${duration(eta)} left`;
}

/** Threads and how they work together. */
export function crew(threads: number, parallel: Progress["parallel"]): string {
  const number = `${threads} thread${threads === 1 ? "" : "s"}`;
  return parallel === "none" ? number : `${number}, ${parallel}`;
}

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
