/** What a worker tells of itself. */
export interface WorkerEvent {
  /**
   * ready: it waits for jobs; taken: it began one; given: it ended one, or gave it back; refused: it takes no part in a run, whose text
   * it does not have; lost: another worker has taken its job over, so that what it did is dropped; away: Redis does not answer; back: it
   * does again; warned: it goes on, but something is not as it should be
   */
  type: "ready" | "taken" | "given" | "refused" | "lost" | "away" | "back" | "warned";
  /** id of the run */
  run?: string;
  /** a sentence for people */
  message: string;
}
