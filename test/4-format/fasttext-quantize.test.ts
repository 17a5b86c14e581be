// Quantized and pruned models: beside those that fastText makes of the same model.

import { describe, expect, it } from "vitest";
import { readFastTextModel, writeFastTextModel } from "../../src/format/fasttext";
import { DenseMatrix, type RowMatrix } from "../../src/format/fasttext/matrix";
import { type QuantizeOptions, quantizeFastTextModel } from "../../src/format/fasttext/quantize-model";
import { Subwords } from "../../src/format/fasttext/subwords";
import { golden, numbersOf, randomRows, sumOfSquares, untrained } from "../support/fasttext-models";
import { concat } from "../support/vector-files";

const read = (name: string) => readFastTextModel([golden(name)]);

/** Of the numbers of a matrix. */
const sizeOf = (matrix: RowMatrix) =>
  sumOfSquares(matrix, DenseMatrix.of(new Float32Array(matrix.rows * matrix.dim), matrix.rows, matrix.dim));

describe("a quantized model", () => {
  it.each<[string, string, QuantizeOptions]>([
    ["ngrams.bin", "quantized.ftz", {}],
    ["ngrams.bin", "qnorm.ftz", { qnorm: true }],
    ["many.bin", "qout.ftz", { qnorm: true, qout: true, dsub: 3 }],
  ])("%s has no larger error than fastText's %s, and is as many bytes", async (source, theirs, options) => {
    const model = await read(source);
    const [small, other] = [await quantizeFastTextModel(model, options), await read(theirs)];
    for (const side of ["inputs", "outputs"] as const) {
      const error = sumOfSquares(model[side], small[side]);
      expect(error).toBeLessThanOrEqual(1.02 * sumOfSquares(model[side], other[side]) + 1e-9);
      expect(error).toBeLessThan(0.02 * sizeOf(model[side]));
    }
    expect(concat(writeFastTextModel(small)).length).toBe(golden(theirs).length);
  });

  it("is read as it was written", async () => {
    const small = await quantizeFastTextModel(await read("many.bin"), { qnorm: true, qout: true, cutoff: 200 });
    const back = await readFastTextModel(writeFastTextModel(small));
    expect(numbersOf(back.inputs)).toEqual(numbersOf(small.inputs));
    expect(numbersOf(back.outputs)).toEqual(numbersOf(small.outputs));
    expect([back.words, back.pruned]).toEqual([small.words, small.pruned]);
  });

  it("keeps the rows that fastText keeps", async () => {
    const [model, theirs] = [await read("ngrams.bin"), await read("cutoff.ftz")];
    const small = await quantizeFastTextModel(model, { qnorm: true, cutoff: 270 });
    expect(small.words).toEqual(theirs.words);
    expect(small.wordCounts).toEqual(theirs.wordCounts);
    const buckets = ({ pruned }: typeof small) => [...pruned!.keys()].sort((a, b) => a - b);
    expect(buckets(small)).toEqual(buckets(theirs));
    expect(small.inputs.rows).toBe(270);
    // rows are those of the words and buckets that they were
    const [before, after] = [new Subwords(model), new Subwords(small)];
    const [word] = small.words.filter((one) => one.length > 3 && one !== "</s>");
    expect(after.rowsOf(word).length).toBeGreaterThan(1);
    expect(after.rowsOf(word).length).toBeLessThanOrEqual(before.rowsOf(word).length);
    for (const [bucket, place] of small.pruned!) {
      const row = model.inputs.row(model.words.length + bucket);
      small.inputs.row(small.words.length + place).forEach((x, d) => expect(Math.abs(x - row[d])).toBeLessThan(0.3));
    }
  });

  it("is the same for the same seed", async () => {
    const model = untrained({ buckets: 1500 });
    const bytes = async (seed: number) => concat(writeFastTextModel(await quantizeFastTextModel(model, { seed })));
    expect((await bytes(3)).equals(await bytes(3))).toBe(true);
    expect((await bytes(3)).equals(await bytes(4))).toBe(false);
  });

  it("keeps what ends a line, however short its row, and no n-gram if there is no room for one", async () => {
    const model = untrained();
    const inputs = randomRows(57, 6, 5);
    inputs.row(0).fill(0);
    const small = await quantizeFastTextModel({ ...model, inputs }, { cutoff: 1 });
    expect([small.words, small.pruned?.size, small.inputs.rows]).toEqual([["</s>"], 0, 1]);
    expect(new Subwords(small).rowsOf("cat")).toEqual([]);
    expect((await quantizeFastTextModel(model, { cutoff: 57 })).pruned).toBeUndefined();
  });

  it.each<[QuantizeOptions, string]>([
    [{ cutof: 5 } as never, 'unknown option "cutof": did you mean "cutoff"?'],
    [{ cutoff: 0 }, '"cutoff" expected integer >= 1, got 0'],
    [{ dsub: 7 }, '"dsub" expected integer 1 to 6, got 7'],
    [{ qnorm: 1 } as never, '"qnorm" expected true or false, got 1'],
    [{ qout: "yes" } as never, '"qout" expected true or false'],
    [{ seed: -1 }, '"seed" expected integer >= 0, got -1'],
    [{ signal: 5 } as never, '"signal" expected an AbortSignal, got 5'],
  ])("is not made with %j", async (options, message) => {
    await expect(quantizeFastTextModel(untrained(), options)).rejects.toThrow(message);
  });

  it("lets other work go on, which may end it", async () => {
    const model = { ...untrained({ buckets: 1500 }), inputs: randomRows(1507, 6, 5) };
    const stop = new AbortController();
    let turns = 0;
    const turn = () => {
      if (++turns === 20) stop.abort(new Error("enough"));
      else setImmediate(turn);
    };
    setImmediate(turn);
    await expect(quantizeFastTextModel(model, { signal: stop.signal })).rejects.toThrow("enough");
    expect(turns).toBe(20);
  });

  it("is not quantized again, nor made of rows that are not finite", async () => {
    const model = untrained();
    const small = await quantizeFastTextModel(model);
    await expect(quantizeFastTextModel(small)).rejects.toThrow("the model is quantized already");
    const outputs = randomRows(7, 6, 1);
    outputs.row(2)[3] = Number.POSITIVE_INFINITY;
    await expect(quantizeFastTextModel({ ...model, outputs })).rejects.toThrow(
      '"outputs" expected finite floats, row 3 has others',
    );
  });
});
