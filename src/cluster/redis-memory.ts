// The memory that Redis needs for a training.

import { blockBytes } from "../kernel/layout.js";
import type { Side } from "../kernel/shape.js";
import type { Parameters } from "../model/parameters.js";
import { type Redis, serverOf, shownUrl } from "./connection.js";

/** Bytes in Redis besides blocks, for each machine: pieces that it sends and receives, connections, jobs. */
const OVERHEAD = 10 * 2 ** 20;

/** Bytes that Redis needs for a training by so many workers: "Many machines" in docs/design.md. */
export function redisBytes(parameters: Parameters, workers: number): number {
  const { layout } = parameters;
  const { blocks } = layout.grid!;
  const bytes = (side: Side) => blocks * blockBytes(layout, side);
  // a version for each worker that a block comes by, those before and after a rotation, and what overlaps with the next one
  return (workers + 1) * OVERHEAD + 2 * bytes("inputs") + (workers + 2) * bytes("outputs");
}

/** Workers that Redis has room for. @throws Error with what it should have, if there is none for one */
export async function mostWorkers(
  redis: Redis,
  { parameters, cluster }: { parameters: Parameters; cluster: { url: string } },
): Promise<number> {
  const { maxMemory, usedMemory } = await serverOf(redis);
  if (maxMemory === 0) return Number.POSITIVE_INFINITY;
  const one = redisBytes(parameters, 1);
  const more = Math.floor((maxMemory - usedMemory - one) / (redisBytes(parameters, 2) - one));
  if (more >= 0) return 1 + more;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new Error(
    `"cluster": this training needs ${megabytes(one)} in Redis with one worker, but ${megabytes(usedMemory)} of the ` +
      `${megabytes(maxMemory)} of ${shownUrl(cluster.url)} are used: redis-cli CONFIG SET maxmemory ${usedMemory + one}, or more for ` +
      `more workers; or train with a smaller "dim" (${parameters.dim}), or a higher "minCount"`,
  );
}
