// Classifiers in fastText's files, from the build: theirs predict here, ours there.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ClassifierOptions, loadClassifier, trainClassifier } from "wasm2vec";
import { readFastTextClassifier } from "wasm2vec/classify";
import type { QuantizeOptions } from "wasm2vec/formats";
import { CLASSIFIERS, golden, linesOf, tokensOf } from "../support/fasttext-models";
import { FASTTEXT, pathOf } from "../support/programs";

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-classifier-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of probabilities: fastText adds 1e-5 to each, and reads its sigmoid from a table. */
const [SOFTMAX, SIGMOID] = [1e-4, 0.01];

/** The labels and probabilities of a line that fastText has printed. */
function printed(line: string): Map<string, number> {
  const fields = line.trim().split(" ");
  return new Map(
    Array.from({ length: fields.length / 2 }, (_, i) => [
      fields[2 * i].replace(/^__label__/, ""),
      Number(fields[2 * i + 1]),
    ]),
  );
}

const examples = Array.from({ length: 400 }, (_, i) => ({
  text: `${["send the parcel", "pay the bill", "call my home now"][i % 3]} again${i % 11}`,
  labels: [["post", "bank", "phone"][i % 3]],
}));

describe("a classifier of fastText", () => {
  it.each(CLASSIFIERS)("predicts here what it predicts there: %s", async (name) => {
    const classifier = await loadClassifier(`test/golden/fasttext/${name}`);
    expect(classifier.isFinished).toBe(true);
    const alone = await readFastTextClassifier(golden(name));
    const predicted = linesOf(golden(name.replace(/\.\w+$/, ".predicted.txt")));
    const lines = linesOf(golden(name.startsWith("many") || name.startsWith("qout") ? "lines-many.txt" : "lines.txt"));
    lines.forEach((line, i) => {
      const theirs = printed(predicted[i]);
      expect(alone.predict(tokensOf(line), { k: 3 })).toEqual(classifier.predict(tokensOf(line), { k: 3 }));
      for (const { label, probability } of classifier.predict(tokensOf(line), { k: 100 }))
        if (theirs.has(label))
          expect(Math.abs(probability - theirs.get(label)!), `${line}: ${label}`).toBeLessThan(
            /^(ova|ns|hs)/.test(name) ? SIGMOID : SOFTMAX,
          );
    });
  });

  it("stays pruned in a file of ours, and cannot be model.bin", async () => {
    const pruned = await loadClassifier("test/golden/fasttext/cutoff.ftz");
    const path = join(folder, "pruned.w2v");
    await pruned.save(path);
    const back = await loadClassifier(path);
    for (const line of linesOf(golden("lines.txt"))) expect(back.predict(line)).toEqual(pruned.predict(line));
    await expect(pruned.save(join(folder, "pruned.bin"), { format: "fasttext" })).rejects.toThrow(/were pruned/);
  });

  it("is refused if it holds vectors, or is damaged", async () => {
    await expect(loadClassifier("test/golden/fasttext/skipgram.bin")).rejects.toThrow(
      /skipgram.bin: expected a classifier of fastText, got vectors of its skipgram/,
    );
    await expect(loadClassifier(golden("softmax.bin").subarray(0, 900))).rejects.toThrow(/the file ends/);
  });
});

describe("a classifier of ours", () => {
  it.each<[string, ClassifierOptions]>([
    ["softmax", {}],
    ["softmax, n-grams of words and characters", { wordNgrams: 2, minn: 2, maxn: 4, buckets: 3000 }],
    ["hierarchical softmax", { loss: "hierarchical-softmax", wordNgrams: 2, buckets: 1000 }],
    ["negative sampling", { loss: "negative-sampling" }],
    ["one-vs-all", { loss: "one-vs-all" }],
  ])("predicts in fastText what it predicts here, and is the same when it is read back: %s", async (_, options) => {
    const classifier = await trainClassifier(examples, { dim: 10, epochs: 3, ...options });
    const path = join(folder, "ours.bin");
    await classifier.save(path, { format: "fasttext" });
    const lines = ["pay my bill", "call again3", "the parcel home"];
    const { stdout, status } = spawnSync(pathOf(FASTTEXT), ["predict-prob", path, "-", "3"], {
      ...{ input: `${lines.join("\n")}\n`, encoding: "utf8" },
    });
    expect(status).toBe(0);
    const back = await loadClassifier(path);
    const theirs = stdout.trim().split("\n").map(printed);
    lines.forEach((line, i) => {
      const ours = classifier.predict(line, { k: 3 });
      expect(ours).toHaveLength(3);
      for (const { label, probability } of ours)
        expect(Math.abs(probability - theirs[i].get(label)!)).toBeLessThan(SIGMOID);
      expect(back.predict(line, { k: 3 })).toEqual(ours);
    });
    await back.save(join(folder, "again.bin"), { format: "fasttext" });
    expect(readFileSync(join(folder, "again.bin"))).toEqual(readFileSync(path));
    await back.save(join(folder, "own.w2v"));
    expect((await loadClassifier(join(folder, "own.w2v"))).predict(lines[0])).toEqual(classifier.predict(lines[0]));
  });

  it("becomes a .ftz that predicts in fastText what it predicts here, with so many rows as are asked for", async () => {
    const classifier = await trainClassifier(examples, { dim: 10, epochs: 20, learningRate: 0.5, wordNgrams: 2 });
    const save = async (name: string, quantize: QuantizeOptions) => {
      const path = join(folder, name);
      await classifier.save(path, { format: "fasttext", quantize });
      return { path, bytes: readFileSync(path), model: await loadClassifier(path) };
    };
    const { rows } = classifier.data.inputs;
    const [all, few, again] = [
      await save("all.ftz", { qnorm: true }),
      await save("few.ftz", { cutoff: 12, qnorm: true, qout: true }),
      await save("again.ftz", { cutoff: 12, qnorm: true, qout: true }),
    ];
    // buckets of n-grams that the text has not are left out, or there would be two million rows
    expect([all.model.data.inputs.rows, few.model.data.inputs.rows]).toEqual([rows, 12]);
    expect(again.bytes).toEqual(few.bytes);
    const lines = examples.slice(0, 30).map(({ text }) => text);
    for (const { path, model } of [all, few]) {
      const { stdout } = spawnSync(pathOf(FASTTEXT), ["predict-prob", path, "-", "3"], {
        ...{ input: `${lines.join("\n")}\n`, encoding: "utf8" },
      });
      stdout
        .trim()
        .split("\n")
        .forEach((line, i) => {
          const [best] = model.predict(lines[i]);
          expect(best.label).toBe(examples[i].labels[0]);
          expect(Math.abs(best.probability - printed(line).get(best.label)!)).toBeLessThan(SOFTMAX);
        });
    }
    await expect(classifier.save(join(folder, "no.w2v"), { quantize: {} })).rejects.toThrow(
      /"quantize" goes with format "fasttext"/,
    );
    await expect(save("no.ftz", { cutoff: 0 })).rejects.toThrow(/"cutoff" expected integer >= 1, got 0/);
    expect(existsSync(join(folder, "no.ftz"))).toBe(false);
    await expect(few.model.save(join(folder, "no.ftz"), { format: "fasttext", quantize: {} })).rejects.toThrow(
      /were pruned.*: keep the \.ftz/,
    );
  });
});
