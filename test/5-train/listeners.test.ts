// What ends a training: an abort while something is waited for, and listeners that fail.

import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Model, TrainingControl, type TrainOptions, textCorpus, train } from "wasm2vec";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";
import { unshared } from "../support/unshared";

const text = sampleText(2000, 1, 75);
const small: TrainOptions = { dim: 8, epochs: 3, minCount: 1, threads: 1 };
const never = new Promise<never>(() => {});

describe("an abort ends training at once while", () => {
  /** Aborts as soon as the source, or listener, says that it waits; the test times out if that is not heeded. */
  async function abortWhen(
    start: (waits: () => Promise<never>, signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const abort = new AbortController();
    const reason = new Error("stop it");
    const waits = () => {
      setTimeout(() => abort.abort(reason));
      return never;
    };
    const training = start(waits, abort.signal);
    await expect(training).rejects.toBe(reason);
  }

  it("a source is counted that gives no answer", () =>
    abortWhen((waits, signal) => {
      async function* corpus() {
        yield* text;
        await waits();
      }
      return train(corpus, { ...small, signal });
    }));

  it.each([
    ["one thread", {}],
    ["hogwild", { threads: 2, model: "cbow" }],
    ["the grid", { threads: 2 }],
    ["a ring", { threads: 2, wasm: unshared() }],
    ["in process", { worker: false }],
  ] as [string, TrainOptions][])("it is trained on: %s", (_, options) =>
    abortWhen((waits, signal) => {
      let pass = 0;
      async function* corpus() {
        yield* text;
        if (pass++ === 0) return;
        await waits();
      }
      return train(corpus, { ...small, ...options, signal });
    }),
  );

  it("a response has no more bytes", () =>
    abortWhen((waits, signal) => {
      const stalled = () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode("a b c\n".repeat(100))),
            pull: waits,
          }),
        );
      return train(textCorpus(stalled), { ...small, signal });
    }));

  it.each(["onEpochEnd", "onVocabulary"])("%s does not come back", (name) =>
    abortWhen((waits, signal) => train(text, { ...small, signal, [name]: waits })),
  );

  it("a checkpoint is looked for", async () => {
    await abortWhen((waits, signal) => {
      const checkpoint = { write: async () => {}, read: waits };
      return train(text, { ...small, signal, checkpoint });
    });
  });

  it("a model reads the words of a text to grow by, or to train on", async () => {
    const model = await train(text, small);
    for (const updateVocabulary of [true, false])
      await abortWhen((waits, signal) => {
        async function* corpus() {
          yield* text;
          await waits();
        }
        return model.train(corpus, { updateVocabulary, signal });
      });
    // it is as it was, and can be trained on
    await model.train(text, { epochs: 1 });
    expect(model.history).toHaveLength(4);
  });

  it("was aborted before it began, without a pass over the corpus", async () => {
    const signal = AbortSignal.abort(new Error("before"));
    const corpus = () => {
      throw new Error("was read");
    };
    await expect(train(corpus, { ...small, signal })).rejects.toThrow("before");
  });
});

