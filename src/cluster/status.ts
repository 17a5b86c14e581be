// What a cluster looks like, and the removal of what dead runs left behind.

import type { ClusterOptions } from "../train/options/elsewhere.js";
import { serverOf } from "./connection.js";
import { checkCluster } from "./options.js";
import { removeLeftovers, runsOf, withRedis, workersOf } from "./runs.js";
import type { FoundRun, RedisInfo, WorkerRecord } from "./seen.js";

export interface ClusterStatus {
  redis: Pick<RedisInfo, "version" | "usedMemory" | "maxMemory">;
  workers: readonly WorkerRecord[];
  /** the oldest first; a run whose driver is dead is not alive */
  runs: readonly FoundRun[];
}

/**
 * The workers and runs of a cluster.
 * @throws TypeError, RangeError for options; Error if the Redis cannot be reached or used, or a package is not installed
 */
export async function clusterStatus(cluster: string | ClusterOptions): Promise<ClusterStatus> {
  const options = checkCluster("cluster", cluster);
  return withRedis(options, "cluster", async (redis) => {
    const { version, usedMemory, maxMemory } = await serverOf(redis);
    const [workers, runs] = await Promise.all([workersOf(redis, options), runsOf(redis, options)]);
    return { redis: { version, usedMemory, maxMemory }, workers, runs };
  });
}

/**
 * Removes what runs left in Redis whose drivers are dead; runs that are alive stay.
 * @returns the runs that were removed, and how many keys besides
 * @throws as clusterStatus
 */
export async function cleanCluster(
  cluster: string | ClusterOptions,
): Promise<{ runs: readonly FoundRun[]; keys: number }> {
  const options = checkCluster("cluster", cluster);
  return withRedis(options, "cluster", (redis) => removeLeftovers(redis, options));
}
