// What is trained where the options say so: models in blocks of files, or on a cluster.

import type { Corpus } from "../text/corpus.js";
import type { Machine } from "../train/machine.js";
import type { ObjectiveMaker } from "../train/objective.js";
import { fitsGrid } from "../train/options/settings.js";
import type { ResolvedOptions } from "../train/train-options.js";

/** @throws RangeError for options that do not go with it, before anything is read; and as its makers do */
export async function makerElsewhere(
  machine: Machine,
  options: ResolvedOptions,
  corpus: Corpus | undefined,
): Promise<ObjectiveMaker> {
  const { blocks, cluster, model, loss, checkpoint, resume } = options;
  const name = blocks ? "blocks" : "cluster";
  if (blocks && cluster)
    throw new RangeError(
      '"blocks" keeps the rows in files of this machine, "cluster" in the memory of Redis: give one',
    );
  if (!fitsGrid(options))
    throw new RangeError(
      `"${name}" needs pairs of one input and one output row, but ${model === "cbow" ? 'model "cbow"' : `loss "${loss}"`} ` +
        "takes rows of many blocks at once: train with skip-gram and negative sampling, or leave it out and train on one machine",
    );
  if (blocks) {
    if (checkpoint || resume)
      throw new RangeError(
        `"${checkpoint ? "checkpoint" : "resume"}" clashes with "blocks", whose folder holds the checkpoint, and goes on with the same call: leave it out`,
      );
    const { blocksIn } = await import("../platform/node/blocks.js");
    return blocksIn(blocks);
  }
  const { ClusterMaker } = await import("./driver.js");
  return ClusterMaker.for(machine, options, corpus);
}
