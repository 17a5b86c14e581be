// The race: turns, equal work, who is left out, and the command.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { train } from "wasm2vec";
import { firstWords } from "../../src/race/first-words";
import { median, medianRatio } from "../../src/race/median";
import { proof, type RivalResult, race, type Turn } from "../../src/race/race";
import { toCorpus } from "../../src/text/corpus";
import { encode } from "../../src/text/encode";
import { buildVocabulary } from "../../src/text/vocabulary";
import { resolveOptions } from "../../src/train/train-options";
import { Workbench } from "../support/command";
import { sampleText } from "../support/sample";

/** words enough for two blocks */
const text = sampleText(1500, 1, 75);
const corpus = toCorpus(text);
const training = { dim: 16, minCount: 1, subsample: 2e-3 };
const hasRelaxed = Number(process.versions.node.split(".")[0]) >= 22;
const names = ["js", "scalar", "simd", ...(hasRelaxed ? ["relaxed"] : []), "simd, 2 threads"];

describe("race", () => {
  it("lets each train an epoch in turn, after a warm-up, to equal losses and bytes", async () => {
    const turns: Turn[] = [];
    const results: RivalResult[][] = [];
    const result = await race(train, corpus, {
      ...{ rounds: 2, threads: 2, training },
      onTurn: (turn) => turns.push(turn),
      onResult: (rivals) => results.push(rivals),
    });
    expect(turns.filter(({ round }) => round === 2).map(({ rival }) => rival)).toEqual(names);
    expect(turns.map(({ round }) => round)).toEqual(turns.map(({ round }) => round).sort());
    expect(result.rivals.map(({ name }) => name)).toEqual(names);
    expect(result.corpus.words).toBe(text.flat().length);
    expect(results[1].map(({ name }) => name)).toEqual(["js", "scalar"]);
    expect(results.at(-1)!.map(({ name }) => name)).toEqual(names);
    const rivals = new Map(result.rivals.map((rival) => [rival.name, rival]));
    for (const rival of result.rivals) {
      expect(rival.wordsPerSecond).toHaveLength(2);
      expect(rival.low).toBeLessThanOrEqual(rival.median);
      expect(rival.high).toBeGreaterThanOrEqual(rival.median);
      expect(Math.abs(rival.lossDifference)).toBeLessThan(1e-4);
    }
    const { history, vectors } = await train(text, { ...training, epochs: 3, threads: 1 });
    expect(rivals.get("simd")!.loss).toBe(history[2].loss);
    expect(rivals.get("simd")!.sha256).toBe(await sha256(vectors.matrix));
    expect(rivals.get("scalar")!.sha256).toBe(rivals.get("simd")!.sha256);
    expect(proof(rivals.get("scalar")!, result.rivals)).toMatch(/^loss [+−]0\.00\d\d%, same bytes as simd$/);
    expect(proof(rivals.get("js")!, result.rivals)).toBe("the reference");
    expect(rivals.get("simd, 2 threads")).toMatchObject({ threads: 2, parallel: "grid" });
    expect(rivals.get("simd, 2 threads")!.sha256).toBe(rivals.get("simd")!.sha256);
  });

  it.skipIf(hasRelaxed)("leaves out a kernel that the engine cannot run, and says why", async () => {
    const { leftOut } = await race(train, corpus, { rounds: 1, threads: 2, training });
    expect(leftOut).toEqual([{ name: "relaxed", reason: expect.stringMatching(/no relaxed SIMD/) }]);
  });

  it("leaves out threads where there is one only", async () => {
    const { leftOut } = await race(train, corpus, { rounds: 1, threads: 1, training });
    expect(leftOut.map(({ name }) => name)).toContain("simd, several threads");
  });

  it("stops at a signal, and at an error", async () => {
    const abort = new AbortController();
    const onTurn = ({ round }: Turn) => round === 1 && abort.abort();
    await expect(race(train, corpus, { threads: 2, training, onTurn, signal: abort.signal })).rejects.toThrow(/abort/i);
    await expect(race(train, toCorpus([]), { threads: 2, training })).rejects.toThrow(/no words|empty/);
    await expect(race(train, corpus, { threads: 2, rounds: 0 })).rejects.toThrow(/"rounds" expected/);
    await expect(race(train, corpus, { threads: 2, words: -1 })).rejects.toThrow(/"words" expected/);
  });
});

it("firstWords ends a corpus after so many tokens", async () => {
  for (const limit of [1, 7, 500, 1e9]) {
    const cut = firstWords(corpus, limit);
    const { vocabulary } = await buildVocabulary(corpus, resolveOptions({ minCount: 1 }), () => {});
    const words: string[] = [];
    for await (const { ids } of encode(cut, vocabulary, 100))
      for (const id of ids) if (id < vocabulary.size) words.push(vocabulary.words[id]);
    expect(words).toEqual(text.flat().slice(0, limit));
  }
});

it("medians", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(medianRatio([2, 9, 8], [1, 3, 4])).toBe(2);
});

describe("wasm2vec bench", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());

  it("prints a table, and with --json a document", async () => {
    const options = ["--rounds", "1", "--dim", "16", "--threads", "2", "--words", "5000"];
    const shown = await bench.run(["bench", bench.corpus, ...options]);
    expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining("round 1 of 1: simd, 2 threads") });
    for (const name of names) expect(shown.stdout).toMatch(new RegExp(`^${name} +[\\d,]+ .*█`, "m"));
    const { code, stdout, stderr } = await bench.run(["bench", bench.corpus, ...options, "--json", "-q"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      where: expect.stringContaining(`Node ${process.versions.node}`),
      training: { dim: 16, window: 5, seed: 1 },
      rivals: names.map((name) => ({ name })),
    });
  });

  it("explains what it cannot do", async () => {
    expect(await bench.run(["bench", "none.txt"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("none.txt"),
    });
    expect(await bench.run(["bench", bench.corpus, "--dim", "0"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--dim expected"),
    });
    expect(await bench.run(["bench", bench.corpus, "--rounds", "none"])).toMatchObject({ code: 2 });
  });
});

async function sha256(floats: Float32Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Float32Array(floats));
  return Buffer.from(digest).toString("hex");
}
