/** What a worker of a page says first, so that the page knows that its file was found. */
export const READY = "ready";
