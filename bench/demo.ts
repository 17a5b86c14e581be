// npm run bench:demo: the demo in Chromium with the map live: tasks longer than 50 ms, and frames per second.
// Environment: EPOCHS=5

import { launchChromium } from "../test/support/browsers.js";
import { machine, spread } from "./measure.js";
import { servePages } from "./pages.js";

const pages = await servePages();
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
await page.goto(`${pages.url}/#epochs=${process.env.EPOCHS ?? 5}`);
interface Seen {
  tasks: { at: number; duration: number; during: string }[];
  frames: number[];
  status: string;
}
const { tasks, frames, status } = await page.evaluate<Seen>(`(async () => {
  const status = () => document.querySelector("#status").textContent;
  while (document.querySelector("#estimate").textContent === "") await new Promise((resolve) => setTimeout(resolve, 50));
  // what loading the page took is not training
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const start = performance.now();
  const tasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ at: startTime - start, duration, during: status() });
  }).observe({ type: "longtask" });
  const frames = [];
  let count = 0;
  let second = start;
  const frame = (now) => {
    count++;
    if (now - second >= 1000) {
      if (status().startsWith("Training")) frames.push((1000 * count) / (now - second));
      [second, count] = [now, 0];
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  document.querySelector("#start").click();
  while (!status().startsWith("Done")) await new Promise((resolve) => setTimeout(resolve, 100));
  return { tasks, frames, status: status() };
})()`);
await browser.close();
pages.close();
console.log(`${machine()}\n${status}`);
console.log(`frames per second while training: ${spread(frames)}`);
console.log(`tasks over 50 ms: ${tasks.length}`);
for (const { at, duration, during } of tasks)
  console.log(`  at ${Math.round(at)} ms: ${Math.round(duration)} ms (${during})`);
