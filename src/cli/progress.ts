// Progress on standard error: a bar on a terminal, else a line from time to time.

import cliProgress, { type Options, type Params } from "cli-progress";
import { escapeControls } from "../base/check.js";
import type { Progress } from "../node.js";
import type { BytesRead } from "../text/source.js";
import { engineNamed } from "../train/execution/engines.js";
import type { HostProgress } from "../train/execution/runner.js";
import { secondsLeft, shareOf } from "../train/loop/progress.js";
import { countOf, grouped } from "./command.js";

/** Without a terminal: milliseconds before the first line and between lines. */
const FIRST_LINE = 2000;
const LINE_INTERVAL = 5000;

/** The current display, so that warnings do not overwrite it. */
let shown: Display | undefined;

export function printWarning(message: string): void {
  printNote(`warning: ${message}`);
}

export function printNote(message: string): void {
  shown?.interrupt();
  process.stderr.write(`${message}\n`);
}

/** Listeners for onProgress and onWarning; stop() ends the display. */
export function showProgress() {
  const display = openDisplay();
  return {
    onProgress: (progress: Progress) => display.show(progress.share, describe(progress)),
    onWarning: printWarning,
    stop: () => display.stop(),
  };
}

/** A listener for the words counted so far; stop() ends the display. @param read returns how far the text is read */
export function showCounting(what: string, read: () => Readonly<BytesRead> | undefined) {
  const display = openDisplay();
  const start = performance.now();
  return {
    onWords(words: number): void {
      const { bytes, total } = read() ?? {};
      const share = bytes === undefined ? undefined : shareOf({ bytes, total });
      const elapsed = (performance.now() - start) / 1000;
      const counting = { words, wordsPerSecond: words / elapsed, bytes, share, eta: secondsLeft(elapsed, share) };
      display.show(share, `${what}: ${describeCounting(counting)}`);
    },
    stop: () => display.stop(),
  };
}

/** A report without its bar. */
export function describe(progress: Progress): string {
  const { phase, epoch, epochs, wordsPerSecond, loss, validationLoss, eta, threads, parallel, hosts } = progress;
  if (phase === "vocabulary") return `counting words: ${describeCounting(progress)}`;
  if (wordsPerSecond === 0) return `epoch ${epoch}/${epochs} | ${threadsText(threads, parallel)}`;
  const speed = `${grouped(wordsPerSecond)} words/s, ${threadsText(threads, parallel, hosts)}`;
  const heldOut = validationLoss === undefined ? "" : `, held-out ${validationLoss.toFixed(4)} before`;
  const shares = hosts && hosts.length > 0 ? ` | ${hostsText(hosts)}` : "";
  return `epoch ${epoch}/${epochs} | ${speed}${shares} | loss ${loss.toFixed(4)}${heldOut} | ${duration(eta)} left`;
}

/** Machines that a line names. */
const NAMED = 8;

/** The words/s of each machine, what they have moved, and how long they waited. */
export function hostsText(hosts: readonly HostProgress[]): string {
  const sum = (of: (host: HostProgress) => number) => hosts.reduce((total, host) => total + of(host), 0);
  const speeds = hosts
    .slice(0, NAMED)
    .map(
      ({ name, words, training, waiting }) =>
        `${escapeControls(name)} ${grouped(words / Math.max(training + waiting, 1e-3))}`,
    );
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  const waited =
    sum(({ waiting }) => waiting) /
    Math.max(
      sum(({ training, waiting }) => training + waiting),
      1e-3,
    );
  const moved = `${countOf(
    sum(({ blocks }) => blocks),
    "block",
  )} moved (${size(sum(({ bytes }) => bytes))})`;
  return `${speeds.join(", ")}${more} words/s; ${moved}, ${percent(waited)} of the time waited`;
}

function describeCounting(counting: Pick<Progress, "words" | "wordsPerSecond" | "bytes" | "share" | "eta">): string {
  const { words, wordsPerSecond, bytes, share, eta } = counting;
  const speed = `${grouped(words)}, ${grouped(wordsPerSecond)} words/s`;
  if (share) return `${speed} | ${duration(eta)} left`;
  return bytes === undefined ? speed : `${speed} | ${size(bytes)} read`;
}

interface Display {
  /** @param share of the work that is done, 0 to 1; undefined if unknown */
  show(share: number | undefined, text: string): void;
  /** Ends the current line; the next show() begins another. */
  interrupt(): void;
  stop(): void;
}

function openDisplay(): Display {
  shown = process.stderr.isTTY ? new Bar() : new Lines();
  return shown;
}

class Bar implements Display {
  private readonly bar = new cliProgress.SingleBar(
    { stream: process.stderr, format: withBar, hideCursor: true, barsize: 24 },
    cliProgress.Presets.shades_classic,
  );
  private isStarted = false;

  show(share: number | undefined, text: string): void {
    if (!this.isStarted) this.bar.start(1, share ?? 0, { share, text });
    this.isStarted = true;
    this.bar.update(share ?? 0, { share, text });
  }

  interrupt(): void {
    if (this.isStarted) this.bar.stop();
    this.isStarted = false;
  }

  stop(): void {
    this.interrupt();
    shown = undefined;
  }
}

function withBar(options: Options, params: Params, { share, text }: { share?: number; text: string }): string {
  return share === undefined
    ? text
    : `${cliProgress.Format.BarFormat(share, options)} ${percent(params.progress)} | ${text}`;
}

class Lines implements Display {
  /** text that is not written yet */
  private last: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wait = FIRST_LINE;

  show(share: number | undefined, text: string): void {
    this.last = share === undefined ? text : `${percent(share)} | ${text}`;
    this.timer ??= setTimeout(() => this.write(), this.wait).unref();
  }

  interrupt(): void {}

  stop(): void {
    this.write();
    shown = undefined;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wait = LINE_INTERVAL;
    if (this.last !== undefined) process.stderr.write(`${this.last}\n`);
    this.last = undefined;
  }
}

export function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

/** A readable number of bytes. */
function size(bytes: number): string {
  if (bytes < 1e6) return `${grouped(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Threads and their parallel mode. @param hosts machines that train for this one */
export function threadsText(
  threads: number,
  parallel: Progress["parallel"],
  hosts: readonly HostProgress[] = [],
): string {
  if (hosts.length > 0) {
    const all = hosts.reduce((sum, host) => sum + host.threads, 0);
    return `${countOf(all, "thread")} of ${countOf(hosts.length, "worker")}, ${parallel}`;
  }
  const number = countOf(threads, "thread");
  return engineNamed(parallel).isParallel ? `${number}, ${parallel}` : number;
}

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
