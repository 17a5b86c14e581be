// The demo's server, asked for what no browser asks for.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../demo/serve.js", import.meta.url));
let folder: string;
let server: ChildProcess;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-server-"));
  mkdirSync(join(folder, "pages/race"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  for (const page of ["index.html", "race/index.html"]) writeFileSync(join(folder, "pages", page), `page ${page}`);
  // in a process of its own: whether it lives is the question
  const start = `import { serveFolder } from ${JSON.stringify(pathToFileURL(script).href)};
    const server = await serveFolder(${JSON.stringify(join(folder, "pages"))}, { headers: { "x-test": "1" } });
    console.log(server.address().port);`;
  server = spawn(process.execPath, ["--input-type=module", "--eval", start], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(server.stdout!, "data");
  port = Number(line);
}, 60_000);

afterAll(() => {
  server.kill();
  rmSync(folder, { recursive: true });
});

/** What the server answers to a request as it stands, which no HTTP client would send: status line, headers, body. */
async function ask(target: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("utf8");
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let answer = "";
  for await (const part of socket) answer += part;
  return answer;
}

async function expectAnswer(target: string, status: number): Promise<void> {
  const answer = await ask(target);
  expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  expect(answer).not.toContain("secret");
  expect(answer).toContain("x-test: 1");
  expect(await ask("/")).toContain("page index.html");
  expect(server.exitCode).toBe(null);
}

describe("the demo's server", () => {
  it.each([
    ["/%", 400],
    ["/%E0%A4%A", 400],
    ["/%00", 400],
    ["/index.html%00.txt", 400],
    ["//", 400],
    ["///", 400],
    ["http://[", 400],
    ["/%5c..%5csecret.txt", 400],
    ["/none.html", 404],
    ["/../secret.txt", 404],
    ["/..%2fsecret.txt", 404],
    ["/%2e%2e/secret.txt", 404],
    ["/index.html/", 404],
    ["/..", 200],
  ])("answers %s with %i and lives", expectAnswer);

  it("answers a name of 5,000 letters with 404 and lives", () => expectAnswer(`/${"x".repeat(5000)}`, 404));

  it("sends a folder's name on to the page in it", async () => {
    const answer = await ask("/race");
    expect(answer).toMatch(/^HTTP\/1\.1 301 /);
    expect(answer).toMatch(/^location: \.\/race\/$/im);
    expect(await ask("/race/")).toContain("page race/index.html");
  });
});

describe("npm run demo", () => {
  /** Its exit code and what it says. */
  function run(...options: string[]): Promise<{ code: unknown; said: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [script, ...options], (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, said: stdout + stderr }),
      );
    });
  }

  it.each([
    [["--port", "abc"], '--port expected integer 0 to 65535, got "abc"\n'],
    [["--port", ""], '--port expected integer 0 to 65535, got ""\n'],
    [["--port", "65536"], '--port expected integer 0 to 65535, got "65536"\n'],
  ])("refuses %j in one sentence", async (options, said) => {
    expect(await run(...options)).toEqual({ code: 2, said });
  });

  it("refuses options that it does not know in one sentence", async () => {
    const { code, said } = await run("--prot", "80");
    expect(code).toBe(2);
    expect(said).toMatch(/^Unknown option '--prot'[^\n]*\n$/);
  });

  it("says that a port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port: taken } = other.address() as AddressInfo;
    const said = `port ${taken} is taken: choose another with --port, or 0 for any free one\n`;
    expect(await run("--port", String(taken))).toEqual({ code: 1, said });
    other.close();
  });
});
