// Checks how a cluster is reached.

import { checkInteger, checkKnown, show } from "../base/check.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";

/** @throws TypeError, RangeError */
export function checkCluster(name: string, value: string | ClusterOptions): ClusterOptions {
  const options = typeof value === "string" ? { url: value } : value;
  checkKnown(`option of "${name}"`, options, ["url", "prefix", "corpusModule", "lease"]);
  const { url, prefix, corpusModule, lease } = options;
  if (lease !== undefined) checkInteger(`lease" of "${name}`, lease, 1_000);
  for (const [option, given] of Object.entries({ prefix, corpusModule }))
    if (given !== undefined && typeof given !== "string")
      throw new TypeError(`"${option}" of "${name}" expected a string, got ${show(given)}`);
  // BullMQ separates parts of its keys by colons, and braces choose the slot in a Redis Cluster
  if (prefix !== undefined && !/^[\w.-]+$/.test(prefix))
    throw new RangeError(`"prefix" of "${name}" expected letters, digits, _, - and dots, got ${show(prefix)}`);
  if (typeof url === "string" && /^rediss?:\/\/./.test(url) && URL.canParse(url)) return options;
  throw new TypeError(`"${name}" expected the URL of a Redis, such as redis://host:6379, got ${show(url)}`);
}
