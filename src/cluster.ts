/**
 * Entry point wasm2vec/cluster, for Node: workers that train for others over Redis, and what there is to see of them. Needs the packages
 * bullmq and ioredis. `train(corpus, { cluster })` gives them work.
 * @module wasm2vec/cluster
 */

export { type ClusterWorkerOptions, clusterWorker } from "./cluster/cluster-worker.js";
export type { FoundRun, RedisInfo, RunProgress, RunRecord, WorkerRecord } from "./cluster/seen.js";
export { type ClusterStatus, cleanCluster, clusterStatus } from "./cluster/status.js";
export type { WorkerEvent } from "./cluster/worker-event.js";
export type { HostProgress } from "./train/execution/runner.js";
export type { ClusterOptions } from "./train/options/elsewhere.js";
