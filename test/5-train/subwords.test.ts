// Models whose words are composed of subwords, from the build.

import { describe, expect, it } from "vitest";
import { loadModel, type Model, readCheckpoint, TrainingControl, type TrainOptions, train } from "wasm2vec";
import { evaluateWordPairs } from "wasm2vec/evaluate";
import { Random } from "../../src/base/random";
import { Subwords } from "../../src/model/subwords";
import { sha256, text } from "../support/same-bytes";
import { unshared } from "../support/unshared";

const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3, maxn: 5, buckets: 500 };

/** n-grams that no word has share no bucket with others */
const exact: TrainOptions = { ...small, buckets: undefined, exactNgrams: true };

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

async function bytesOf(model: Model<unknown>): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  await model.save(async (chunks) => {
    bytes = new Uint8Array(await joined(chunks));
  });
  return bytes;
}

/** The rows of subwords, and those of words, as a file of the model holds them. */
async function rowsOf(model: Model<unknown>) {
  const { tensors, vocabulary, options } = readCheckpoint(await bytesOf(model));
  const subwords = await Subwords.of(vocabulary.words, options);
  return { subwords, rows: tensors.subwords!, inputs: tensors.inputs, words: vocabulary.words, dim: options.dim };
}

/** (6.10) of docs/math.md */
async function expectMeans(model: Model<unknown>): Promise<void> {
  const { subwords, rows, inputs, words, dim } = await rowsOf(model);
  expect(subwords.count).toBeGreaterThan(words.length + 50);
  for (const [id, word] of words.entries()) {
    const list = subwords.list.subarray(subwords.starts[id], subwords.starts[id + 1]);
    for (let d = 0; d < dim; d++) {
      const numbers = [...list].map((row) => rows[row * dim + d]);
      const sum = numbers.reduce((a, b) => a + b, 0);
      const most = Math.max(1, ...numbers.map(Math.abs));
      expect(Math.abs(inputs[id * dim + d] - sum / list.length)).toBeLessThan(3e-6 * most);
    }
    expect([...model.vectors.get(word)]).toEqual([...inputs.subarray(id * dim, (id + 1) * dim)]);
  }
}

const WAYS: [name: string, options: TrainOptions][] = [
  ["the grid", { threads: 2 }],
  ["the grid in process", { worker: false }],
  ["the grid, without shared memory", { threads: 2, wasm: unshared() }],
  ["the grid, with the js kernel", { kernel: "js" }],
  ["CBOW, one thread", { model: "cbow", threads: 1 }],
  ["CBOW, in process", { model: "cbow", worker: false }],
  ["CBOW, hogwild", { model: "cbow", threads: 2 }],
  ["CBOW, without shared memory", { model: "cbow", threads: 2, wasm: unshared() }],
  ["hierarchical softmax", { loss: "hierarchical-softmax", threads: 1 }],
  ["softmax", { loss: "softmax", threads: 1, dim: 4, window: 1 }],
];

