// Entry of a worker in browsers: it reads, or trains by a kernel of WebAssembly.

import { instantiate } from "./kernel/engines/wasm.js";
import { serveWorker } from "./platform/browser/serve.js";

serveWorker(async ({ name, module }, memory) => instantiate(name, module!, memory));
