// The defaults of the peers: what the option `preset` makes of the options that are not given.

import { standardMinn } from "./subword-checks.js";

type ModelName = "skipgram" | "cbow";

/** What a peer does by default, whatever its model: each pair has its own noise words, and options do not suit themselves to small texts. */
const PEERS = {
  // v0.1c: word2vec.c sets alpha by the model, and stops at a ten-thousandth of it
  word2vec: (model: ModelName = "cbow") => ({
    model,
    learningRate: model === "cbow" ? 0.05 : 0.025,
    maxSentenceLength: 1_000,
  }),
  // 4.x
  gensim: (model: ModelName = "cbow") => ({
    model,
    learningRate: 0.025,
    minLearningRate: 1e-4,
    initialRange: 1,
  }),
  // 0.9: skipgram and cbow
  fasttext: (model: ModelName = "skipgram", maxn = 6) => ({
    model,
    learningRate: 0.05,
    minLearningRate: 0,
    initialRange: 1,
    subsample: 1e-4,
    noiseExponent: 0.5,
    maxSentenceLength: 1_024,
    maxn: 6,
    minn: standardMinn(maxn),
    buckets: 2_000_000,
  }),
} as const;

export type PresetName = keyof typeof PEERS;

export const PRESETS = Object.keys(PEERS) as PresetName[];

/** The values that a peer has where an option is not given. */
export function presetValues(preset: PresetName, { model, maxn }: { model?: ModelName; maxn?: number }) {
  return {
    ...{ window: 5, negatives: 5, noiseExponent: 0.75, sharedNegatives: false, initialRange: 0.5 },
    ...{ epochs: 5, minCount: 5, subsample: 1e-3 },
    ...PEERS[preset](model, maxn),
  };
}
