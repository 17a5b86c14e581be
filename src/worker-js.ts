// Entry of a worker in browsers that trains by the js kernel, so that pages that do not ask for it do not load it.

import { createJsKernel } from "./kernel/js/js-kernel.js";
import { serveWorker } from "./platform/browser/serve.js";

serveWorker(async (_, memory) => createJsKernel(memory));
