// Checkpoints: what is resumed ends with the bytes of what was not interrupted.

import { mkdtempSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  type Checkpoint,
  type CheckpointOptions,
  FormatError,
  type Model,
  readCheckpoint,
  TrainingControl,
  type TrainOptions,
  train,
} from "wasm2vec";
import { fileCheckpoint, loadCheckpoint } from "wasm2vec/files";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";
import { unshared } from "../support/unshared";

const text = sampleText(8000);
/** words enough for eight blocks */
const wide = sampleText(8000, 1, 600);
/** two blocks, of words that are soon learnt */
const mid = sampleText(8000, 1, 75);
const small: TrainOptions = { dim: 20, epochs: 3, minCount: 1, subsample: 2e-3 };

/** Trains until it has read so far, and returns the checkpoint written there. Pass 0 counts words. */
async function interruptAt(
  pass: number,
  sentence: number,
  options: TrainOptions,
  sentences = text,
): Promise<Checkpoint> {
  const { files, write, read } = store();
  const control = new TrainingControl();
  const abort = new AbortController();
  let passes = 0;
  function* corpus() {
    const own = passes++;
    for (let i = 0; i < sentences.length; i++) {
      if (own === pass && i === sentence)
        control.checkpoint().then(() => abort.abort(new Error("interrupted")), abort.abort.bind(abort));
      yield sentences[i];
    }
  }
  const training = train(corpus, { ...options, control, signal: abort.signal, checkpoint: { every: "1h", write } });
  await expect(training).rejects.toThrow("interrupted");
  expect(files).toHaveLength(1);
  return read();
}

/** From the first batch to the last epoch. */
const places: [pass: number, sentence: number][] = [
  [1, 0],
  [1, 3000],
  [1, 7999],
  [2, 4000],
  [3, 2000],
];

/** Ways to train whose bytes are the same each time. */
const SAME: TrainOptions[] = [
  { threads: 1 },
  { threads: 3 },
  { threads: 3, wasm: unshared() },
  { worker: false },
  { threads: 1, model: "cbow" },
];

/** All that a training leaves, times left out. */
const traces = (model: Model<never>) => ({
  vectors: model.vectors.matrix.slice(),
  outputs: model.options.loss === "hierarchical-softmax" ? undefined : model.outputVectors.matrix.slice(),
  history: model.history.map(({ seconds: _, wordsPerSecond: __, ...record }) => record),
});

