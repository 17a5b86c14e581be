import type { Snapshot } from "./checkpoint.js";

/** The bytes of a model's file; nothing may be trained while they are taken. A page that saves nothing does not load what writes. */
export async function* checkpointBytes(snapshot: Snapshot): AsyncGenerator<Uint8Array> {
  const { writeCheckpoint } = await import("./write.js");
  yield* writeCheckpoint(snapshot);
}
