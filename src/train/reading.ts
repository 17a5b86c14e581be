// Opens the source of a training: its corpus, or its text that is read once.

import { abortable } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import { readBy } from "../text/readers.js";
import { SpooledText } from "../text/spooled.js";
import { readersOf } from "../text/threads.js";
import type { RunListeners } from "./listeners.js";
import type { Platform } from "./platform.js";
import type { ResolvedOptions } from "./train-options.js";

/** Works on the corpus of a source, whose passes end when the signal is aborted; one that is made here is closed at the end. */
export async function withCorpus<Source, Result>(
  platform: Platform<Source>,
  source: Source,
  { signal, onWarning }: RunListeners,
  work: (corpus: Corpus) => Promise<Result>,
): Promise<Result> {
  const corpus = platform.toCorpus(source, onWarning);
  try {
    return await work(abortable(corpus, signal));
  } finally {
    if (corpus !== source) await corpus.close?.();
  }
}

/** What is kept of a text in memory where rows lie in files: memory is what there is little of. */
const BESIDE_BLOCKS = 64 * 2 ** 20;

/** Bytes of a text that are kept in memory. */
export function spoolMemoryOf(
  platform: Pick<Platform<never>, "spoolMemory">,
  { spoolMemory, blocks }: Pick<ResolvedOptions, "spoolMemory" | "blocks">,
): number {
  return spoolMemory ?? (blocks ? Math.min(BESIDE_BLOCKS, platform.spoolMemory) : platform.spoolMemory);
}

/** Works on the text of a source, which is read once where the options and the source allow it. */
export function withText<Source, Result>(
  platform: Platform<Source>,
  source: Source,
  options: ResolvedOptions,
  work: (text: SpooledText) => Promise<Result>,
): Promise<Result> {
  const { spool, onWarning } = options;
  const spoolMemory = spoolMemoryOf(platform, options);
  return withCorpus(platform, source, options, async (corpus) => {
    const read = readBy(corpus, readersOf(platform, options));
    const keeps = spool === "auto" ? corpus.isConstant : spool;
    const place = keeps ? { memory: spoolMemory, open: platform.openSpool } : undefined;
    const text = new SpooledText(read, place, (message) => onWarning?.(message));
    try {
      return await work(text);
    } finally {
      await text.remove();
    }
  });
}
