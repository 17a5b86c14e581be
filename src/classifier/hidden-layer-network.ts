// The hidden-layer network of document 000 as a classifier of dense inputs, trained in SIMD WebAssembly.

import { checkFunction, checkInteger, checkKnown, checkNumber, checkOneOf, checkSignal, show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import type { NetworkParameters } from "../math/hidden-layer.js";
import { isLabels, type NetworkEpoch, readNetwork, shapes, writeNetwork } from "./network-file.js";
import { NetworkMemory, type NetworkShape, type Row } from "./network-memory.js";

export type { NetworkEpoch, Row };

/** Options of HiddenLayerNetwork.create. */
export interface NetworkOptions {
  /** Floats of an input. */
  inputs: number;
  /** Sigmoid units of the hidden layer. Default 64. */
  hidden?: number;
  /** Names of the classes, or their number; then they are named "0", "1", … */
  classes: number | readonly string[];
  /** Seed of the initial weights and of the order of examples, an integer from 0. Default 1. */
  seed?: number;
}

/** Options of HiddenLayerNetwork.train. */
export interface NetworkTrainOptions {
  /** Passes over the examples. Default 30. */
  epochs?: number;
  /** Examples of a step. Default 32. */
  batchSize?: number;
  /** "adagrad" (default; Duchi et al. 2011) divides each weight's step by the root of the sum of its squared gradients so far; "sgd" does not. */
  optimizer?: "adagrad" | "sgd";
  /** Default 0.1 for adagrad, 0.5 for sgd. */
  learningRate?: number;
  /** Called at the end of each epoch; returning false stops training. */
  onEpochEnd?: (record: NetworkEpoch) => unknown;
  /** Stops training after the current step. The promise rejects with the reason of the signal; the network keeps what it has learnt. */
  signal?: AbortSignal;
}

export interface Prediction {
  /** name of the class */
  label: string;
  /** its number */
  index: number;
  probability: number;
}

/** h = σ(x W1 + b1), ŷ = softmax(h W2 + b2): (7.1) to (7.8) of docs/math.md. Float32; the same bytes on every machine. */
export class HiddenLayerNetwork {
  /** One record for each epoch of training so far. */
  readonly history: NetworkEpoch[] = [];
  /** Whether AdaGrad has summed squared gradients, which save() then stores. */
  private hasSquares = false;

  private constructor(
    private readonly memory: NetworkMemory,
    /** names of the classes */
    readonly labels: readonly string[],
    private readonly random: Random,
  ) {}

  /** @throws TypeError, RangeError naming the option, or if the network does not fit into memory */
  static async create(options: NetworkOptions): Promise<HiddenLayerNetwork> {
    checkKnown("option", options, ["inputs", "hidden", "classes", "seed"]);
    const labels = toLabels(options.classes);
    const random = Random.from(checkInteger("seed", options.seed ?? 1, 0), 0);
    const memory = await NetworkMemory.create({
      inputs: checkInteger("inputs", options.inputs, 1),
      hidden: checkInteger("hidden", options.hidden ?? 64, 1),
      classes: labels.length,
    });
    memory.initialise(random);
    return new HiddenLayerNetwork(memory, labels, random);
  }

  /** Inputs, hidden units and classes. */
  get shape(): NetworkShape {
    return this.memory.shape;
  }

  /** Copies of W1, b1, W2 and b2, in the form that networkLossAndGradient of wasm2vec/math takes. */
  get parameters(): NetworkParameters {
    return this.memory.read("weights");
  }

  set parameters(parameters: NetworkParameters) {
    checkParameters(parameters, this.shape);
    this.memory.write("weights", parameters);
  }

  /** ŷ of each row: n × classes. @throws TypeError, RangeError naming the row */
  forward(rows: readonly Row[]): Float32Array[] {
    this.checkRows(rows);
    return this.memory.forward(rows);
  }

  /** The most probable classes of a row, best first. @param top how many. Default 1 */
  predict(row: Row, top = 1): Prediction[] {
    checkInteger("top", top, 1);
    const [probabilities] = this.forward([row]);
    const order = Array.from(probabilities, (_, index) => index);
    order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    return order
      .slice(0, top)
      .map((index) => ({ label: this.labels[index], index, probability: probabilities[index] }));
  }

  /** Share of rows whose most probable class is the true one. */
  accuracy(rows: readonly Row[], targets: readonly (number | string)[]): number {
    const classes = this.checkTargets(rows, targets);
    const right = this.forward(rows).filter((y, i) => y.indexOf(Math.max(...y)) === classes[i]);
    return right.length / rows.length;
  }

  /**
   * J, the mean cross-entropy of the rows in nats, and its gradients.
   * @param targets the true classes, by number or name
   * @throws TypeError, RangeError naming the row or target
   */
  lossAndGradient(rows: readonly Row[], targets: readonly (number | string)[]) {
    const loss = this.memory.gradient(rows, this.checkTargets(rows, targets), true);
    const { W1, b1, W2, b2 } = this.memory.read("gradients");
    return { loss, gradW1: W1, gradB1: b1, gradW2: W2, gradB2: b2, gradX: this.memory.inputGradient(rows.length) };
  }

  /**
   * Mini-batch descent, with the examples in a new order each epoch. Yields to the event loop between steps.
   * @throws TypeError, RangeError for rows, targets and options; RangeError when the loss is no longer finite; the signal's reason
   */
  async train(
    rows: readonly Row[],
    targets: readonly (number | string)[],
    options: NetworkTrainOptions = {},
  ): Promise<this> {
    checkKnown("option", options, ["epochs", "batchSize", "optimizer", "learningRate", "onEpochEnd", "signal"]);
    const epochs = checkInteger("epochs", options.epochs ?? 30, 1);
    const batchSize = checkInteger("batchSize", options.batchSize ?? 32, 1);
    const optimizer = checkOneOf("optimizer", options.optimizer ?? "adagrad", ["adagrad", "sgd"]);
    const rate = checkNumber("learningRate", options.learningRate ?? (optimizer === "adagrad" ? 0.1 : 0.5), 0);
    const signal = checkSignal(options.signal);
    const onEpochEnd = checkFunction("onEpochEnd", options.onEpochEnd);
    const classes = this.checkTargets(rows, targets);
    if (optimizer === "adagrad") this.hasSquares = true;
    for (let i = 0; i < epochs; i++) {
      const start = performance.now();
      const epoch = this.history.length + 1;
      const order = shuffled(rows.length, this.random);
      let loss = 0;
      for (let from = 0; from < order.length; from += batchSize) {
        signal?.throwIfAborted();
        const batch = order.slice(from, from + batchSize);
        const mean = this.memory.gradient(
          batch.map((at) => rows[at]),
          batch.map((at) => classes[at]),
        );
        if (!Number.isFinite(mean))
          throw new RangeError(
            `training diverged in epoch ${epoch}: the loss is ${mean}; lower learningRate (it was ${rate})`,
          );
        this.memory.descend(rate, optimizer === "adagrad");
        loss += mean * batch.length;
        await yieldToEventLoop();
      }
      const record = { epoch, loss: loss / rows.length, seconds: (performance.now() - start) / 1000 };
      this.history.push(record);
      if (onEpochEnd?.(record) === false) break;
    }
    return this;
  }

  /**
   * A safetensors file: W1, b1, W2, b2 in the shapes of docs/math.md, and the state that training needs to continue exactly. The
   * same network gives the same bytes, because the history is saved without its seconds.
   */
  save(): Uint8Array<ArrayBuffer> {
    return writeNetwork({
      shape: this.shape,
      labels: this.labels,
      random: [...this.random.state],
      history: this.history,
      weights: this.memory.read("weights"),
      squares: this.hasSquares ? this.memory.read("squares") : undefined,
    });
  }

  /**
   * Reads a file of save(). The history has no seconds.
   * @param bytes of the file @param name for error messages
   * @throws TypeError for a value that is not bytes; FormatError for other files
   */
  static async load(bytes: Uint8Array, name = "network"): Promise<HiddenLayerNetwork> {
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`"bytes" expected a Uint8Array, as save returns it, got ${show(bytes)}`);
    const { shape, labels, random, history, weights, squares } = readNetwork(bytes, name);
    const network = new HiddenLayerNetwork(await NetworkMemory.create(shape), labels, new Random(random));
    network.memory.write("weights", weights);
    network.history.push(...history);
    if (squares) network.memory.write("squares", squares);
    network.hasSquares = squares !== undefined;
    return network;
  }

  private checkRows(rows: readonly Row[]): void {
    if (!Array.isArray(rows)) throw new TypeError(`"rows" expected an array of rows, got ${show(rows)}`);
    if (rows.length === 0) throw new RangeError('"rows" expected at least one row, got none');
    const { inputs } = this.shape;
    rows.forEach((row, i) => {
      if (typeof row?.length !== "number")
        throw new TypeError(`rows[${i}] expected ${inputs} numbers, got ${show(row)}`);
      if (row.length !== inputs) throw new RangeError(`rows[${i}] expected ${inputs} numbers, got ${show(row.length)}`);
      for (let d = 0; d < inputs; d++) {
        if (!Number.isFinite(row[d]))
          throw new RangeError(`rows[${i}][${d}] expected a finite number, got ${show(row[d])}`);
      }
    });
  }

  /** Rows and targets as numbers of classes. */
  private checkTargets(rows: readonly Row[], targets: readonly (number | string)[]): Uint32Array {
    this.checkRows(rows);
    if (!Array.isArray(targets)) throw new TypeError(`"targets" expected an array of classes, got ${show(targets)}`);
    if (targets.length !== rows.length)
      throw new RangeError(`"targets" expected ${rows.length}, one for each row, got ${targets.length}`);
    return Uint32Array.from(targets, (target, i) => {
      if (typeof target === "number") return checkInteger(`targets[${i}]`, target, 0, this.labels.length - 1);
      const index = this.labels.indexOf(target);
      if (index < 0) throw new RangeError(`targets[${i}] expected one of the network's labels, got ${show(target)}`);
      return index;
    });
  }
}

function toLabels(classes: unknown): readonly string[] {
  if (typeof classes === "number")
    return Array.from({ length: checkInteger("classes", classes, 2) }, (_, i) => String(i));
  if (!isLabels(classes))
    throw new TypeError(`"classes" expected a number or at least two different names, got ${show(classes)}`);
  return [...classes];
}

/** 0 … n − 1 in random order (Fisher and Yates). */
function shuffled(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function checkParameters(parameters: NetworkParameters, shape: NetworkShape): void {
  for (const [name, [rows, columns]] of Object.entries(shapes(shape))) {
    const value = parameters?.[name as keyof NetworkParameters];
    const fits =
      value?.length === rows &&
      (columns === undefined || [...value].every((row) => (row as Float64Array).length === columns));
    if (!fits)
      throw new RangeError(`"${name}" expected shape (${columns === undefined ? rows : `${rows}, ${columns}`})`);
  }
}
