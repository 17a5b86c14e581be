// The door for browsers, from the build, in real browsers: on pages that are cross-origin isolated and on pages that are not.

import { expect, it } from "vitest";
import { learnPhrases, type TrainOptions, textCorpus, train, trainClassifier } from "wasm2vec";
import { floatsOf } from "../../src/classifier/classifier-data";
import { PAGE_ENGINES, type Page } from "../support/browsers";
import { onEachPage } from "../support/drive";
import { type Outcome, sha256, small, text, trainHere, WAYS } from "../support/same-bytes";

/** What a page came to. */
interface PageOutcome extends Outcome {
  isolated: boolean;
  sharesMemory: boolean;
}

/** SHA-256 of a model's vectors, in a page. */
const HASH = `async ({ vectors }) => {
  const digest = await crypto.subtle.digest("SHA-256", vectors.matrix.slice());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}`;

/** Trains in the page. */
function trainIn(page: Page, options: TrainOptions): Promise<PageOutcome> {
  return page.evaluate(`(async () => {
    const { train } = await import("/index.js");
    const model = await train(${JSON.stringify(text)}, ${JSON.stringify({ ...small, ...options })});
    const hash = await (${HASH})(model);
    const { threads, parallel } = model.history[0];
    const sharesMemory = crossOriginIsolated && typeof SharedArrayBuffer !== "undefined";
    return { hash, threads, parallel, isolated: crossOriginIsolated, sharesMemory };
  })()`);
}

