// The worker of the build, which dies by itself in the midst of its work.

import { parentPort, workerData } from "node:worker_threads";

const { how, after } = workerData;
let asked = 0;

await import("../../build/worker-node.js");

parentPort.on("message", ({ type }) => {
  if (type !== "message" || ++asked < after) return;
  if (how === "exit") process.exit(7);
  throw new Error("out of luck");
});