describe("resume", () => {
  const ways: Record<string, TrainOptions> = {
    "one thread": { threads: 1 },
    "one thread, CBOW": { threads: 1, model: "cbow" },
    "one thread, hierarchical softmax": { threads: 1, loss: "hierarchical-softmax" },
    "in process": { worker: false },
    "js kernel": { threads: 1, kernel: "js" },
    "3 threads": { threads: 3 },
    "a ring of 3": { threads: 3, wasm: unshared() },
    "reproducible, hierarchical softmax": { reproducible: true, loss: "hierarchical-softmax" },
    "frozen words": { threads: 1, freeze: ["topic0_0", "common1"] },
  };

  it.each(Object.entries(ways))("gives the bytes of the training that was not interrupted: %s", async (_, options) => {
    const sentences = options.threads === 3 ? wide : text;
    const whole = traces(await train(sentences, { ...small, ...options }));
    const reached = new Set<string>();
    for (const [pass, sentence] of places) {
      const resume = await interruptAt(pass, sentence, { ...small, ...options }, sentences);
      const { epochs, batches, steps } = resume.position;
      reached.add(`${epochs} ${batches} ${steps}`);
      // draws go by the place in the text: no generator has a state to be kept
      expect((resume as unknown as { random: unknown[] }).random.length).toBe(resume.mode === "grid" ? 0 : 1);
      const { worker, wasm } = options;
      expect(traces(await train(sentences, { resume, worker, wasm })), `${pass}, ${sentence}`).toEqual(whole);
    }
    expect(reached.size).toBe(places.length);
  });

  /** Where a training of the grid goes on, whatever it began as. */
  const others: Record<string, TrainOptions> = {
    "1 thread": { threads: 1 },
    "3 threads": { threads: 3 },
    "in process": { worker: false, threads: "auto" },
    "a ring of 2": { threads: 2, wasm: unshared() },
    "a ring of 5": { threads: 5, wasm: unshared() },
    "the scalar kernel": { kernel: "scalar", threads: 2 },
  };

  it.each<[string, TrainOptions]>([
    ["2 threads", { threads: 2 }],
    ["a ring of 3", { threads: 3, wasm: unshared() }],
    ["in process", { worker: false }],
  ])(
    "goes on from the midst of chunks, asked for while it trains, whoever trains then: %s",
    { timeout: 300_000 },
    async (_, options) => {
      const given = { ...small, learningRate: 0.1, ...options };
      const [control, { files, write, read }] = [new TrainingControl(), store()];
      const asking = (async () => {
        for (;;) await control.checkpoint();
      })();
      const ended = expect(asking).rejects.toThrow("training has ended");
      const whole = await train(wide, { ...given, control, checkpoint: { every: "1h", write } });
      await ended;
      // asking changes nothing
      expect(whole.vectors.matrix).toEqual((await train(wide, given)).vectors.matrix);
      // one of each step that a chunk was left at, wherever in the text
      const places = new Map<number, number>();
      files.forEach((_, number) => {
        const { steps, epochs, words } = read(number).position;
        if (epochs < 3) places.set(steps + 8 * Number(words > 40_000), number);
      });
      expect([...places.keys()].filter((place) => place % 8 > 0).length).toBeGreaterThan(3);
      const names = Object.keys(others);
      let turn = 0;
      for (const number of places.values()) {
        const way = names[turn++ % names.length];
        const model = await train(wide, { resume: read(number), ...others[way] });
        expect(traces(model).vectors, `${way}, ${JSON.stringify(read(number).position)}`).toEqual(whole.vectors.matrix);
        expect(traces(model).outputs, way).toEqual(traces(whole).outputs);
        if (others[way].kernel === undefined)
          expect(model.history.map(({ loss }) => loss)).toEqual(whole.history.map(({ loss }) => loss));
      }
    },
  );

  it("goes on in the midst of a chunk again and again, each time with other threads", async () => {
    const given = { ...small, learningRate: 0.1, epochs: 2 };
    const whole = traces(await train(wide, { ...given, threads: 1 }));
    const names = Object.keys(others).filter((way) => others[way].kernel === undefined);
    let resume: Checkpoint | undefined;
    let model: Model<never> | undefined;
    const steps: number[] = [];
    for (let turn = 0; model === undefined; turn++) {
      const [control, abort] = [new TrainingControl(), new AbortController()];
      const { write, read, files } = store();
      const way = others[names[turn % names.length]];
      const shared = { ...way, control, signal: abort.signal, checkpoint: { every: "1h", write } };
      const training = train(wide, resume ? { ...shared, resume } : { ...given, ...shared });
      // one of the first, or as many as there are before the end
      const stopping = (async () => {
        for (let i = 0; i < 5 + (turn % 4); i++) await control.checkpoint();
        abort.abort(new Error("interrupted"));
      })().catch(() => {});
      model = await training.catch((error) => {
        expect(error.message).toContain("interrupted");
        return undefined;
      });
      await stopping;
      if (files.length > 0) resume = read();
      steps.push(resume!.position.steps);
      expect(turn).toBeLessThan(100);
    }
    expect(steps.some((done) => done > 0)).toBe(true);
    expect(steps.length).toBeGreaterThan(3);
    const { vectors, outputs, history } = traces(model);
    expect(vectors).toEqual(whole.vectors);
    expect(outputs).toEqual(whole.outputs);
    // but for the threads that trained it
    const figures = ({ threads: _, ...record }: (typeof history)[number]) => record;
    expect(history.map(figures)).toEqual(whole.history.map(figures));
  });

  it.each<[string, TrainOptions]>([
    ["one thread", { threads: 1 }],
    ["hierarchical softmax", { threads: 1, loss: "hierarchical-softmax" }],
    ["subwords", { threads: 1, maxn: 3 }],
  ])("refuses one that stands at a step that a chunk has not, which would never end: %s", async (_, options) => {
    const resume = await interruptAt(1, 3000, { ...small, ...options }, wide);
    resume.position.steps = 64;
    const resuming = train(wide, { resume });
    await expect(resuming).rejects.toThrow(FormatError);
    await expect(resuming).rejects.toThrow(
      /^stored: "steps" expected less than \d+, got 64: use the wasm2vec that wrote it/,
    );
  });

  it("goes on from what was kept when the text failed in the midst of a pass", async () => {
    const whole = traces(await train(wide, { ...small, threads: 1 }));
    for (const options of [{ threads: 2 }, { threads: 3, wasm: unshared() }, { worker: false }]) {
      const { write, read, files } = store();
      let pass = 0;
      function* corpus() {
        yield* wide.slice(0, 5000);
        if (pass++ === 2) throw new Error("the cable was pulled");
        yield* wide.slice(5000);
      }
      const training = train(corpus, { ...small, ...options, checkpoint: { every: "1h", write } });
      await expect(training).rejects.toThrow(/^the cable was pulled; the checkpoint holds training up to word \d+/);
      expect(files).toHaveLength(1);
      expect(read().position.epochs).toBe(1);
      expect(traces(await train(wide, { resume: read(), threads: 1 }))).toEqual({
        ...whole,
        history: whole.history.map((record, i) => ({ ...record, threads: i === 0 ? (options.threads ?? 1) : 1 })),
      });
    }
  });

  it("may go on with other threads, another transport and another exact kernel", async () => {
    const options: TrainOptions = { ...small, threads: 2 };
    const { vectors } = traces(await train(wide, options));
    const resume = await interruptAt(2, 3000, options, wide);
    for (const [way, other] of Object.entries(others))
      expect((await train(wide, { resume, ...other })).vectors.matrix, way).toEqual(vectors);
  });

  it("goes on with hogwild, whose bytes are never the same", async () => {
    const resume = await interruptAt(1, 3000, { ...small, threads: 3, model: "cbow" });
    expect(resume.mode).toBe("hogwild");
    for (const threads of [2, 4]) {
      const { history } = await train(text, { resume, threads });
      expect(history).toHaveLength(3);
      expect(history[2]).toMatchObject({ threads, parallel: "hogwild", words: history[0].words });
    }
  });

  it("takes a training that is done as it is, and one that onEpochEnd has stopped", async () => {
    const { write, read } = store();
    let epochs = 0;
    const onEpochEnd = () => ++epochs < 2;
    const model = await train(text, { ...small, threads: 1, checkpoint: { write }, onEpochEnd });
    const again = await train(text, { resume: read() });
    expect(again.history).toHaveLength(2);
    expect(again.vectors.matrix).toEqual(model.vectors.matrix);
  });

  it("resumes a model that was trained on", async () => {
    const other = sampleText(3000, 5);
    const options = { ...small, threads: 1 };
    const whole = await (await train(text, options)).train(other, { epochs: 2, learningRate: 0.01 });
    const { write, read } = store();
    const part = await train(text, options);
    let epochs = 0;
    const stop = () => {
      if (++epochs === 2) throw new Error("stop");
    };
    const more = { epochs: 2, learningRate: 0.01, checkpoint: { every: "1epoch", write }, onEpochEnd: stop };
    await expect(part.train(other, more)).rejects.toThrow(
      /stop; the checkpoint holds training up to word \d+, of epoch 5/,
    );
    const resumed = await train(other, { resume: read() });
    expect(traces(resumed)).toEqual(traces(whole));
  });

  it("refuses another corpus, wherever it was interrupted, and says how it differs", async () => {
    const options = { ...small, threads: 1 };
    const checkpoints = [await interruptAt(1, 3000, options), await interruptAt(2, 3000, options)];
    const others = {
      shuffled: [[...text].reverse(), /it starts with other words/],
      "with another end": [
        [...text.slice(0, -1), ["common1", "common2"]],
        /it has \d+ words of the vocabulary, and had \d+/,
      ],
      "cut off": [text.slice(0, 10), /it (has|ends|starts)/],
      "grown, as a log file does": [[...text, ...sampleText(1)], /it has \d+ words of the vocabulary, and had \d+/],
      other: [sampleText(8000, 2), /it starts with other words/],
    } as const;
    for (const resume of checkpoints)
      for (const [name, [other, difference]] of Object.entries(others)) {
        const training = train(other, { resume });
        await expect(training, name).rejects.toThrow("corpus is not the corpus that the checkpoint");
        await expect(training, name).rejects.toThrow(difference);
      }
    // nothing was trained: that the words are as many is all that is known
    const early = await interruptAt(1, 0, options);
    await expect(train([...text, ["common1"]], { resume: early })).rejects.toThrow("corpus is not the corpus");
  });

  it("notices words that were changed after the place of the checkpoint, once an epoch is done", async () => {
    const resume = await interruptAt(2, 3000, { ...small, threads: 1 });
    const changed = [...text.slice(0, -1), text.at(-1)!.map((word) => (word === "common1" ? "common2" : "common1"))];
    await expect(train(changed, { resume })).rejects.toThrow("its words, or their order, have changed");
  });

  it("needs no corpus for a training that is done", async () => {
    const { write, read } = store();
    const model = await train(text, { ...small, threads: 1, checkpoint: { write } });
    const again = await train(
      () => {
        throw new Error("was read");
      },
      { resume: read() },
    );
    expect(again.vectors.matrix).toEqual(model.vectors.matrix);
  });

  it("refuses options that clash, and takes those that do not", async () => {
    const resume = await interruptAt(2, 3000, { ...small, threads: 1 });
    const clashes: TrainOptions[] = [
      ...[{ dim: 30 }, { epochs: 4 }, { seed: 2 }, { learningRate: 0.1 }, { loss: "softmax" }, { kernel: "relaxed" }],
      ...[{ reproducible: true }, { keep: () => true }, { vocabulary: resume.vocabulary }, { freeze: ["common1"] }],
    ] as TrainOptions[];
    for (const clash of clashes)
      await expect(train(text, { ...clash, resume })).rejects.toThrow(
        new RegExp(`"${Object.keys(clash)[0]}" clashes with "resume": .*leave it out`),
      );
    await train(text, { ...small, resume, kernel: "scalar", onProgress: () => {} });
    await expect(train(text, { resume: {} as Checkpoint })).rejects.toThrow(/"resume" expected a Checkpoint/);
  });
});

