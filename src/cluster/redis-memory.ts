// The memory that Redis needs for a training.

import type { Parameters } from "../model/parameters.js";
import { redisBytes } from "../train/blocks-plan.js";
import { type Redis, serverOf, shownUrl } from "./connection.js";

/** Bytes that Redis needs for a training by so many workers. */
export function neededBytes({ layout: { grid, stride } }: Parameters, workers: number): number {
  return redisBytes({ ...grid!, stride }, workers);
}

/** Workers that Redis has room for. @throws Error with what it should have, if there is none for one */
export async function mostWorkers(
  redis: Redis,
  { parameters, cluster }: { parameters: Parameters; cluster: { url: string } },
): Promise<number> {
  const { maxMemory, usedMemory } = await serverOf(redis);
  if (maxMemory === 0) return Number.POSITIVE_INFINITY;
  const one = neededBytes(parameters, 1);
  const more = Math.floor((maxMemory - usedMemory - one) / (neededBytes(parameters, 2) - one));
  if (more >= 0) return 1 + more;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new Error(
    `"cluster": this training needs ${megabytes(one)} in Redis with one worker, but ${megabytes(usedMemory)} of the ` +
      `${megabytes(maxMemory)} of ${shownUrl(cluster.url)} are used: redis-cli CONFIG SET maxmemory ${usedMemory + one}, or more for ` +
      `more workers; or train with a smaller "dim" (${parameters.dim}), or a higher "minCount"`,
  );
}
