// The door for browsers, from the build, in real browsers: on pages that are cross-origin isolated and on pages that are not.

import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type TrainOptions, train } from "wasm2vec";
import type { Page } from "./browsers";
import { onEachPage } from "./drive";
import { sampleText } from "./sample";

const text = sampleText(4000);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };

interface Outcome {
  hash: string;
  threads: number;
  parallel: string;
  isolated: boolean;
}

/** Trains in the page. */
function trainIn(page: Page, options: TrainOptions): Promise<Outcome> {
  return page.evaluate(`(async () => {
    const { train } = await import("/index.js");
    const model = await train(${JSON.stringify(text)}, ${JSON.stringify({ ...small, ...options })});
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(model.vectors.matrix.slice().buffer));
    const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const { threads, parallel } = model.history[0];
    return { hash, threads, parallel, isolated: crossOriginIsolated };
  })()`);
}

async function trainHere(options: TrainOptions): Promise<string> {
  const { vectors } = await train(text, { ...small, ...options });
  return createHash("sha256").update(vectors.matrix).digest("hex");
}

// a page that is not there is as good as an empty one
onEachPage(
  () => "build",
  "/none.html",
  (at) => {
    const rounds = at.isolated ? "rounds" : "replicas";

    it.each<[string, TrainOptions, string]>([
      ["one thread", { threads: 1 }, "none"],
      ["in the page's thread", { worker: false }, "none"],
      ["CBOW", { threads: 1, model: "cbow" }, "none"],
      ["hierarchical softmax", { threads: 1, loss: "hierarchical-softmax" }, "none"],
      ["the scalar kernel", { threads: 1, kernel: "scalar" }, "none"],
      ["reproducible", { reproducible: true, threads: 3 }, rounds],
      ["replicas", { parallel: "replicas", threads: 2 }, "replicas"],
    ])("gives the bytes of Node: %s", async (_, options, parallel) => {
      const outcome = await trainIn(at.page, options);
      expect(outcome).toMatchObject({ parallel, isolated: at.isolated });
      expect(outcome.hash).toBe(await trainHere(options));
    });

    it("keeps word ids in the private file system, and removes them, with those of a tab that was closed", async () => {
      const left = await at.page.evaluate<string[]>(`(async () => {
        const { train } = await import("/index.js");
        const folder = await navigator.storage.getDirectory();
        for (const name of ["wasm2vec-ids-forgotten", "another's"]) await folder.getFileHandle(name, { create: true });
        const passes = [];
        const text = () => (passes.push(1), ${JSON.stringify(text)});
        const options = { ...${JSON.stringify(small)}, epochs: 3, threads: 1 };
        const plain = await train(text, options);
        const spooled = await train(text, { ...options, spool: true, onWarning: (message) => passes.push(message) });
        const same = spooled.vectors.matrix.every((value, i) => value === plain.vectors.matrix[i]);
        return [...(await Array.fromAsync(folder.keys())), String(same), ...passes.map(String)].sort();
      })()`);
      // 1 + 3 passes without, 1 + 1 with
      expect(left).toEqual([...Array(6).fill("1"), "another's", "true"]);
    });

    it("uses several threads by default, in the mode that the page allows", async () => {
      const { threads, parallel } = await trainIn(at.page, { threads: 2 });
      expect({ threads, parallel }).toEqual({ threads: 2, parallel: at.isolated ? "hogwild" : "replicas" });
    });

    it("resumes a training that was stopped, to the bytes of one that was not", async () => {
      const options = { ...small, reproducible: true, threads: 2 };
      const { hash, paused } = await at.page.evaluate<{ hash: string; paused: number }>(`(async () => {
      const { train, readCheckpoint, TrainingControl } = await import("/index.js");
      const text = ${JSON.stringify(text)};
      const abort = new AbortController();
      const control = new TrainingControl();
      let stored;
      const write = async (chunks) => {
        const parts = [];
        for await (const chunk of chunks) parts.push(chunk);
        stored = new Uint8Array(await new Blob(parts).arrayBuffer());
      };
      let pass = 0;
      const corpus = function* () {
        const own = pass++;
        for (let i = 0; i < text.length; i++) {
          if (own === 2 && i === 1000) control.checkpoint().then(() => abort.abort());
          yield text[i];
        }
      };
      const stopped = await train(corpus, { ...${JSON.stringify(options)}, control, signal: abort.signal, checkpoint: { write } })
        .then(() => "finished", (error) => error.name);
      if (stopped !== "AbortError") throw new Error(stopped);
      const checkpoint = readCheckpoint(stored);
      const model = await train(text, { resume: checkpoint });
      const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(model.vectors.matrix.slice().buffer));
      const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return { hash, paused: checkpoint.position.epochs + checkpoint.position.batches / 1e6 };
    })()`);
      expect(paused).toBeGreaterThan(1);
      expect(hash).toBe(await trainHere({ reproducible: true }));
    });
  },
);
