import type { Server } from "node:http";

export const ISOLATION: Record<string, string>;
export function buildPages(folder: string): Promise<void>;
export function serveFolder(
  folder: string,
  options?: { headers?: Record<string, string>; port?: number },
): Promise<Server>;
