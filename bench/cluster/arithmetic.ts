// What a chunk costs on a cluster, by arithmetic: docs/guides/cluster.md explains the terms.

import { shapeOf } from "../../src/model/spec.js";
import { cutText } from "../../src/train/execution/cut.js";
import { resolveOptions } from "../../src/train/train-options.js";

/** A training, and who trains it. */
export interface Case {
  /** words of the vocabulary, and of the text */
  vocabulary: number;
  dim: number;
  text: number;
  /** blocks of words */
  blocks: number;
  hosts: number;
  /** words a second that one host trains alone */
  rate: number;
  /** bits a second of each host's link, and of Redis's */
  link: number;
  redisLink: number;
  /** seconds from a host to Redis and back */
  roundTrip: number;
  /** words of a chunk. Default: the rule */
  chunk?: number;
}

export interface Cost {
  chunk: number;
  /** bytes of a chunk out of Redis and into it, all hosts together */
  out: number;
  in: number;
  /** seconds of a chunk: training of each host; of Redis's link; of a host's link; of a block that goes round, its training included */
  training: number;
  redis: number;
  link: number;
  tour: number;
  /** of the hosts' time, that they train */
  efficiency: number;
}

/** The part of a link that data gets: headers of Ethernet, IP and TCP take the rest. */
export const PAYLOAD = 0.94;

/** Round trips from one host's writing of a block to another host's having asked for it: written, told, asked. */
const TRIPS = 2.5;

/** Words of a chunk, by the rule. */
export function chunkOf(vocabulary: number, text: number, parts: number): number {
  const { shape } = cutText(resolveOptions({ parts }), shapeOf({ size: vocabulary }), text);
  return shape.chunkWords;
}

export function costOf(given: Case): Cost {
  const { vocabulary, dim, text, blocks, hosts, rate, link, redisLink, roundTrip } = given;
  const { chunk = chunkOf(vocabulary, text, blocks) } = given;
  const rows = vocabulary * 4 * Math.ceil(dim / 4) * 4;
  // each host reads each block once, and writes it; twice those that it begins with; and its contexts. One alone keeps all of them
  const out = hosts === 1 ? 0 : hosts * rows;
  const into = hosts === 1 ? 2 * rows : (hosts + 2 - hosts / blocks) * rows;
  const seconds = (bytes: number, bits: number) => (bytes * 8) / (bits * PAYLOAD);
  const training = chunk / (hosts * rate);
  const redis = seconds(Math.max(out, into), redisLink);
  const own = seconds(into / hosts, link);
  const block = rows / blocks;
  // a block is trained on by one host after the other, and is moved twice between two
  const hop = TRIPS * roundTrip + seconds(block, link) + seconds(block, Math.min(link, redisLink));
  const tour = hosts === 1 ? 0 : (training * hosts) / blocks + hosts * hop;
  const whole = Math.max(training, redis, own, tour);
  return { chunk, out, in: into, training, redis, link: own, tour, efficiency: training / whole };
}
