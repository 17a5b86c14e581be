// A worker of BullMQ's, by which a machine takes jobs of a training.

import type { Job, Worker } from "bullmq";
import type { Group } from "./records.js";

/** One job at a time, or one alone. */
export class Hand {
  isBusy = false;
  hasHelped = false;
  private readonly worker: Worker<Group>;
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    start: (process: (job: Job<Group>, token?: string) => Promise<void>) => Worker<Group>,
    train: (job: Job<Group>) => Promise<boolean>,
    waiting: () => Error,
    once: boolean,
  ) {
    this.worker = start(async (job, token) => {
      this.isBusy = true;
      const done = train(job).finally(() => {
        this.isBusy = false;
        if (!once) return;
        // before BullMQ gives it the next one
        this.hasHelped = true;
        void this.worker.close().catch(() => {});
      });
      this.ended = done.catch(() => {});
      if (await done) return;
      await job.moveToWait(token);
      throw waiting();
    });
    // it connects again; a job that another worker has taken over cannot be ended here
    this.worker.on("error", () => {});
  }

  idle(): Promise<unknown> {
    return this.ended;
  }

  close(): Promise<unknown> {
    return this.worker.close();
  }
}
