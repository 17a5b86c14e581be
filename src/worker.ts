// Entry of a worker in browsers.

import { sayReady } from "./platform/browser/ready.js";
import { serveFirst } from "./train/first-message.js";

serveFirst({
  post: (message, transfer) => self.postMessage(message, { transfer }),
  onMessage: (listener) => self.addEventListener("message", ({ data }) => listener(data)),
  // a page that has gone takes its workers with it
  onError() {},
  terminate: async () => self.close(),
});

sayReady((message) => self.postMessage(message));