describe("a checkpoint's file", () => {
  it("says what is wrong with it, whatever byte is damaged, and wherever it is cut", async () => {
    const { write, files } = store();
    await train(text, { ...small, epochs: 1, threads: 1, freeze: ["common1"], checkpoint: { write } });
    const [bytes] = files;
    expect(readCheckpoint(bytes).vocabulary.size).toBeGreaterThan(200);
    for (let at = 0; at < bytes.length; at += at < 3000 ? 7 : 997) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << (at % 8);
      expect(() => readCheckpoint(damaged, "file"), `byte ${at}`).toThrow(/^file: /);
      expect(() => readCheckpoint(bytes.subarray(0, at), "file"), `cut at ${at}`).toThrow(/^file: /);
    }
    expect(() => readCheckpoint(Buffer.from("words 12\n"), "file")).toThrow("a checkpoint what training wrote");
    const newer = Buffer.from(
      Buffer.from(bytes).toString("latin1").replace('"version":"6"', '"version":"9"'),
      "latin1",
    );
    expect(() => readCheckpoint(newer, "file")).toThrow(
      'expected version 2 or 3 or 4 or 5 or 6 of the format, got "9": use the wasm2vec that wrote it',
    );
  });

  it("holds any words", async () => {
    const words = ["a\nb", "\udc80", "ü", '"', "\0"];
    const { write, read } = store();
    await train([words, words], { ...small, threads: 1, subsample: 0, checkpoint: { write } });
    expect([...read().vocabulary.words].sort()).toEqual([...words].sort());
  });

  it("is written whole over the one before, and nothing else stays", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm2vec-checkpoint-"));
    const file = join(folder, "training.ckpt");
    await train(text, { ...small, threads: 1, checkpoint: fileCheckpoint(file, "1epoch") });
    expect(await readdir(folder)).toEqual(["training.ckpt"]);
    expect((await loadCheckpoint(file)).history).toHaveLength(3);
    expect(readFileSync(file).includes("wasm2vec.model")).toBe(true);
    await expect(loadCheckpoint(join(folder, "none"))).rejects.toThrow(/cannot read ".*none": no such file/);
  });
});

