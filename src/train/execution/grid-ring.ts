// Threads of the grid without shared memory: each keeps its blocks of contexts, and blocks of targets go round. (9.4) of docs/math.md.

import { Link, portChannel } from "../../base/link.js";
import type { Grid } from "../../kernel/grid-layout.js";
import type { Ptr } from "../../kernel/kernel.js";
import { blockBytes, blockPlace, type Layout, subwordBlock } from "../../kernel/layout.js";
import type { Side } from "../../kernel/shape.js";
import type { BlockPlaces, CellTrainer } from "./cells.js";
import { Chunks, type GridJob, type GridResult, type GridThread, trainCell } from "./grid-jobs.js";
import { type BlockRows, type GridMembership, type LostThread, ringHash, type WorkerTask } from "./protocol.js";
import { type Rows, rowsOfGroup } from "./visits.js";

/** A thread's links to those beside it. */
export interface Ring {
  /** takes the blocks that are passed on */
  before: Link<BlockRows, never>;
  /** gives those that come */
  after: Link<never, BlockRows>;
  /** Closes both links with the reason. */
  close(reason: unknown): void;
}

/** None for a thread that is alone, or shares the memory. */
export function openRing({ layout, grid }: WorkerTask): Ring | undefined {
  if (grid?.ports === undefined) return undefined;
  const open = <Out, In>(port: MessagePort, thread: number) => {
    const other = `thread ${thread} of the ring`;
    return new Link<Out, In>(portChannel(port, other), { other, layout: ringHash(layout) });
  };
  const [threadBefore, threadAfter] = besides(grid);
  const before = open<BlockRows, never>(grid.ports.before, threadBefore);
  const after = open<never, BlockRows>(grid.ports.after, threadAfter);
  return {
    before,
    after,
    close(reason) {
      for (const link of [before, after]) void link.close(reason);
    },
  };
}

function besides({ thread, threads }: GridMembership): readonly [before: number, after: number] {
  return [(thread + threads - 1) % threads, (thread + 1) % threads];
}

/** A neighbouring thread has ended, so that training cannot continue. */
export class LostThreadError extends Error {
  readonly lost: LostThread;

  constructor(thread: number, cause: unknown) {
    const reason = (cause as Error).message;
    super(reason, { cause });
    this.lost = { thread, reason };
  }
}

/** The memory and the neighbours of a thread of the ring. */
interface RingPlace {
  memory: WebAssembly.Memory;
  layout: Layout;
  membership: GridMembership;
  ring: Ring | undefined;
}

/** A thread with a memory of its own, for the rows of the grid from … to; blocks of targets go on to the thread before. */
export class RingGridThread implements GridThread, BlockPlaces {
  private readonly chunks = new Chunks();
  private readonly slots = new Map<number, number>();
  private readonly free: number[] = [];
  /** blocks of targets that have come and are not yet in the memory */
  private readonly arrived = new Map<number, ArrayBuffer>();
  private room: ArrayBuffer | undefined;
  private step: number;

  constructor(
    private readonly place: RingPlace,
    private readonly trainerOf: (ring: RingGridThread) => CellTrainer,
  ) {
    const { step } = place.membership;
    const { from, to } = this.rows;
    this.step = step;
    for (let row = from; row < to; row++) this.slots.set((row + step) % this.grid.blocks, row - from);
  }

  get rows(): Rows {
    return rowsOfThread(this.grid.blocks, this.place.membership);
  }

  contexts(block: number): Ptr {
    return blockPlace(this.place.layout, "inputs", block - this.rows.from);
  }

  targets(block: number): Ptr {
    return blockPlace(this.place.layout, "outputs", this.slots.get(block)!);
  }

  private trainer: CellTrainer | undefined;

  async do(job: GridJob): Promise<GridResult> {
    this.trainer ??= this.trainerOf(this);
    if (job.type === "step") return { trained: 0, cells: await this.train(this.trainer, job) };
    if (job.type === "visit") throw new Error("a thread of the ring has its own blocks, which no visit brings");
    const { chunk, ids } = job;
    this.chunks.add(chunk);
    new Uint32Array(this.place.memory.buffer).set(ids!, this.grid.chunks[chunk.number % 2].ids / 4);
    let trained = 0;
    for (let batch = 0; batch < chunk.batches.length; batch++) trained += this.trainer.sort(chunk, batch);
    // all threads sort all batches, each for its own rows: one of them counts
    return { trained: this.place.membership.thread === 0 ? trained : 0, cells: [] };
  }

