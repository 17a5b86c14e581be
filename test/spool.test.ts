// Word ids kept in a file: the same bytes as without, from text that is read once less for every epoch.

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { type Progress, TrainingControl, type TrainOptions, textCorpus, train } from "wasm2vec";
import { openSpool } from "../src/node/spool";
import type { Batch } from "../src/text/encode";
import { SpooledBatches, type SpoolFile } from "../src/text/spool";
import { sampleText } from "./sample";
import { store } from "./stored";

const text = sampleText(5000);
const small: TrainOptions = { dim: 12, minCount: 1, epochs: 4, threads: 1 };
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("wasm2vec-ids-"));

afterEach(() => expect(left()).toEqual([]));

describe("train with spool", () => {
  it.each<TrainOptions>([{}, { reproducible: true, threads: 2 }, { kernel: "js" }, { worker: false }])(
    "gives the bytes of training without: %o",
    async (options) => {
      const [a, b] = [
        await train(text, { ...small, ...options }),
        await train(text, { ...small, ...options, spool: true }),
      ];
      expect(b.vectors.matrix).toEqual(a.vectors.matrix);
      expect(b.history.map(({ loss, words }) => [loss, words])).toEqual(
        a.history.map(({ loss, words }) => [loss, words]),
      );
    },
  );

  it("reads the text once to count and once to train", async () => {
    let passes = 0;
    const source = () => {
      passes++;
      return text;
    };
    await train(source, small);
    expect(passes).toBe(1 + 4);
    passes = 0;
    const model = await train(source, { ...small, spool: true });
    expect(passes).toBe(1 + 1);
    // an epoch alone needs no file; the words are counted in a pass of their own
    await model.train(source, { epochs: 1 });
    expect(passes).toBe(2 + 2);
  });

  it("goes on from a checkpoint in the midst of an epoch, to the bytes of a training that was not stopped", async () => {
    // long enough that progress is told within the first epochs
    const long = { ...small, epochs: 16 };
    const whole = await train(text, long);
    for (const epoch of [1, 2]) {
      const { write, read } = store();
      const control = new TrainingControl();
      const abort = new AbortController();
      let asked = false;
      const onProgress = ({ phase, words, totalWords }: Progress) => {
        if (asked || phase !== "training" || words < ((epoch - 0.5) / 16) * totalWords) return;
        asked = true;
        control.checkpoint().then(() => abort.abort(new Error("interrupted")), abort.abort.bind(abort));
      };
      const kept = { ...long, spool: true, control, onProgress, signal: abort.signal };
      await expect(train(text, { ...kept, checkpoint: { every: "1h", write } })).rejects.toThrow("interrupted");
      const resumed = await train(text, { resume: read(), spool: true });
      expect(resumed.vectors.matrix).toEqual(whole.vectors.matrix);
      expect(resumed.history).toHaveLength(16);
    }
  });

  it("leaves nothing behind when training is aborted or fails", async () => {
    for (const epoch of [1, 3]) {
      const abort = new AbortController();
      const onEpochEnd = (_: unknown, record: { epoch: number }) => {
        if (record.epoch === epoch) abort.abort(new Error("enough"));
      };
      await expect(train(text, { ...small, spool: true, signal: abort.signal, onEpochEnd })).rejects.toThrow("enough");
    }
    const failing = textCorpus(async function* () {
      yield new TextEncoder().encode("a b c\n".repeat(1000));
      if (++reads > 1) throw new Error("the wire was cut");
    });
    let reads = 0;
    await expect(train(failing, { ...small, spool: true })).rejects.toThrow("the wire was cut");
  });
});

describe("SpooledBatches", () => {
  const batches = Array.from({ length: 300 }, (_, i): Batch => {
    const words = 1 + ((i * 37) % 4000);
    return { ids: Uint32Array.from({ length: words + 1 }, (_, j) => i * 7919 + j), words };
  });
  async function* encode() {
    for (const { ids, words } of batches) yield { ids: ids.slice(), words };
  }
  /** Runs a pass as training does, which takes a batch's memory away; compares it with what was encoded. */
  async function check(source: SpooledBatches): Promise<void> {
    let i = 0;
    for await (const { ids, words } of source.batches()) {
      const taken = structuredClone(ids, { transfer: [ids.buffer] });
      expect(words).toBe(batches[i].words);
      expect(Buffer.from(taken.buffer).equals(Buffer.from(batches[i++].ids.buffer))).toBe(true);
    }
    expect(i).toBe(batches.length);
  }
  const none = (message: string) => {
    throw new Error(message);
  };

  it("gives each pass the same batches, also after a pass that was left early", async () => {
    const source = new SpooledBatches(encode, openSpool, none);
    for await (const _ of source.batches()) break;
    expect(left()).toEqual([]);
    for (let pass = 0; pass < 3; pass++) await check(source);
    await source.remove();
  });

  it("takes the rest of a pass from the text when the file cannot be read, and says so", async () => {
    for (const good of [0, 1, 2]) {
      const told: string[] = [];
      let reads = 0;
      const open = async () => {
        const file = await openSpool();
        const read = (from: number, to: number) =>
          reads++ < good ? file.read(from, to) : Promise.reject(new Error("a bad sector"));
        return { ...file, read };
      };
      const source = new SpooledBatches(encode, open, (message) => told.push(message));
      for (let pass = 0; pass < 3; pass++) await check(source);
      await source.remove();
      expect(told).toEqual(["word ids are not kept, epochs read the text: a bad sector"]);
    }
  });

  it("tells that the file could not be removed, and no more", async () => {
    const told: string[] = [];
    const open = async () => {
      const file = await openSpool();
      const remove = () => file.remove().then(() => Promise.reject(new Error("it is locked")));
      return { ...file, remove };
    };
    const source = new SpooledBatches(encode, open, (message) => told.push(message));
    await check(source);
    await source.remove();
    expect(told).toEqual(["the temporary file of word ids was not removed: it is locked"]);
  });

  it("goes on without the file when it fails, and says so", async () => {
    const broken = (fail: Partial<SpoolFile>) => async () => ({ ...(await openSpool()), ...fail });
    const full = () => Promise.reject(new Error("no space left"));
    for (const open of [full, broken({ append: full }), broken({ seal: full })]) {
      const told: string[] = [];
      const source = new SpooledBatches(encode, open, (message) => told.push(message));
      for (let pass = 0; pass < 2; pass++) await check(source);
      await source.remove();
      expect(told).toEqual(["word ids are not kept, epochs read the text: no space left"]);
    }
  });
});