describe("when checkpoints are written", () => {
  it.each(["1epoch", "2epochs"])("every %s, and at the end", async (every) => {
    const { files, write } = store();
    await train(text, { ...small, threads: 2, checkpoint: { every, write } });
    expect(files.map((bytes) => readCheckpoint(bytes).history.length)).toEqual(every === "1epoch" ? [1, 2, 3] : [2, 3]);
  });

  it("every so many seconds", async () => {
    let clock = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      clock += 20;
      return clock;
    });
    const kept = async (every: string) => {
      const { files, write } = store();
      await train(text, { ...small, threads: 1, checkpoint: { every, write } });
      return files.map((bytes) => readCheckpoint(bytes).position.words);
    };
    const [often, seldom] = [await kept("0.01s"), await kept("10h")];
    vi.restoreAllMocks();
    expect(new Set(often).size).toBeGreaterThan(3);
    // at the end
    expect(seldom).toHaveLength(1);
  });

  it("changes nothing in the result", async () => {
    for (const options of SAME) {
      const { write } = store();
      const kept = await train(wide, { ...small, ...options, checkpoint: { every: "0.005s", write } });
      expect(kept.vectors.matrix).toEqual((await train(wide, { ...small, ...options })).vectors.matrix);
    }
  });

  it.each(["3", "0s", "1.5epochs", "soon", "-1m"])('refuses "every" of %s', async (every) => {
    await expect(train(text, { checkpoint: { every, write: async () => {} } })).rejects.toThrow(/"every" expected/);
  });

  it("warns if one cannot be written, and trains on; without a listener training ends", async () => {
    const warnings: string[] = [];
    const write = () => Promise.reject(new Error("the disk is full"));
    const options = { ...small, threads: 1, checkpoint: { every: "1epoch", write } };
    const model = await train(text, { ...options, onWarning: (message) => warnings.push(message) });
    expect(model.history).toHaveLength(3);
    expect(warnings).toEqual(Array(3).fill("checkpoint not written: the disk is full"));
    await expect(train(text, options)).rejects.toThrow("checkpoint not written: the disk is full");
  });

  it("writes none for a training that onEpochEnd aborts, and leaves no rejection behind", async () => {
    const abort = new AbortController();
    const { files, write } = store();
    const options = { ...small, threads: 1, signal: abort.signal, checkpoint: { every: "1epoch", write } };
    await expect(train(text, { ...options, onEpochEnd: () => abort.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(files).toEqual([]);
  });

  it("is named in errors whose message can only be read, too", async () => {
    const error = new DOMException("no room", "QuotaExceededError");
    const { write } = store();
    let epochs = 0;
    const onEpochEnd = () => {
      if (++epochs === 2) throw error;
    };
    const training = train(text, { ...small, threads: 1, checkpoint: { every: "1epoch", write }, onEpochEnd });
    await expect(training).rejects.toThrow(/^no room; the checkpoint holds training up to word \d+, of epoch 2/);
  });

  it("stops though one is being written, and does not keep it", async () => {
    const abort = new AbortController();
    let goOn = () => {};
    const ended = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let whole = false;
    let writing: Promise<void> | undefined;
    const write: CheckpointOptions["write"] = (chunks) => {
      writing = (async () => {
        for await (const _ of chunks) {
          abort.abort();
          await ended;
        }
        whole = true;
      })();
      return writing;
    };
    const training = train(text, { ...small, signal: abort.signal, checkpoint: { every: "1epoch", write } });
    // the write goes on only after that
    await expect(training).rejects.toMatchObject({ name: "AbortError" });
    goOn();
    await expect(writing).rejects.toMatchObject({ name: "AbortError" });
    expect(whole).toBe(false);
  });
});

describe("TrainingControl", () => {
  it("pauses and resumes, with the bytes of a training without pauses", async () => {
    for (const options of SAME) {
      const control = new TrainingControl();
      const now = performance.now.bind(performance);
      let skipped = 0;
      vi.spyOn(performance, "now").mockImplementation(() => now() + skipped);
      const pause = async () => {
        control.pause();
        expect(control.paused).toBe(true);
        // training that went on would be a batch further each time
        const look = async () => (await control.look()).vectors.matrix.slice();
        try {
          const first = await look();
          for (let i = 0; i < 10; i++) expect(await look()).toEqual(first);
        } finally {
          skipped = 1e9;
          control.resume();
        }
      };
      let pausing: Promise<void> | undefined;
      const onProgress = ({ phase }: { phase: string }) => {
        if (phase === "training") pausing ??= pause();
      };
      const model = await train(mid, { ...small, ...options, control, onProgress }).finally(() => vi.restoreAllMocks());
      expect(pausing).toBeDefined();
      await pausing;
      // pauses are not training
      for (const { seconds } of model.history) expect(seconds * 1000).toBeLessThan(skipped);
      expect(model.vectors.matrix).toEqual((await train(mid, { ...small, ...options })).vectors.matrix);
    }
  });

  it("writes a checkpoint in a pause, and an abort ends the pause", async () => {
    const { files, write } = store();
    const control = new TrainingControl();
    const abort = new AbortController();
    control.pause();
    const training = train(text, { ...small, control, signal: abort.signal, checkpoint: { write } });
    await control.checkpoint();
    expect(files).toHaveLength(1);
    abort.abort();
    await expect(training).rejects.toMatchObject({ name: "AbortError" });
  });

  it("shows the model while it is trained, with the bytes of a training that nobody looks at", async () => {
    for (const options of SAME) {
      const control = new TrainingControl();
      const seen: number[] = [];
      const watch = async (): Promise<void> => {
        for (;;) {
          const { vectors } = await control.look();
          seen.push(vectors.similarity("topic0_0", "topic0_1") - vectors.similarity("topic0_0", "topic1_1"));
        }
      };
      const watching = expect(watch()).rejects.toThrow("training has ended, the model is what train returns");
      const model = await train(mid, { ...small, ...options, control });
      await watching;
      expect(seen.length).toBeGreaterThan(5);
      // what is seen is trained: words of a topic come together
      expect(seen.at(-1)!).toBeGreaterThan(0.5);
      expect(Math.abs(seen[0])).toBeLessThan(seen.at(-1)!);
      expect(model.vectors.matrix).toEqual((await train(mid, { ...small, ...options })).vectors.matrix);
    }
  });

  it("tells who asks for a checkpoint that there is none", async () => {
    const control = new TrainingControl();
    const asked = expect(control.checkpoint()).rejects.toThrow("there is nowhere to write a checkpoint");
    await train(text, { ...small, epochs: 1, control });
    await asked;
    const late = expect(control.checkpoint()).rejects.toThrow("training has ended");
    const abort = new AbortController();
    abort.abort();
    const options = { ...small, control, signal: abort.signal, checkpoint: { write: store().write } };
    await expect(train(text, options)).rejects.toMatchObject({ name: "AbortError" });
    await late;
    await expect(train(text, { control: {} as TrainingControl })).rejects.toThrow(/expected a TrainingControl/);
  });
});
