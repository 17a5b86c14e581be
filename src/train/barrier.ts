/** Where threads wait for each other. */
export class Barrier {
  /** { threads that have arrived, times that all have } */
  private readonly state: Int32Array;

  /** @param memory shared, unless there is one thread only. @param start i32[2] */
  constructor(
    memory: WebAssembly.Memory,
    start: number,
    private readonly threads: number,
  ) {
    this.state = new Int32Array(memory.buffer, start, 2);
  }

  /** Blocks this thread until all are here; the last to arrive acts before any goes on. */
  wait(act: () => void = () => {}): void {
    const { state, threads } = this;
    const times = Atomics.load(state, 1);
    if (Atomics.add(state, 0, 1) === threads - 1) {
      act();
      Atomics.store(state, 0, 0);
      Atomics.add(state, 1, 1);
      Atomics.notify(state, 1);
      return;
    }
    while (Atomics.load(state, 1) === times) Atomics.wait(state, 1, times);
  }
}
