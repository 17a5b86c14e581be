// What the guide says that travels is what the visits of the grid make travel.

import { expect, it } from "vitest";
import { costOf } from "../../bench/cluster/arithmetic";
import { consumerOf } from "../../src/cluster/blocks";
import { columnsOf, rowsOfGroup, visitAt } from "../../src/train/execution/visits";

/** Blocks that hosts read from Redis and write there in a rotation, if they keep those that they need next. */
function moved(blocks: number, hosts: number): { out: number; in: number } {
  const count = { out: 0, in: 0 };
  for (let group = 0; group < hosts; group++) {
    const rows = rowsOfGroup({ from: 0, to: blocks }, group, hosts);
    const isOwn = (row: number) => row >= rows.from && row < rows.to;
    const columns = columnsOf(rows, blocks);
    // blocks of contexts are written once
    count.in += rows.to - rows.from;
    for (let column = columns.from; column < columns.to; column++) {
      const { target, before } = visitAt(rows, column, blocks)!;
      // whose row trained the version before
      const { row } = consumerOf("outputs", target, (before + blocks - 1) % blocks, blocks);
      if (!isOwn(row)) count.out++;
      count.in++;
    }
  }
  return count;
}

it.each([
  [16, 2],
  [16, 4],
  [32, 8],
  [16, 16],
])("%i blocks, %i hosts", (blocks, hosts) => {
  const vocabulary = 16_000;
  const block = (vocabulary / blocks) * 100 * 4;
  const network = { link: 1e9, redisLink: 1e9, roundTrip: 0 };
  const cost = costOf({ vocabulary, dim: 100, text: 1e8, blocks, hosts, rate: 1e6, ...network });
  expect(moved(blocks, hosts)).toEqual({ out: cost.out / block, in: cost.in / block });
});