describe("a listener that fails ends training with its error", () => {
  const failing = {
    throws: () => {
      throw new Error("mine");
    },
    rejects: () => Promise.reject(new Error("mine")),
  };
  it.each(["onProgress", "onEpochEnd", "onVocabulary"] as const)("%s", async (name) => {
    for (const listener of Object.values(failing))
      await expect(train(sampleText(20_000), { ...small, epochs: 50, [name]: listener })).rejects.toThrow("mine");
  });

  it("onWarning", async () => {
    const write = () => Promise.reject(new Error("full"));
    for (const onWarning of Object.values(failing))
      await expect(
        train(text, { ...small, epochs: 100, checkpoint: { every: "1epoch", write }, onWarning }),
      ).rejects.toThrow("mine");
  });

  it("though it rejects when all has been trained", async () => {
    const onProgress = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error("late");
    };
    await expect(train(text, { ...small, epochs: 1, onProgress })).rejects.toThrow("late");
  });

  it("and not the process", async () => {
    const script = `
      import { train } from ${JSON.stringify(new URL("../../build/node.js", import.meta.url).href)};
      const text = Array.from({ length: 5000 }, (_, i) => ["a", "b", "c", "d" + (i % 50)]);
      const onProgress = async () => { throw new Error("mine"); };
      await train(text, { epochs: 200, minCount: 1, onProgress }).catch((error) => console.log("caught", error.message));`;
    const output = await new Promise((resolve) =>
      execFile(process.execPath, ["--input-type=module", "-e", script], (error, stdout) =>
        resolve([error?.code, stdout]),
      ),
    );
    expect(output).toEqual([undefined, "caught mine\n"]);
  });

  it("refuses listeners and signals that are none", async () => {
    for (const name of ["onProgress", "onVocabulary", "onEpochEnd", "onWarning"])
      await expect(train(text, { [name]: 5 })).rejects.toThrow(`"${name}" expected a function, got 5`);
    await expect(train(text, { signal: {} as AbortSignal })).rejects.toThrow('"signal" expected an AbortSignal');
    const model: Model<never> = await train(text, small);
    await expect(model.train(text as never, null as never)).rejects.toThrow("options expected an object, got null");
    await expect(train(text, null as never)).rejects.toThrow("options expected an object, got null");
  });
});

describe("TrainingControl", () => {
  it("after the end refuses looks and checkpoints, and serves another training", async () => {
    const control = new TrainingControl();
    const model = await train(text, { ...small, control });
    await expect(control.look()).rejects.toThrow("training has ended, the model is what train returns");
    await expect(control.checkpoint()).rejects.toThrow("training has ended, no checkpoint was written");
    let seen = 0;
    const look = () =>
      control.look().then(
        () => seen++,
        () => {},
      );
    await model.train(text, { epochs: 20, control, onEpochEnd: () => void look() });
    expect(seen).toBeGreaterThan(0);
    await expect(control.look()).rejects.toThrow("training has ended");
  });

  it.each([
    ["one thread", { threads: 1 }],
    ["hogwild", { threads: 2, model: "cbow" }],
    ["the grid", { threads: 2 }],
    ["a ring", { threads: 2, wasm: unshared() }],
    ["in process", { worker: false }],
  ] as [string, TrainOptions][])(
    "has checkpoints written, and shows the model, while the text is waited for: %s",
    async (_, options) => {
      const long = sampleText(4500, 1, 75);
      const given = { ...small, epochs: 2, ...options };
      const whole = await train(long, given);
      const control = new TrainingControl();
      const abort = new AbortController();
      const { files, write, read } = store();
      let pass = 0;
      async function* corpus() {
        // counted, and trained on once
        if (pass++ < 2) return yield* long;
        yield* long.slice(0, 4000);
        setTimeout(async () => {
          await control.look();
          await control.checkpoint();
          await control.checkpoint();
          abort.abort(new Error("seen"));
        }, 100);
        await never;
      }
      const training = train(corpus, { ...given, control, checkpoint: { write }, signal: abort.signal });
      await expect(training).rejects.toThrow("seen");
      expect(files).toHaveLength(2);
      const resumed = await train(long, { resume: read() });
      expect(resumed.history).toHaveLength(2);
      if (whole.history[0].reproducible) expect(resumed.vectors.matrix).toEqual(whole.vectors.matrix);
    },
  );

  it("serves one training at a time, and refuses looks at one whose options are refused", async () => {
    const control = new TrainingControl();
    const first = train(text, { ...small, control });
    await expect(train(text, { ...small, control })).rejects.toThrow('"control" is in use by another training');
    await first;
    const other = new TrainingControl();
    const look = expect(other.look()).rejects.toThrow("training has ended");
    await expect(train(text, { dim: 0, control: other })).rejects.toThrow('"dim"');
    await look;
  });
});
