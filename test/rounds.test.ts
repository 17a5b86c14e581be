// The parts of a round, step by step: copies, stripes, and how changes are added up.

import { describe, expect, it } from "vitest";
import { Mark, Param, Part } from "../assembly/params";
import type { RoundsKernel } from "../src/kernel/kernel";
import type { LossName } from "../src/kernel/layout";
import { wordOfCell } from "../src/kernel/parts";
import { planKernel, startKernel } from "../src/kernel/pick";
import { huffmanTree } from "../src/math/huffman";
import { Random } from "../src/math/random";
import { Parameters } from "../src/model/parameters";
import { Vocabulary } from "../src/text/vocabulary";
import { SharedMeeting } from "../src/train/meeting";
import { companyOf, RoundMember } from "../src/train/rounds";

const WORDS = 600;
const DIM = 6;
const counts = Array.from({ length: WORDS }, (_, word) => 2000 - word);

async function setUp(parts: number, loss: LossName = "negative-sampling") {
  const vocabulary = new Vocabulary(counts.map((count, word) => [`w${word}`, count]));
  const parameters = new Parameters(
    vocabulary,
    {
      ...{ model: "skipgram", loss, negatives: 5, sharedNegatives: true, dim: DIM, seed: 3 },
      ...{ windowLeft: 2, windowRight: 2, shrinkWindows: true, windowWeights: [] },
      ...{ cbowCombine: "mean", cbowGradient: "undivided", subsample: 0, noiseExponent: 0.75 },
    } as const,
    { batchCapacity: 1000, lanes: parts, partWords: 500, shared: false },
  );
  const { memory, layout } = parameters;
  const random = Random.from(8, 0);
  for (const start of [layout.inputs, layout.outputs]) {
    for (let word = 0; word < WORDS; word++) {
      const row = new Float32Array(memory.buffer, start + word * layout.stride, DIM);
      row.forEach((_, d) => {
        row[d] = random.next() / 2 ** 32 - 0.5;
      });
    }
  }
  const kernel = startKernel(await planKernel("simd", false), memory) as RoundsKernel;
  return { parameters, kernel, rounds: parameters.rounds! };
}

const rows = ({ memory, layout }: Parameters, start: number, count: number) =>
  Array.from({ length: count }, (_, i) => [...new Float32Array(memory.buffer, start + i * layout.stride, DIM)]);

/** A part's block, and the copies and lists it points to. */
function readPart(parameters: Parameters, part: number) {
  const { buffer } = parameters.memory;
  const params = new DataView(buffer, parameters.layout.scratch[part].params, Param.size);
  const block = new DataView(buffer, params.getUint32(Param.part, true), Part.size);
  const get = (offset: Part) => block.getUint32(offset, true);
  const list = (at: Part, count: Part) => {
    const entries = new Uint32Array(buffer, get(at), 2 * get(count));
    return Array.from({ length: get(count) }, (_, i) => ({ row: entries[2 * i], updates: entries[2 * i + 1] }));
  };
  const inputs = list(Part.inputList, Part.inputCount);
  const outputs = list(Part.outputList, Part.outputCount);
  return {
    get,
    inputs,
    outputs,
    inputCopies: rows(parameters, get(Part.inputCopies), inputs.length),
    outputCopies: rows(parameters, get(Part.outputCopies), outputs.length),
    ids: [...new Uint32Array(buffer, params.getUint32(Param.ids, true), get(Part.length))],
  };
}

const sentence = [17, 3, 599, 3, 250, 17];
const batch = (words: number[]) => Uint32Array.of(...words, Mark.sentenceEnd);

function gather({ parameters, kernel }: Awaited<ReturnType<typeof setUp>>, part: number, words: number[]) {
  const { params, ids } = parameters.layout.scratch[part];
  new Uint32Array(parameters.memory.buffer, ids, words.length + 1).set(batch(words));
  kernel.gather(params, words.length + 1);
  return readPart(parameters, part);
}

describe("gather", () => {
  it("copies each row once, counts its occurrences, and writes the batch in places of copies", async () => {
    const setup = await setUp(2);
    const { inputs, outputs, ids, inputCopies, outputCopies } = gather(setup, 1, sentence);
    expect(inputs).toEqual([
      { row: 17, updates: 2 },
      { row: 3, updates: 2 },
      { row: 599, updates: 1 },
      { row: 250, updates: 1 },
    ]);
    expect(ids).toEqual([0, 1, 2, 1, 3, 0, Mark.sentenceEnd]);
    // the 200 most frequent words first, then 599 and 250
    expect(outputs.map(({ row }) => row)).toEqual([...Array.from({ length: 200 }, (_, word) => word), 599, 250]);
    const { parameters } = setup;
    const model = rows(parameters, parameters.layout.inputs, WORDS);
    expect(inputCopies).toEqual(inputs.map(({ row }) => model[row]));
    expect(outputCopies).toEqual(outputs.map(({ row }) => rows(parameters, parameters.layout.outputs, WORDS)[row]));
  });

  it("with a tree copies the nodes on the paths, and counts an update of each for each word below", async () => {
    const setup = await setUp(2, "hierarchical-softmax");
    const { inputs, outputs } = gather(setup, 0, sentence);
    const tree = huffmanTree(counts);
    const expected = new Map<number, number>();
    for (const { row, updates } of inputs)
      for (const node of tree.path(row).nodes) expected.set(node, (expected.get(node) ?? 0) + updates);
    expect(new Map(outputs.map(({ row, updates }) => [row, updates]))).toEqual(expected);
  });
});

