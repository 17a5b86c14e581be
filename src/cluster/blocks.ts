// The store of blocks in Redis. A block has a version: the cells that it has been in over the whole run. See visits.ts: it does not
// depend on how rows are shared out, so whoever trains a cell again writes the same bytes.

import type { Side } from "../kernel/shape.js";
import type { Redis, RunKeys } from "./connection.js";
import { type Consumer, type Lease, writeField } from "./scripts.js";
import { receiveValue, SEAL, sendValue } from "./values.js";

/** The row of the grid, and the rotation, in which a version of a block is trained on. */
export function consumerOf(side: Side, block: number, version: number, blocks: number): Consumer {
  const rotation = Math.floor(version / blocks);
  // row i trains targets i, i + 1 …, so that targets j meet the rows j, j − 1 …
  const row = side === "inputs" ? block : (block - (version % blocks) + blocks) % blocks;
  return { row, rotation };
}

/** Waits for something, which a topic announces. */
export type Until = <T>(topic: string, look: () => Promise<T | undefined>) => Promise<T>;

export class RedisBlocks {
  /** @param lease of who writes: none for the driver */
  constructor(
    private readonly redis: Redis,
    private readonly run: RunKeys,
    private readonly blocks: number,
    private readonly until: Until,
    private readonly lease?: Lease,
  ) {}

  key(side: Side, block: number, version: number): string {
    return this.run.key(topicOf(side, block, version));
  }

  /** Waits until it is there. */
  async read(side: Side, block: number, version: number, into: Uint8Array): Promise<void> {
    const key = this.key(side, block, version);
    await this.until(topicOf(side, block, version), () => receiveValue(this.redis, key, into));
  }

  async write(side: Side, block: number, version: number, bytes: Uint8Array): Promise<void> {
    const { redis, run, lease } = this;
    const key = this.key(side, block, version);
    const consumer = consumerOf(side, block, version, this.blocks);
    const topic = topicOf(side, block, version);
    await sendValue(bytes, (field, value) =>
      writeField(redis, run, { lease, key, consumer, field, bytes: value, topic: field === SEAL ? topic : "" }),
    );
  }
}

function topicOf(side: Side, block: number, version: number): string {
  return `${side}:${block}:${version}`;
}
