import { Mark } from "../../assembly/params.js";
import type { Corpus } from "../text/corpus.js";
import type { TokenChunk } from "../text/tokens.js";

/** The first `limit` tokens of a corpus; its last sentence may be cut. */
export function firstWords(corpus: Corpus, limit: number): Corpus {
  async function* chunks(signal?: AbortSignal): AsyncGenerator<TokenChunk> {
    let left = limit;
    for await (const { numbers, tokens } of corpus.chunks(signal)) {
      let end = 0;
      for (; end < numbers.length && left > 0; end++) if (numbers[end] < Mark.least) left--;
      yield { numbers: numbers.subarray(0, end), tokens };
      if (left === 0) break;
    }
    // the last sentence may have been cut off
    yield { numbers: Uint32Array.of(Mark.sentenceEnd), tokens: [] };
  }
  return { name: corpus.name, chunks };
}