  /** The n-th block that this memory holds, between two steps: first those of contexts, then of targets, then of subwords. */
  async give(index: number): Promise<BlockRows | undefined> {
    const { from, to } = this.rows;
    const count = to - from;
    if (index >= 2 * count) return this.giveSubwords(index - 2 * count);
    const isContext = index < count;
    const row = from + (index % count);
    const block = isContext ? row : (row + this.step) % this.grid.blocks;
    if (!isContext) await this.hold(block);
    const matrix = isContext ? "inputs" : "outputs";
    return { matrix, block, rows: this.copy(matrix, block) };
  }

  private giveSubwords(block: number): BlockRows | undefined {
    const region = subwordBlock(this.place.layout, block);
    if (region === undefined) return undefined;
    const [start, bytes] = region;
    return { matrix: "subwords", block, rows: this.place.memory.buffer.slice(start, start + bytes) as ArrayBuffer };
  }

  private async train(trainer: CellTrainer, job: GridJob & { type: "step" }): Promise<GridResult["cells"]> {
    const { blocks } = this.grid;
    const { from, to } = this.rows;
    const cells: GridResult["cells"] = [];
    for (let context = from; context < to; context++) trainer.begin(context);
    for (let step = job.step; step < job.step + job.steps; step++) {
      for (let context = from; context < to; context++) {
        const target = (context + step) % blocks;
        await this.hold(target);
        cells.push({ step, context, result: await trainCell(trainer, this.chunks.get(job.chunk), context, target) });
        // the row before has it in the next step
        if (context === from) this.passOn(target);
      }
    }
    this.step = (job.step + job.steps) % blocks;
    for (let context = from; context < to; context++) trainer.end(context);
    // where words have subwords, this thread is alone
    for (let task = 0; task < trainer.spreads; task++) trainer.spread(task);
    return cells;
  }

  private passOn(block: number): void {
    const { ring, membership } = this.place;
    if (ring === undefined) return;
    const rows = this.copy("outputs", block, this.room);
    this.room = undefined;
    this.free.push(this.slots.get(block)!);
    this.slots.delete(block);
    try {
      ring.before.send({ matrix: "outputs", block, rows }, [rows]);
    } catch (cause) {
      throw new LostThreadError(besides(membership)[0], cause);
    }
  }

  /** Waits until a block of targets is in the memory. */
  private async hold(block: number): Promise<void> {
    if (this.slots.has(block)) return;
    while (!this.arrived.has(block)) {
      const { block: come, rows } = await this.receive();
      this.arrived.set(come, rows);
    }
    const rows = this.arrived.get(block)!;
    this.arrived.delete(block);
    this.slots.set(block, this.free.pop()!);
    new Uint8Array(this.place.memory.buffer, this.targets(block), blockBytes(this.place.layout, "outputs")).set(
      new Uint8Array(rows),
    );
    this.room = rows;
  }

  private async receive(): Promise<BlockRows> {
    const { ring, membership } = this.place;
    try {
      return await ring!.after.receive();
    } catch (cause) {
      throw new LostThreadError(besides(membership)[1], cause);
    }
  }

  private copy(side: Side, block: number, room = new ArrayBuffer(blockBytes(this.place.layout, side))): ArrayBuffer {
    const start = side === "inputs" ? this.contexts(block) : this.targets(block);
    new Uint8Array(room).set(new Uint8Array(this.place.memory.buffer, start, blockBytes(this.place.layout, side)));
    return room;
  }

  private get grid(): Grid {
    return this.place.layout.grid!;
  }
}

/** The rows of the grid that fall to a thread which shares no memory. */
export function rowsOfThread(blocks: number, { thread, threads }: { thread: number; threads: number }): Rows {
  return rowsOfGroup({ from: 0, to: blocks }, thread, threads);
}