// a page that is not there is as good as an empty one
onEachPage(
  () => "build",
  "/none.html",
  (at) => {
    it.each(WAYS)("gives the bytes of Node: %s", async (_, options, parallel) => {
      const { isolated, sharesMemory } = at;
      const outcome = await trainIn(at.page, options);
      expect(outcome).toMatchObject({ parallel, isolated, sharesMemory });
      expect(outcome.hash).toBe(await trainHere(options));
    });

    it("does so in the page's thread each time, though messages overtake one another while many batches wait", async () => {
      const lines = text.map((sentence) => sentence.join(" ")).join("\n");
      const options = { ...small, worker: false };
      const hashes = await at.page.evaluate<string[]>(`(async () => {
        const { textCorpus, train } = await import("/index.js");
        const bytes = new TextEncoder().encode(${JSON.stringify(lines)});
        const hashes = [];
        for (let i = 0; i < 4; i++) {
          const model = await train(textCorpus(() => [bytes, bytes, bytes]), ${JSON.stringify(options)});
          hashes.push(await (${HASH})(model));
        }
        return hashes;
      })()`);
      const bytes = new TextEncoder().encode(lines);
      const { vectors } = await train(
        textCorpus(() => [bytes, bytes, bytes]),
        options,
      );
      expect(new Set(hashes)).toEqual(new Set([sha256(vectors.matrix)]));
    });

    it("reads a large text by workers, to the same bytes", async () => {
      const lines = text.map((sentence) => sentence.join(" ")).join("\n");
      const times = Math.ceil((3 * 2 ** 20) / lines.length);
      const options = { ...small, epochs: 1, reproducible: true, threads: 2 };
      const hash = await at.page.evaluate<string>(`(async () => {
        const { textCorpus, train } = await import("/index.js");
        const blob = new Blob(Array(${times}).fill(${JSON.stringify(`${lines}\n`)}));
        return (${HASH})(await train(textCorpus(() => blob), ${JSON.stringify(options)}));
      })()`);
      const here = textCorpus(() => [new TextEncoder().encode(`${lines}\n`.repeat(times))]);
      const { vectors } = await train(here, { ...options, worker: false, threads: 1 });
      expect(hash).toBe(sha256(vectors.matrix));
    });

    it("trains a classifier to the bytes of Node, which predicts without WebAssembly", async () => {
      const examples = text.slice(0, 1000).map((sentence, i) => ({ text: sentence, labels: `l${i % 3}` }));
      const options = { dim: 10, wordNgrams: 2, minn: 2, maxn: 3 };
      const [hash, probabilities] = await at.page.evaluate<[string, unknown]>(`(async () => {
        const { trainClassifier } = await import("/index.js");
        const model = await trainClassifier(${JSON.stringify(examples)}, ${JSON.stringify(options)});
        const parts = [];
        await model.save(async (chunks) => {
          for await (const chunk of chunks) parts.push(chunk.slice());
        });
        const { readClassifier } = await import("/classify.js");
        const light = readClassifier(new Uint8Array(await new Blob(parts).arrayBuffer()));
        const { inputs } = light.data;
        const matrix = Float32Array.from(Array.from({ length: inputs.rows }, (_, row) => [...inputs.row(row)]).flat());
        const hash = await (${HASH})({ vectors: { matrix } });
        return [hash, light.predict(${JSON.stringify(text[0])}, { k: 3 })];
      })()`);
      const model = await trainClassifier(examples, options);
      expect(hash).toBe(sha256(floatsOf(model.data.inputs, 10)));
      expect(probabilities).toEqual(model.predict(text[0], { k: 3 }));
    });

    it("learns phrases from a text that workers read, the same", async () => {
      const lines = `${text.map((sentence) => sentence.join(" ")).join("\n")}\n`;
      const times = Math.ceil((3 * 2 ** 20) / lines.length);
      const options = { threshold: 0.1 };
      const [phrases, started] = await at.page.evaluate<[string, number]>(`(async () => {
        let started = 0;
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function (message, ...rest) {
          if (message.task?.parsing) started++;
          return postMessage.call(this, message, ...rest);
        };
        const { learnPhrases, textCorpus } = await import("/index.js");
        const blob = new Blob(Array(${times}).fill(${JSON.stringify(lines)}));
        const phrases = await learnPhrases(textCorpus(() => blob), ${JSON.stringify({ ...options, threads: 2 })});
        Worker.prototype.postMessage = postMessage;
        return [phrases.toText(), started];
      })()`);
      const bytes = new TextEncoder().encode(lines.repeat(times));
      const here = await learnPhrases(
        textCorpus(() => [bytes]),
        { ...options, worker: false },
      );
      expect(here.size).toBeGreaterThan(0);
      expect(phrases).toBe(here.toText());
      expect(started).toBeGreaterThanOrEqual(1);
    });

    it("a kernel that the page's policy forbids names the policy and the remedy", async () => {
      const errors = await at.page.evaluate<string[]>(`new Promise((resolve) => {
        const code = \`import { train } from "\${location.origin}/index.js";
          const errors = ["simd", "relaxed"].map((kernel) =>
            train([["a", "b"]], { minCount: 1, kernel }).then(() => "trained", (error) => error.name + ": " + error.message));
          parent.postMessage(await Promise.all(errors), "*");\`;
        const script = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
        addEventListener("message", ({ data }) => resolve(data), { once: true });
        document.body.append(Object.assign(document.createElement("iframe"), { srcdoc:
          '<meta http-equiv="Content-Security-Policy" content="script-src blob: ' + location.origin + '">' +
          '<script type="module" src="' + script + '"></' + 'script>' }));
      })`);
      for (const [i, kernel] of ["simd", "relaxed"].entries()) {
        const expected = `KernelError: cannot compile the ${kernel} kernel: a policy forbids WebAssembly code generation here`;
        expect(errors[i]).toContain(expected);
        expect(errors[i]).toContain("'wasm-unsafe-eval' to script-src");
      }
    });

    it("keeps word ids in the private file system, and removes them, with those of a tab that was closed; or warns", async () => {
      const left = await at.page.evaluate<string[]>(`(async () => {
        const { train } = await import("/index.js");
        const folder = await navigator.storage?.getDirectory();
        for (const name of ["wasm2vec-ids-forgotten", "another's"]) await folder?.getFileHandle(name, { create: true });
        const passes = [];
        // more than what fills the first megabyte
        const long = Array(Math.ceil(300_000 / ${text.flat().length})).fill(${JSON.stringify(text)}).flat();
        const text = () => (passes.push(1), long);
        const options = { ...${JSON.stringify(small)}, epochs: 3, threads: 1 };
        const plain = await train(text, options);
        const spooled = await train(text, { ...options, spool: true, spoolMemory: 0, onWarning: (message) => passes.push(message) });
        const same = spooled.vectors.matrix.every((value, i) => value === plain.vectors.matrix[i]);
        return [...(folder ? await Array.fromAsync(folder.keys()) : []), String(same), ...passes.map(String)].sort();
      })()`);
      const warning = expect.stringContaining("this page has no private file system");
      // 1 + 3 passes without, 1 with
      if (at.browser.privateFiles) expect(left).toEqual([...Array(5).fill("1"), "another's", "true"]);
      else expect(left).toEqual([...Array(8).fill("1"), "true", warning]);
    });

    it("trains with several threads on every page; without the grid where they share memory", async () => {
      const { hash, threads, parallel } = await trainIn(at.page, { threads: 2 });
      expect({ threads, parallel }).toEqual({ threads: 2, parallel: "grid" });
      expect(hash).toBe(await trainHere({ threads: 1 }));
      expect(await trainIn(at.page, { threads: 2, model: "cbow" })).toMatchObject(
        at.sharesMemory ? { threads: 2, parallel: "hogwild" } : { threads: 1, parallel: "none" },
      );
    });

    it("resumes a training that was stopped, to the bytes of one that was not", async () => {
      const options = { ...small, threads: 2 };
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
          if (own === 2 && i === 3000) control.checkpoint().then(() => abort.abort());
          yield text[i];
        }
      };
      const stopped = await train(corpus, { ...${JSON.stringify(options)}, control, signal: abort.signal, checkpoint: { write } })
        .then(() => "finished", (error) => error.name);
      if (stopped !== "AbortError") throw new Error(stopped);
      const checkpoint = readCheckpoint(stored);
      const model = await train(text, { resume: checkpoint });
      return { hash: await (${HASH})(model), paused: checkpoint.position.epochs + (checkpoint.position.batches + checkpoint.position.steps / 100) / 1e6 };
    })()`);
      expect(paused).toBeGreaterThan(1);
      expect(hash).toBe(await trainHere({ threads: 1 }));
    });
  },
  PAGE_ENGINES,
);