describe("words composed of subwords", () => {
  it.each(WAYS)("have the mean of their rows: %s", async (_, options) => {
    await expectMeans(await train(text, { ...small, ...options }));
  });

  it.each(WAYS.filter(([name]) => !/softmax/.test(name)))(
    "have the mean of their rows after a training that was broken off: %s",
    async (_, options) => {
      const model = await train(text, { ...small, ...options });
      const before = sha256(model.vectors.matrix);
      const [control, stop] = [new TrainingControl(), new AbortController()];
      const training = model.train(text, { epochs: 200, control, signal: stop.signal });
      const stopped = expect(training).rejects.toThrow("enough");
      // the second comes after a step of training
      for (let look = 0; look < 2; look++) await control.look();
      stop.abort(new Error("enough"));
      await stopped;
      expect(sha256(model.vectors.matrix)).not.toBe(before);
      await expectMeans(model);
    },
  );

  it.each([10_000, 30_000])("learn from a text of %d words at the default rate", async (tokens) => {
    const random = Random.from(tokens, 0);
    const ends = ["ing", "ed", "ly", "ness"];
    const word = () => {
      const rank = Math.floor(300 ** (random.next() / 2 ** 32)) - 1;
      return `${(rank * 7919).toString(36)}${ends[rank % 4]}`;
    };
    const lines = Array.from({ length: tokens / 20 }, () => Array.from({ length: 20 }, word));
    const { history } = await train(lines, { maxn: 5, minCount: 1, epochs: 10, dim: 50 });
    expect(history.map(({ lowered = 0 }) => lowered)).toEqual(Array(10).fill(0));
    expect(history.at(-1)!.loss).toBeLessThan(0.6);
  });

  it("are composed in a look too, as training had them then", async () => {
    const [control, stop] = [new TrainingControl(), new AbortController()];
    const training = train(text, { ...exact, epochs: 500, control, signal: stop.signal });
    const first = (await control.look()).vectors;
    const [known, unseen] = [first.get("topic0_0"), first.get("topic0_0th")];
    const second = (await control.look()).vectors;
    expect(second.get("topic0_0th")).not.toEqual(unseen);
    expect([first.get("topic0_0"), first.get("topic0_0th")]).toEqual([known, unseen]);
    stop.abort(new Error("enough"));
    await expect(training).rejects.toThrow("enough");
  });

  it("are the same whoever trains them, with more and less threads, in process and without shared memory", async () => {
    const ways = [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { worker: false }, { threads: 2, wasm: unshared() }];
    const hashes = new Set<string>();
    for (const way of [...ways, { threads: 2, kernel: "scalar" }] as TrainOptions[]) {
      const model = await train(text, { ...small, ...way });
      const { rows } = await rowsOf(model);
      hashes.add(sha256(model.vectors.matrix) + sha256(rows));
    }
    expect(hashes.size).toBe(1);
    const cbow = new Set<string>();
    for (const way of [{ threads: 1 }, { worker: false }, { threads: 1, wasm: unshared() }] as TrainOptions[])
      cbow.add(sha256((await train(text, { ...small, ...way, model: "cbow" })).vectors.matrix));
    expect(cbow.size).toBe(1);
  });

  it.each(WAYS.filter(([name]) => !/hogwild|js/.test(name)))(
    "go on from a checkpoint, bit for bit: %s",
    async (_, options) => {
      const asked = { ...small, ...options, learningRate: 0.05 };
      const whole = await train(text, asked);
      let held: Uint8Array | undefined;
      const [control, stop] = [new TrainingControl(), new AbortController()];
      let passes = 0;
      function* corpus() {
        const pass = passes++;
        for (let i = 0; i < text.length; i++) {
          if (pass === 1 && i === 2500)
            control.checkpoint().then(() => stop.abort(new Error("stopped")), stop.abort.bind(stop));
          yield text[i];
        }
      }
      const write = async (chunks: AsyncIterable<Uint8Array>) => {
        held = await joined(chunks);
      };
      const training = train(corpus, { ...asked, control, signal: stop.signal, checkpoint: { every: "1h", write } });
      await expect(training).rejects.toThrow("stopped");
      const { threads, ...way } = options;
      // where memory is not shared, one trained
      const resumed = await train(text, { ...way, ...(way.wasm ? {} : { threads }), resume: readCheckpoint(held!) });
      expect(sha256(resumed.vectors.matrix)).toBe(sha256(whole.vectors.matrix));
      expect(sha256((await rowsOf(resumed)).rows)).toBe(sha256((await rowsOf(whole)).rows));
    },
  );

  it("have vectors where they were never seen, in every query", async () => {
    const { vectors } = await train(text, exact);
    const unseen = "topic0_0th";
    expect(vectors.words.includes(unseen)).toBe(false);
    expect([vectors.has(unseen), vectors.isComposed(unseen), vectors.isComposed("topic0_0")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(vectors.similarity(unseen, "topic0_0")).toBeGreaterThan(0.5);
    expect(vectors.mostSimilar(unseen, { topN: 3 })).toHaveLength(3);
    expect(vectors.mostSimilarBatch([unseen, "topic0_0"], { topN: 2 })[0]).toHaveLength(2);
    expect(vectors.mostSimilar({ positive: [unseen], negative: ["topic3_0"] }, { topN: 1 })).toHaveLength(1);
    expect(vectors.analogy("topic0_0", "topic0_1", unseen, { topN: 1 })).toHaveLength(1);
    expect(vectors.doesntMatch([unseen, "topic0_0", "topic3_1"])).toBe("topic3_1");
    const among = vectors.mostSimilar(unseen, { among: ["topic0_0", "topic3_0", "topic0_0x"], topN: 2 });
    expect(among.map(({ word }) => word)).not.toContain("topic3_0");
    // nothing of it is known
    expect(vectors.has("ßßß")).toBe(false);
    expect(() => vectors.get("ßßß")).toThrow(/"ßßß" is not among/);
    expect(() => vectors.mostSimilar("topic0_0", { among: ["ßßß"] })).toThrow(/"ßßß" is not among/);
    expect(vectors.mostSimilar("topic0_0", { among: ["ßßß", "topic0_1"], missing: "skip" })).toHaveLength(1);
  });

  it("are evaluated where they are composed, unless that is not wanted", async () => {
    const { vectors } = await train(text, exact);
    const pairs = [
      ["topic0_0", "topic0_0th", 9],
      ["topic0_0", "topic0_1", 8],
      ["topic0_0", "topic3_1", 1],
      ["topic0_0", "ßßß", 1],
    ] as const;
    expect(evaluateWordPairs(vectors, pairs)).toMatchObject({ pairs: 3, composed: 1, skipped: 1 });
    expect(evaluateWordPairs(vectors, pairs, { composed: false })).toMatchObject({ pairs: 2, composed: 0, skipped: 2 });
  });

  it("have rows of their own n-grams, or share buckets", async () => {
    const words = ["where", "here"];
    const own = await Subwords.of(words, { minn: 3, maxn: 4, buckets: 1, exactNgrams: true });
    expect(own.keys).toEqual(
      ["<wh", "<whe", "whe", "wher", "her", "here", "ere", "ere>", "re>", "<he", "<her", "here"].filter(
        (key, i, all) => all.indexOf(key) === i,
      ),
    );
    const one = await Subwords.of(words, { minn: 3, maxn: 4, buckets: 1, exactNgrams: false });
    expect(one.count).toBe(3);
    // once for each of its n-grams
    expect([...one.list.subarray(0, one.starts[1])]).toEqual([0, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it("stay where they are frozen, and begin where they are told to", async () => {
    const { vectors } = await train(text, { ...small, epochs: 1 });
    const frozen = ["topic0_0", "topic3_1"];
    for (const model of ["skipgram", "cbow"] as const) {
      const next = await train(text, { ...small, model, initialVectors: vectors, freeze: frozen, seed: 5 });
      for (const word of frozen) expect(next.vectors.get(word)).toEqual(vectors.get(word));
      expect(next.vectors.get("topic0_1")).not.toEqual(vectors.get("topic0_1"));
    }
  });

  it("keep their rows when the vocabulary grows", async () => {
    const model = await loadModel(await bytesOf(await train(text, small)));
    const before = await rowsOf(model);
    await model.train(
      ["topic0_0 brandnew topic0_1", "brandnew newest topic0_0"].map((line) => line.split(" ")),
      {
        ...{ updateVocabulary: true, epochs: 1, learningRate: 1e-9 },
      },
    );
    const after = await rowsOf(model);
    expect(after.words).toContain("brandnew");
    for (const key of before.subwords.keys) {
      const [from, to] = [before.subwords.rowOf(key)!, after.subwords.rowOf(key)!];
      for (let d = 0; d < 20; d++) expect(after.rows[to * 20 + d]).toBeCloseTo(before.rows[from * 20 + d], 5);
    }
  });

  it.each<[TrainOptions, RegExp]>([
    [{ minn: 2 }, /"minn" goes with "maxn" >= 1, got "maxn" 0: give "maxn"/],
    [{ buckets: 10 }, /"buckets" goes with "maxn" >= 1/],
    [{ exactNgrams: true }, /"exactNgrams" goes with "maxn" >= 1/],
    [{ maxn: 3, minn: 4 }, /"minn" expected integer 1 to 3, got 4/],
    [{ maxn: 3, blocks: "rows" }, /"blocks" .*subwords/],
    [{ maxn: 3, cluster: "redis://localhost" }, /"cluster" .*subwords/],
  ])("are refused with %o", async (options, message) => {
    await expect(train(text, options)).rejects.toThrow(message);
  });
});
