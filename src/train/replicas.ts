// Rounds of threads that share no memory: each has the whole model, trains its own parts, and sends what it changed.
//
// Before a round all have the same input rows and hot output rows. The other output rows are true where their stripe was
// trained last: from there go the rows that a batch meets elsewhere, and a whole stripe when it moves on. After training each
// part's copies go to all, who merge all parts in their order, as threads on one memory do: the bytes are the same. Where the
// next round is known its rows go with these copies, since each exchange is a wait.

import { Part } from "../../assembly/params.js";
import { stripeOf, stripeOfWord, wordOfCell } from "../kernel/parts.js";
import { cut, paste, type Region } from "../kernel/patch.js";
import type { Meeting } from "./meeting.js";
import type { Membership, Round } from "./rounds.js";

/** The other end of a thread's channel. */
class Peer {
  private readonly arrived: ArrayBuffer[] = [];
  private waiting: ((patch: ArrayBuffer) => void) | undefined;

  constructor(
    readonly thread: number,
    private readonly port: MessagePort,
  ) {
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (this.waiting === undefined) this.arrived.push(data);
      else this.waiting(data);
      this.waiting = undefined;
    };
  }

  send(patch: ArrayBuffer): void {
    this.port.postMessage(patch, [patch]);
  }

  receive(): Promise<ArrayBuffer> {
    const patch = this.arrived.shift();
    return patch === undefined
      ? new Promise((resolve) => {
          this.waiting = resolve;
        })
      : Promise.resolve(patch);
  }
}

export class ReplicaMeeting implements Meeting {
  readonly merges = { thread: 0, threads: 1 };
  private readonly peers: readonly Peer[];
  /** the thread that trained each stripe last; none before the first round, when all replicas are alike */
  private owners: readonly number[] = [];
  /** round that the rows are there for */
  private ready: number | undefined;
  /** for each word the last peer and round that it was sent for */
  private readonly sent: Float64Array;
  /** buffers of patches that came, for those that go */
  private readonly spare: ArrayBuffer[] = [];

  /** @param ports to each other thread, by its number; none to itself */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly membership: Membership,
    ports: readonly (MessagePort | undefined)[],
  ) {
    this.peers = ports.flatMap((port, thread) => (port ? [new Peer(thread, port)] : []));
    this.sent = new Float64Array(membership.rounds.words).fill(-1);
  }

  async begin(round: Round): Promise<void> {
    if (this.ready === round.number) return;
    const handOver = this.handOver(round);
    if (handOver) await this.exchange(handOver);
  }

  gathered(): void {}

  *take(count: number): Iterable<number> {
    const { thread, threads } = this.membership;
    for (let part = thread; part < count; part += threads) yield part;
  }

  /** Rows of the next round go with it, as they are before the merge: who gets them merges all parts himself. */
  async trained(own: readonly number[], next?: Round): Promise<void> {
    const regions = own.flatMap((part) => this.partRegions(part));
    const handOver = next && this.handOver(next);
    await this.exchange((thread) => (handOver ? [...regions, ...handOver(thread)] : regions));
    this.ready = next?.number;
  }

  merged(): void {}

  holdings(): Region[] {
    const { stripes } = this.membership.rounds;
    return stripes.flatMap((_, s) => (this.owns(this.owners, s) ? this.stripeRows(s) : []));
  }

  private owns(owners: readonly number[], stripe: number): boolean {
    return owners[stripe] === this.membership.thread;
  }

  /** What a thread must get before a round, of the rows that are true here only; nothing where all replicas are alike. */
  private handOver({ number, batches }: Round): ((thread: number) => Region[]) | undefined {
    const { rounds, threads } = this.membership;
    const { stripes } = rounds;
    const before = this.owners;
    const now = new Array<number>(stripes.length);
    for (let part = 0; part < stripes.length; part++) now[stripeOf(rounds, part, number)] = part % threads;
    this.owners = now;
    if (before.length === 0) return undefined;
    return (thread) => [
      ...this.wantedRows(
        batches.filter((_, part) => part % threads === thread),
        before,
        number * threads + thread,
      ),
      ...stripes.flatMap((_, s) => (this.owns(before, s) && now[s] === thread ? this.stripeRows(s) : [])),
    ];
  }

  /** Sends each peer its regions, and takes in what all send. */
  private async exchange(regionsFor: (thread: number) => Region[]): Promise<void> {
    for (const peer of this.peers) peer.send(cut(this.memory, regionsFor(peer.thread), this.spare.pop()));
    for (const peer of this.peers) {
      const patch = await peer.receive();
      paste(this.memory, patch);
      this.spare.push(patch);
    }
  }

  /** Output rows of the batches' words that are true here only. @param stamp of these batches, like no other's */
  private wantedRows(batches: readonly Uint32Array[], owners: readonly number[], stamp: number): Region[] {
    const { sent } = this;
    const { rounds } = this.membership;
    const [{ hot }] = rounds.stripes;
    const regions: Region[] = [];
    for (const ids of batches) {
      for (const word of ids) {
        // ends of sentences are no words
        if (word < hot || word >= rounds.words || sent[word] === stamp) continue;
        sent[word] = stamp;
        if (this.owns(owners, stripeOfWord(rounds, word))) regions.push(this.outputRow(word));
      }
    }
    return regions;
  }

  private stripeRows(stripe: number): Region[] {
    const { stripes } = this.membership.rounds;
    const { hot, cells } = stripes[stripe];
    return Array.from({ length: cells - hot }, (_, j) =>
      this.outputRow(wordOfCell(stripes[stripe], stripes.length, hot + j)),
    );
  }

  private outputRow(word: number): Region {
    const { outputs, stride } = this.membership.rounds;
    return [outputs + word * stride, stride];
  }

  /** A part's block, lists and copies. */
  private partRegions(part: number): Region[] {
    const { stride, blocks } = this.membership.rounds;
    const block = new DataView(this.memory.buffer, blocks[part], Part.size);
    const get = (offset: Part) => block.getUint32(offset, true);
    const [inputs, outputs] = [get(Part.inputCount), get(Part.outputCount)];
    return [
      [blocks[part], Part.size],
      [get(Part.inputList), inputs * 8],
      [get(Part.inputCopies), inputs * stride],
      [get(Part.outputList), outputs * 8],
      [get(Part.outputCopies), outputs * stride],
      [get(Part.oldOutputs), Math.max(0, outputs - get(Part.firstOld)) * stride],
    ];
  }
}
