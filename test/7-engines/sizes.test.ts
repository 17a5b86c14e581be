// What pages load.

import { expect, it } from "vitest";
import { sizes } from "../../bench/sizes";

/** Bytes after gzip that are not to be passed; docs/speed.md says what they are. */
const MOST = {
  "a page that uses train alone": 60_850,
  "a page that predicts labels alone": 7_150,
  "all of wasm2vec": 76_650,
  "all entry points of pages": 110_000,
  "build/worker.js": 16_750,
};

it("pages and the worker stay small", async () => {
  const found = Object.fromEntries((await sizes()).map(({ name, gzip }) => [name, gzip]));
  for (const [name, most] of Object.entries(MOST)) {
    expect(found[name], name).toBeLessThanOrEqual(most);
    // a limit far above what it limits says nothing
    expect(found[name], name).toBeGreaterThan(0.95 * most);
  }
});
