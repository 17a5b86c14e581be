// Real browsers for tests, and a server on loopback for what they open.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright";
import puppeteer from "puppeteer-core";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

export interface Served {
  url: string;
  close(): void;
}

/** Serves a folder; a path without a file is an empty page. @param headers on every answer */
export async function serve(folder: string, headers: Record<string, string> = {}): Promise<Served> {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, "http://localhost").pathname));
    const file = join(folder, path);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const type = TYPES[extname(path)];
    if (path === "/empty.html") {
      response.setHeader("content-type", "text/html");
      return response.end("<!doctype html><title>empty</title>");
    }
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined) response.statusCode = 404;
    response.setHeader("content-type", type ?? "application/octet-stream");
    response.end(body ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What makes a page cross-origin isolated, so that it may share memory. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** A page of one of the browsers, as far as both drivers agree. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  close(): Promise<void>;
}

export interface Browser {
  name: string;
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** @throws Error if it is not installed: tests never skip one silently */
function pathOf(name: string, paths: string[]): string {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`${name} is not installed: none of ${paths.join(", ")}`);
  return path;
}

export const BROWSERS: Record<string, () => Promise<Browser>> = {
  Chromium: async () => {
    const executablePath = pathOf("Chromium", ["/usr/bin/chromium", "/usr/bin/chromium-browser"]);
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    return {
      name: `Chromium ${browser.version()}`,
      open: async () => (await (await browser.newContext()).newPage()) as Page,
      close: () => browser.close(),
    };
  },
  Firefox: async () => {
    const executablePath = pathOf("Firefox", ["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
    const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
    return {
      name: await browser.version(),
      open: async () => (await browser.newPage()) as unknown as Page,
      close: () => browser.close(),
    };
  },
};
