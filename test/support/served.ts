// What the tests' browsers open on loopback.

import type { AddressInfo } from "node:net";
import { serveFolder } from "../../demo/serve.js";

export { ISOLATION } from "../../demo/serve.js";

export interface Served {
  url: string;
  close(): void;
}

/** Serves a folder. @param headers on every answer */
export async function serve(folder: string, headers: Record<string, string> = {}): Promise<Served> {
  const server = await serveFolder(folder, { headers });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
