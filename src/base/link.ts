// Two ends that send each other messages: a thread and its worker, or two workers. Whoever waits for the other learns that it is gone.

import { version } from "../../package.json";

/** What carries the messages: a worker, or a port. */
export interface Channel {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Told why the other end is gone, as far as the engine tells. */
  onError(listener: (reason: Error) => void): void;
  /** Resolves when the other end does nothing any more, as far as the engine tells. */
  terminate(): Promise<void>;
}

/** What both ends must have alike; each says its own before anything else. */
export interface Hello {
  /** of the package */
  version: string;
  /** hash of all addresses and strides by which the two read what they send each other; "" where there are none */
  layout: string;
}

/** What goes through a channel. */
export type Envelope<Message = unknown, Task = unknown> =
  | { type: "hello"; hello: Hello; task?: Task }
  | { type: "message"; message: Message }
  | { type: "bye"; reason: Error };

interface LinkOptions<Task> {
  /** names the other end, for errors */
  other: string;
  layout: string;
  /** what the other end is to do; goes with the hello, which a worker awaits before it opens its end */
  task?: Task;
  transfer?: Transferable[];
}

export class Link<Out, In> {
  private readonly arrived: In[] = [];
  private readonly waiting: { resolve: (message: In) => void; reject: (reason: unknown) => void }[] = [];
  private failure: { reason: unknown } | undefined;
  private readonly hello: Hello;
  private readonly other: string;
  private isGreeted = false;

  /** Says hello at once. */
  constructor(
    private readonly channel: Channel,
    { other, layout, task, transfer = [] }: LinkOptions<unknown>,
  ) {
    this.other = other;
    this.hello = { version, layout };
    channel.onError((reason) => this.fail(reason));
    channel.onMessage((message) => this.take(message as Envelope<In>));
    channel.post({ type: "hello", hello: this.hello, task } satisfies Envelope, transfer);
  }

  /** @throws the reason, once the link has ended */
  send(message: Out, transfer: Transferable[] = []): void {
    if (this.failure) throw this.failure.reason;
    this.channel.post({ type: "message", message } satisfies Envelope, transfer);
  }

  /**
   * The next message, in the order in which they were sent.
   * @throws the reason why the link has ended: that the other end is gone, is of another version, or closed it
   */
  receive(): Promise<In> {
    return new Promise((resolve, reject) => {
      if (this.arrived.length > 0) resolve(this.arrived.shift()!);
      else if (this.failure) reject(this.failure.reason);
      else this.waiting.push({ resolve, reject });
    });
  }

  /** Ends the link; whoever waits at either end is told why. */
  close(reason: unknown): Promise<void> {
    if (this.failure === undefined) {
      this.sayBye(reason);
      this.fail(reason);
    }
    return this.channel.terminate();
  }

  private sayBye(reason: unknown): void {
    const post = (error: Error) => this.channel.post({ type: "bye", reason: error } satisfies Envelope, []);
    try {
      post(reason instanceof Error ? reason : new Error(String(reason)));
    } catch {
      // one that holds what cannot be copied
      post(new Error(String(reason)));
    }
  }

  private take(envelope: Envelope<In>): void {
    if (this.failure) return;
    const { type } = envelope;
    if (type === "bye") this.fail(envelope.reason);
    else if (type === "hello") this.greet(envelope.hello);
    else if (type !== "message" || !this.isGreeted)
      this.refuse(`${this.other} is not of wasm2vec ${version}: it did not say hello; ${REMEDY}`);
    else if (this.waiting.length > 0) this.waiting.shift()!.resolve(envelope.message);
    else this.arrived.push(envelope.message);
  }

  private greet({ version: theirs, layout }: Hello): void {
    const { hello, other } = this;
    this.isGreeted = true;
    if (theirs !== hello.version)
      this.refuse(`${other} is of wasm2vec ${theirs}, expected ${hello.version}: ${REMEDY}`);
    else if (layout !== hello.layout)
      this.refuse(
        `${other} has its memory laid out as ${layout || "none"}, expected ${hello.layout || "none"}: ` +
          "give both ends the same options and vocabulary",
      );
  }

  private refuse(what: string): void {
    void this.close(new Error(what));
  }

  private fail(reason: unknown): void {
    if (this.failure) return;
    this.failure = { reason };
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }
}

const REMEDY = "serve all files of one build";

/** A port, whose other end may be in another thread; it must not have been started. */
export function portChannel(port: MessagePort, other: string): Channel {
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage(listener) {
      port.onmessage = ({ data }) => listener(data);
    },
    onError: (listener) => port.addEventListener("close", () => listener(new Error(`${other} is gone`))),
    terminate: async () => port.close(),
  };
}