describe("stripes", () => {
  it.each([1, 3, 8])("divide the words that are not hot among %i parts, with about equal weight", async (parts) => {
    const { rounds } = await setUp(parts);
    const drawn = rounds.stripes.map((stripe) =>
      Array.from({ length: stripe.cells }, (_, cell) => wordOfCell(stripe, parts, cell)),
    );
    const hot = Array.from({ length: 200 }, (_, word) => word);
    for (const words of drawn) expect(words.slice(0, 200)).toEqual(hot);
    const cold = drawn.flatMap((words) => words.slice(200));
    expect(cold.sort((a, b) => a - b)).toEqual(Array.from({ length: WORDS - 200 }, (_, i) => 200 + i));
    const weights = drawn.map((words) => words.slice(200).reduce((sum, word) => sum + counts[word], 0));
    expect(Math.max(...weights) / Math.min(...weights)).toBeLessThan(1.03);
  });
});

/** One thread that trains all parts. */
function alone({ parameters: { memory }, kernel, rounds }: Awaited<ReturnType<typeof setUp>>): RoundMember {
  const membership = { rounds, contexts: 3, thread: 0, threads: 1 };
  return new RoundMember(kernel, memory, membership, new SharedMeeting(memory, rounds, membership));
}

it("a word of short sentences has few others beside it, however they are cut into batches", () => {
  expect(companyOf([])).toBe(0);
  expect(companyOf([Uint32Array.from([1, 2, 3, Mark.sentenceEnd])])).toBe(2);
  const cut = (...lengths: number[]) =>
    Uint32Array.from(lengths.flatMap((length) => [...Array(length).fill(1), Mark.sentenceEnd]));
  expect(companyOf([cut(2, 10), cut(1)])).toBeCloseTo((2 * 1 + 10 * 9 + 0) / 13, 12);
  expect(companyOf([cut(10), cut(), cut(1, 2)])).toBe(companyOf([cut(2, 10), cut(1)]));
});

describe("a round", () => {
  it.each<LossName>(["negative-sampling", "hierarchical-softmax", "softmax"])(
    "adds up the copies' changes by (9.4), changes no other row but noise words of the part's stripe: %s",
    async (loss) => {
      const parts = 3;
      const setup = await setUp(parts, loss);
      const { parameters, rounds } = setup;
      const { layout } = parameters;
      const before = [layout.inputs, layout.outputs].map((start) => rows(parameters, start, WORDS));
      const texts = [sentence, [17, 4, 17, 250, 3], [5, 17, 3, 301]];
      const learningRate = 0.4;
      // what the copies have become is still there after the round
      await alone(setup).train({
        ...{ number: 4, learningRate, company: 10 },
        batches: texts.map(batch),
      });
      const after = [layout.inputs, layout.outputs].map((start) => rows(parameters, start, WORDS));
      const own = texts.map((_, part) => readPart(parameters, part));
      const sides = own.map(({ inputs, outputs, inputCopies, outputCopies }) => [
        { list: inputs, copies: inputCopies },
        { list: outputs, copies: outputCopies },
      ]);
      let untouched = 0;
      for (const side of [0, 1]) {
        for (let row = 0; row < WORDS; row++) {
          const held = sides.flatMap((part) => {
            const { list, copies } = part[side];
            const at = list.findIndex((entry) => entry.row === row);
            return at < 0 ? [] : [{ now: copies[at], updates: list[at].updates }];
          });
          const K = held.reduce((sum, { updates }) => sum + updates, 0);
          const c = 0.04 * learningRate * 3;
          const P = held.length;
          const f = P <= 1 || K === 0 ? 1 : (1 - Math.exp(-c * K)) / (P * (1 - Math.exp((-c * K) / P)));
          const changed = after[side][row].some((value, d) => value !== before[side][row][d]);
          if (held.length === 0) {
            untouched += Number(!changed);
            // only noise words without a copy are trained where they lie
            if (changed) expect([side, loss]).toEqual([1, "negative-sampling"]);
            continue;
          }
          const stripeHolds = side === 1 && loss === "negative-sampling" && row >= 200;
          if (stripeHolds) continue;
          after[side][row].forEach((value, d) => {
            const sum = held.reduce((total, { now }) => total + now[d] - before[side][row][d], 0);
            expect(value).toBeCloseTo(before[side][row][d] + f * sum, 5);
          });
        }
      }
      expect(untouched).toBeGreaterThan(loss === "softmax" ? 590 : 600);
      // places and tallies are as they were
      for (const { get } of own) {
        for (const places of [Part.inputPlaces, Part.outputPlaces]) {
          const start = get(places);
          if (start > 0)
            expect(new Uint32Array(parameters.memory.buffer, start, WORDS).every((x) => x === 0)).toBe(true);
        }
      }
      expect(new Uint32Array(parameters.memory.buffer, rounds.tallies, 4 * WORDS).every((x) => x === 0)).toBe(true);
    },
  );

  it("draws noise from the stripe that the part has in this round", async () => {
    const parts = 3;
    for (const number of [0, 1, 2]) {
      const setup = await setUp(parts);
      const { parameters, rounds } = setup;
      const before = rows(parameters, parameters.layout.outputs, WORDS);
      await alone(setup).train({
        ...{ number, learningRate: 0.4, company: 10 },
        batches: [batch(Array.from({ length: 200 }, (_, i) => i))],
      });
      const stripe = rounds.stripes[number % parts];
      const allowed = new Set(Array.from({ length: stripe.cells }, (_, cell) => wordOfCell(stripe, parts, cell)));
      const after = rows(parameters, parameters.layout.outputs, WORDS);
      const changed = after.flatMap((row, word) => (row.some((value, d) => value !== before[word][d]) ? [word] : []));
      expect(changed.length).toBeGreaterThan(200);
      for (const word of changed) expect(allowed.has(word), `word ${word} in round ${number}`).toBe(true);
    }
  });
});
