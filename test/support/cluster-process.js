// A worker, or a driver, as a process of its own: what it is told on the command line, as JSON; what happens goes to standard output, a
// line of JSON each.

import { createHash } from "node:crypto";
import { clusterWorker } from "../../build/cluster.js";
import { fileCheckpoint } from "../../build/files.js";
import { train } from "../../build/node.js";

const [role, json] = process.argv.slice(2);
const given = JSON.parse(json);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (role === "worker") {
  await clusterWorker({ ...given, onEvent: say });
} else {
  const { path, options, checkpoint } = given;
  try {
    const onProgress = ({ phase, epoch }) => say({ type: "progress", phase, epoch });
    const { vectors, outputVectors, history } = await train(path, {
      ...options,
      checkpoint: fileCheckpoint(checkpoint, "1s"),
      onProgress,
    });
    const hash = createHash("sha256").update(vectors.matrix).update(outputVectors.matrix);
    for (const { loss, predictions, trainedWords } of history) hash.update(`${loss} ${predictions} ${trainedWords}\n`);
    say({ type: "done", digest: hash.digest("hex") });
  } catch (error) {
    say({ type: "failed", message: error.message });
  }
}
