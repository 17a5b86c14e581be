// WebKit by WebDriver: the driver of Debian's WebKitGTK speaks it, and it takes no more than fetch.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type Page, START_TIMEOUT } from "./page";
import { pathOf, SCREEN, WEBKIT, WEBKIT_DRIVER } from "./programs";

/** Milliseconds that a script may take in a page; Node's fetch waits 300,000 for an answer. */
const SCRIPT_TIMEOUT = 280_000;

/** @param sharesMemory whether isolated pages have SharedArrayBuffer, which WebKitGTK has behind a flag only */
export async function launchWebKitGtk(sharesMemory: boolean): Promise<Browser> {
  const driver = pathOf(WEBKIT_DRIVER);
  const binary = pathOf(WEBKIT);
  const screen = await startScreen();
  const home = mkdtempSync(join(tmpdir(), "wasm2vec-webkit-"));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...{ DISPLAY: screen.display, LIBGL_ALWAYS_SOFTWARE: "1", HOME: home },
    // else navigator.language is "C", which is no language
    ...{ LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" },
    ...(sharesMemory ? { JSC_useSharedArrayBuffer: "1" } : {}),
  };
  return {
    name: execFileSync(binary, ["--version"], { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim(),
    ...{ downloads: home, sharesMemory, privateFiles: false },
    open: () => openPage(driver, binary, env),
    async close() {
      screen.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Starts a program that ends with this process, if nobody stops it before. */
function start(path: string, args: string[], env: NodeJS.ProcessEnv, stdio: "ignore" | "pipe") {
  const child: ChildProcess = spawn(path, args, { env, stdio: ["ignore", stdio, "ignore"] });
  const stop = () => void child.kill();
  process.once("exit", stop);
  child.once("exit", () => process.off("exit", stop));
  return { child, stop };
}

/** A screen that nobody sees, on a number that is free. */
async function startScreen() {
  const path = pathOf(SCREEN);
  const args = ["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"];
  const { child, stop } = start(path, args, process.env, "pipe");
  const [number] = await Promise.race([
    once(child.stdout!, "data", { signal: AbortSignal.timeout(START_TIMEOUT) }),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`Xvfb ended with exit code ${code}`))),
  ]);
  return { display: `:${String(number).trim()}`, stop };
}

/** A page with a browser and a driver of its own, since a driver holds one session. */
async function openPage(driver: string, binary: string, env: NodeJS.ProcessEnv): Promise<Page> {
  const port = await freePort();
  const { child, stop } = start(driver, [`--port=${port}`], env, "ignore");
  const ask = async <T>(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = (await response.json()) as { value: T & { message?: string } };
    if (!response.ok) throw new Error(`WebKit: ${value.message}`);
    return value;
  };
  const options = { "webkitgtk:browserOptions": { binary, args: ["--automation"] } };
  try {
    for (let waited = 0; !(await ask("GET", "/status").catch(() => undefined)); waited += 100) {
      if (waited > START_TIMEOUT || child.exitCode !== null) throw new Error("WebKit's driver does not answer");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const capabilities = { alwaysMatch: options };
    const { sessionId } = await ask<{ sessionId: string }>("POST", "/session", { capabilities });
    const session = `/session/${sessionId}`;
    await ask("POST", `${session}/timeouts`, { script: SCRIPT_TIMEOUT });
    return {
      goto: (url) => ask("POST", `${session}/url`, { url }),
      evaluate: async <T>(script: string) => {
        const json = await ask<string>("POST", `${session}/execute/async`, { script: inPage(script), args: [] });
        const { value, error } = JSON.parse(json) as { value: T; error?: string };
        if (error !== undefined) throw new Error(error);
        return value;
      },
      async close() {
        await ask("DELETE", session).finally(stop);
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** An expression as WebDriver evaluates it. Its value goes as JSON, since WebDriver makes null of undefined. */
function inPage(expression: string): string {
  return `const answer = (outcome) => arguments[arguments.length - 1](JSON.stringify(outcome));
    (async () => (${expression}\n))().then((value) => answer({ value }), (error) => answer({ error: String(error) }));`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
