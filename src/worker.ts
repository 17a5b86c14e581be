// Entry of a worker in browsers.

import { READY } from "./platform/browser/ready.js";
import { serveFirst } from "./train/first-message.js";

serveFirst({
  post: (message, transfer) => self.postMessage(message, { transfer }),
  onMessage: (listener) => self.addEventListener("message", ({ data }) => listener(data)),
});

self.postMessage(READY);
