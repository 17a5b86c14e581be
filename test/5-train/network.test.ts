import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HiddenLayerNetwork } from "wasm2vec/network";
import { Random } from "../../src/base/random";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors";
import { type NetworkParameters, networkLossAndGradient } from "../../src/math/hidden-layer";
import type { Matrix } from "../../src/math/matrix";

/** Rows of float32 numbers in ±1. */
function randomRows(count: number, length: number, seed: number): Float32Array[] {
  const random = Random.from(seed, 0);
  return Array.from({ length: count }, () => Float32Array.from({ length }, () => random.next() / 2 ** 31 - 1));
}

const NAMES = ["W1", "b1", "W2", "b2"] as const;

/** All numbers of some parameters or gradients, in one list. */
function flat(parameters: NetworkParameters): number[] {
  return NAMES.flatMap((name) =>
    [...(parameters[name] as Matrix)].flatMap((row) => (typeof row === "number" ? row : [...row])),
  );
}

function largestDifference(a: number[], b: number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

/** The mean loss and gradients of rows in float64, from the pure function. */
function reference(rows: Float32Array[], targets: number[], parameters: NetworkParameters) {
  const each = rows.map((row, i) => networkLossAndGradient(Float64Array.from(row), targets[i], parameters));
  const gradients = each.map(({ gradW1, gradB1, gradW2, gradB2 }) =>
    flat({ W1: gradW1, b1: gradB1, W2: gradW2, b2: gradB2 }),
  );
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / rows.length;
  return {
    loss: mean(each.map(({ loss }) => loss)),
    gradient: gradients[0].map((_, i) => mean(gradients.map((g) => g[i]))),
    inputs: each.map(({ gradX }) => [...gradX].map((value) => value / rows.length)),
    predictions: each.map(({ prediction }) => [...prediction]),
  };
}

/** float32 rounds at 6e-8 of values below 4; sums have at most 300 terms. */
const TOLERANCE = 1e-5;

const shapes = [
  { inputs: 1, hidden: 1, classes: 2, rows: 1 },
  { inputs: 3, hidden: 5, classes: 6, rows: 2 },
  { inputs: 8, hidden: 6, classes: 7, rows: 5 },
  { inputs: 100, hidden: 64, classes: 14, rows: 32 },
  { inputs: 102, hidden: 13, classes: 3, rows: 7 },
  { inputs: 300, hidden: 7, classes: 12, rows: 3 },
];

async function setUp({ inputs, hidden, classes, rows }: (typeof shapes)[number]) {
  const network = await HiddenLayerNetwork.create({ inputs, hidden, classes, seed: 5 });
  const { W1, W2 } = network.parameters;
  const [b1, b2] = [randomRows(1, hidden, 1), randomRows(1, classes, 2)].map(([row]) => Float64Array.from(row));
  network.parameters = { W1, b1, W2, b2 };
  return {
    network,
    xs: randomRows(rows, inputs, 3),
    targets: Array.from({ length: rows }, (_, i) => (i * 5 + 1) % classes),
  };
}

describe.each(shapes)("a network of $inputs inputs, $hidden units, $classes classes, $rows rows", (shape) => {
  it("predicts, and has the loss and gradients, of the pure function", async () => {
    const { network, xs, targets } = await setUp(shape);
    const expected = reference(xs, targets, network.parameters);
    const { loss, gradW1, gradB1, gradW2, gradB2, gradX } = network.lossAndGradient(xs, targets);
    expect(loss).toBeCloseTo(expected.loss, 5);
    const gradient = flat({ W1: gradW1, b1: gradB1, W2: gradW2, b2: gradB2 });
    expect(largestDifference(gradient, expected.gradient)).toBeLessThan(TOLERANCE);
    gradX.forEach((row, i) => expect(largestDifference([...row], expected.inputs[i])).toBeLessThan(TOLERANCE));
    network.forward(xs).forEach((row, i) => {
      expect(largestDifference([...row], expected.predictions[i])).toBeLessThan(TOLERANCE);
    });
  });

  it.each(["sgd", "adagrad"] as const)("takes the steps of %s", async (optimizer) => {
    const { network, xs, targets } = await setUp(shape);
    let parameters = flat(network.parameters);
    const squares = parameters.map(() => 0);
    for (let step = 0; step < 3; step++) {
      // the order of examples does not change the mean gradient
      const { gradient } = reference(xs, targets, network.parameters);
      parameters = flat(network.parameters).map((value, i) => {
        squares[i] += gradient[i] ** 2;
        return value - 0.1 * (optimizer === "sgd" ? gradient[i] : gradient[i] / (Math.sqrt(squares[i]) + 1e-8));
      });
      await network.train(xs, targets, { epochs: 1, batchSize: shape.rows, optimizer, learningRate: 0.1 });
      const after = flat(network.parameters);
      // AdaGrad's first step is ±rate whatever the size of g: where g is all rounding, so is the step
      const settled = after.map((value, i) =>
        Math.abs(gradient[i]) > 1e-4 || gradient[i] === 0 ? value : parameters[i],
      );
      expect(largestDifference(settled, parameters)).toBeLessThan(2e-3 * 0.1);
    }
  });
});

/** Exclusive or: no linear classifier learns it. */
const xor = {
  rows: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: ["same", "different", "different", "same"],
};

async function learnXor(epochs = 500) {
  const network = await HiddenLayerNetwork.create({ inputs: 2, hidden: 8, classes: ["same", "different"] });
  return network.train(xor.rows, xor.targets, { epochs, batchSize: 4 });
}

describe("HiddenLayerNetwork", () => {
  it.each(["sgd", "adagrad"] as const)("learns exclusive or with %s", async (optimizer) => {
    const network = await HiddenLayerNetwork.create({ inputs: 2, hidden: 8, classes: ["same", "different"] });
    await network.train(xor.rows, xor.targets, { epochs: 3000, batchSize: 4, optimizer });
    expect(network.accuracy(xor.rows, xor.targets)).toBe(1);
    expect(network.history[2999].loss).toBeLessThan(0.1);
    const [best, other] = network.predict([1, 0], 2);
    expect(best).toMatchObject({ label: "different", index: 1 });
    expect(best.probability + other.probability).toBeCloseTo(1, 6);
  });

  it("has the same bytes on every machine", async () => {
    const { parameters } = await learnXor();
    const bytes = Float32Array.from(flat(parameters));
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toBe("31af67b71b09e25c");
  });

  it("saves and loads all of itself: training goes on as if nothing had been", async () => {
    const whole = await learnXor(60);
    const half = await learnXor(30);
    const loaded = await HiddenLayerNetwork.load(half.save());
    expect(loaded.labels).toEqual(["same", "different"]);
    expect(loaded.shape).toEqual({ inputs: 2, hidden: 8, classes: 2 });
    await loaded.train(xor.rows, xor.targets, { epochs: 30, batchSize: 4 });
    expect(flat(loaded.parameters)).toEqual(flat(whole.parameters));
    expect(loaded.history.map(({ epoch, loss }) => [epoch, loss])).toEqual(
      whole.history.map(({ epoch, loss }) => [epoch, loss]),
    );
  });

  it("saves the same bytes for the same network", async () => {
    const [one, other] = [await learnXor(20), await learnXor(20)];
    expect(one.save()).toEqual(other.save());
    const loaded = await HiddenLayerNetwork.load(one.save());
    expect(loaded.history).toEqual(one.history.map(({ epoch, loss }) => ({ epoch, loss })));
    expect(loaded.save()).toEqual(one.save());
  });

  it("loads files of earlier versions, which have the seconds of each epoch", async () => {
    const network = await learnXor(3);
    const { tensors, metadata } = readSafetensors(network.save());
    const history = JSON.stringify(network.history);
    expect(history).toContain('"seconds":');
    const loaded = await HiddenLayerNetwork.load(writeSafetensors([...tensors.values()], { ...metadata, history }));
    expect(loaded.save()).toEqual(network.save());
  });

  it("grows its batch: predictions of many rows after few", async () => {
    const network = await learnXor(20);
    const few = network.forward(xor.rows);
    const many = network.forward(Array.from({ length: 3000 }, (_, i) => xor.rows[i % 4]));
    many.forEach((row, i) => expect(row).toEqual(few[i % 4]));
  });

  it("stops when onEpochEnd says so, and by its signal, and keeps what it has learnt", async () => {
    const network = await learnXor(5);
    await network.train(xor.rows, xor.targets, { epochs: 50, onEpochEnd: ({ epoch }) => epoch < 8 });
    expect(network.history.length).toBe(8);
    const controller = new AbortController();
    const stopped = network.train(xor.rows, xor.targets, {
      epochs: 1e6,
      onEpochEnd: ({ epoch }) => {
        if (epoch === 20) controller.abort(new Error("enough"));
      },
      signal: controller.signal,
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(network.history.length).toBe(20);
  });

  it("stops before its weights are lost when the loss is no number", async () => {
    const network = await learnXor(5);
    const training = network.train(xor.rows, xor.targets, { optimizer: "sgd", learningRate: 3e38, epochs: 50 });
    await expect(training).rejects.toThrow(
      /training diverged in epoch \d+: the loss is (NaN|Infinity); lower learningRate \(it was 3e\+38\)/,
    );
  });

  it("names the mistake", async () => {
    const create = (options: object) => HiddenLayerNetwork.create(options as never);
    await expect(create({ inputs: 0, classes: 2 })).rejects.toThrow('"inputs" expected integer >= 1, got 0');
    await expect(create({ inputs: 2, classes: ["a", "a"] })).rejects.toThrow(
      '"classes" expected a number or at least two',
    );
    await expect(create({ inputs: 2, classes: 2, hiden: 3 })).rejects.toThrow('did you mean "hidden"?');
    await expect(create({ inputs: 1e6, hidden: 1e6, classes: 2 })).rejects.toThrow("WebAssembly memory ends at 4 GB");
    const network = await learnXor(1);
    expect(() => network.forward([])).toThrow('"rows" expected at least one row');
    expect(() => network.forward([[1, 2, 3]])).toThrow("rows[0] expected 2 numbers, got 3");
    expect(() => network.forward([[1, Number.NaN]])).toThrow("rows[0][1] expected a finite number, got NaN");
    await expect(network.train(xor.rows, ["same"])).rejects.toThrow('"targets" expected 4, one for each row, got 1');
    await expect(network.train(xor.rows, [0, 1, 2, 1])).rejects.toThrow('"targets[2]" expected integer 0 to 1, got 2');
    await expect(network.train(xor.rows, ["same", "x", "same", "same"])).rejects.toThrow(
      'targets[1] expected one of the network\'s labels, got "x"',
    );
    await expect(network.train(xor.rows, xor.targets, { optimizer: "adam" as never })).rejects.toThrow(
      '"adagrad", "sgd"',
    );
    expect(() => {
      network.parameters = { ...network.parameters, b1: new Float64Array(3) };
    }).toThrow('"b1" expected shape (8)');
    expect(() => {
      network.parameters = undefined as never;
    }).toThrow('"W1" expected shape (2, 8)');
  });

  it("names what is not of its kind", async () => {
    const { load, create } = HiddenLayerNetwork as unknown as Record<
      "load" | "create",
      (a?: unknown) => Promise<never>
    >;
    const is = (message: string) => new TypeError(message);
    await expect(load()).rejects.toThrow(is('"bytes" expected a Uint8Array, as save returns it, got undefined'));
    await expect(load(new ArrayBuffer(8))).rejects.toThrow(
      is('"bytes" expected a Uint8Array, as save returns it, got an object (ArrayBuffer)'),
    );
    await expect(load("net.safetensors")).rejects.toThrow('expected a Uint8Array, as save returns it, got "net.');
    await expect(create()).rejects.toThrow(is("options expected an object, got undefined"));
    const network = await learnXor(1);
    const { rows, targets } = xor;
    const train = (...given: unknown[]) => network.train(...(given as Parameters<typeof network.train>));
    await expect(train()).rejects.toThrow(is('"rows" expected an array of rows, got undefined'));
    await expect(train([null], targets)).rejects.toThrow(is("rows[0] expected 2 numbers, got null"));
    await expect(train(rows)).rejects.toThrow(is('"targets" expected an array of classes, got undefined'));
    await expect(train(rows, targets, null)).rejects.toThrow(is("options expected an object, got null"));
    await expect(train(rows, targets, { signal: {} })).rejects.toThrow(
      is('"signal" expected an AbortSignal, got an object (Object): use new AbortController().signal'),
    );
    await expect(train(rows, targets, { onEpochEnd: 5 })).rejects.toThrow(
      is('"onEpochEnd" expected a function, got 5'),
    );
    expect(() => network.predict(undefined as never)).toThrow(is("rows[0] expected 2 numbers, got undefined"));
  });

  it("refuses damaged files with a FormatError, or reads them, but never fails otherwise", async () => {
    const bytes = (await learnXor(3)).save();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), async (at, value, length) => {
        const damaged = bytes.slice(0, length === 0 ? undefined : length);
        damaged[at % damaged.length] = value;
        await HiddenLayerNetwork.load(damaged, "net.safetensors").catch((error: Error) => {
          expect(error.name).toBe("FormatError");
          expect(error.message).toMatch(/^net\.safetensors: /);
        });
      }),
      { numRuns: 500 },
    );
  });
});
