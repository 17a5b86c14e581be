import { spawn } from "node:child_process";

/** Serves the demo and the race. Resolves to their address and a function that closes the server. */
export async function servePages(): Promise<{ url: string; close(): void }> {
  const child = spawn(process.execPath, ["demo/serve.js", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve));
  return { url: String(line).trim(), close: () => child.kill() };
}
