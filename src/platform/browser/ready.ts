/** The first message of a page's worker: its file was found and runs. */
export const READY = "ready";
