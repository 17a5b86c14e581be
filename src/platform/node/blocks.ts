// Models whose blocks lie in files: the folder, with the checkpoint in it.

import { join } from "node:path";
import { checkBoolean, checkKnown, show } from "../../base/check.js";
import { BlocksObjective, type BlocksPlace } from "../../train/blocks-objective.js";
import { parseInterval } from "../../train/checkpoint/control.js";
import type { ObjectiveMaker } from "../../train/objective.js";
import type { BlocksOptions } from "../../train/options/elsewhere.js";
import { BlockFiles, STATE } from "./block-files.js";
import { fileCheckpoint } from "./checkpoint.js";
import { pathOf } from "./files.js";

/**
 * Makes models in a folder, which is in use until it is closed.
 * @throws Error if the folder cannot be made, holds other files, or is in use; RangeError for options
 */
export async function blocksIn(blocks: string | URL | BlocksOptions): Promise<ObjectiveMaker> {
  const { folder, every, overwrite } = checkBlocks("blocks", blocks);
  if (every !== undefined) parseInterval(every);
  const path = pathOf(folder);
  const store = await BlockFiles.in(path);
  await store.lock();
  const file = fileCheckpoint(join(path, STATE), every, { overwrite });
  const place: BlocksPlace = {
    store,
    checkpoint: {
      ...file,
      async write(chunks) {
        // the blocks first, so that it names none that is not whole
        await store.flush();
        await file.write(chunks);
        store.kept();
      },
    },
  };
  return {
    checkpoint: place.checkpoint,
    begin: (setting, vocabulary) => BlocksObjective.begin(setting, vocabulary, place),
    open: (setting, checkpoint) => BlocksObjective.open(setting, checkpoint, place),
    close: () => store.unlock(),
  };
}

/** @throws TypeError, RangeError */
function checkBlocks(name: string, value: string | URL | BlocksOptions): BlocksOptions {
  const isOptions = value !== null && typeof value === "object" && !(value instanceof URL);
  const options = isOptions ? value : { folder: value };
  checkKnown(`option of "${name}"`, options, ["folder", "every", "overwrite"]);
  const { folder, overwrite } = options;
  if (overwrite !== undefined) checkBoolean(`${name}.overwrite`, overwrite);
  if ((typeof folder === "string" && folder !== "") || folder instanceof URL) return options;
  throw new TypeError(`"${name}" expected the path of a folder, got ${show(folder)}`);
}
