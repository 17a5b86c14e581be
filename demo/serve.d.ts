import type { Server } from "node:http";

export function buildPages(folder: string): Promise<void>;
export function servePages(folder: string, options: { isolation: boolean; port: number }): Promise<Server>;
