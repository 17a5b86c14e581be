// How the learning rate goes with the words read: (8.3) of docs/math.md.

/** The learning rate at a progress from 0 to 1: it falls linearly, down to a floor, as in word2vec.c. */
export function rateAt(
  progress: number,
  { learningRate, minLearningRate }: { learningRate: number; minLearningRate: number },
): number {
  return Math.max(minLearningRate, learningRate * (1 - progress));
}
