// Requests over a link, each with one reply.

import type { Link } from "./link.js";

/** What one end can ask of the other: by name, what is asked and what is answered. */
type Calls<C> = { [Name in keyof C]: (request: never) => unknown };

type Asked<C extends Calls<C>, Name extends keyof C> = Parameters<C[Name]>[0];
type Answered<C extends Calls<C>, Name extends keyof C> = ReturnType<C[Name]>;

/** number: of the request, from 0; the reply has that and the name of the call again. */
export type Request<C extends Calls<C>> = {
  [Name in keyof C]: { number: number; call: Name; request: Asked<C, Name> };
}[keyof C];
export type Reply<C extends Calls<C>> = {
  [Name in keyof C]: { number: number; call: Name; answer: Answered<C, Name> };
}[keyof C];

/** The end that asks. */
export class Caller<C extends Calls<C>> {
  private readonly waiting = new Map<number, { take(reply: Reply<C>): void; reject(reason: unknown): void }>();
  private requests = 0;

  constructor(private readonly link: Link<Request<C>, Reply<C>>) {
    void this.listen();
  }

  /** Requests under way. */
  get load(): number {
    return this.waiting.size;
  }

  /** @throws the reason why the link has ended, or what answering it threw */
  ask<Name extends keyof C>(
    call: Name,
    request: Asked<C, Name>,
    transfer: Transferable[] = [],
  ): Promise<Answered<C, Name>> {
    return new Promise((resolve, reject) => {
      const number = this.requests++;
      this.link.send({ number, call, request }, transfer);
      const take = (reply: Reply<C>) => {
        if (reply.call !== call) throw misfit(reply, String(call));
        resolve(reply.answer as Answered<C, Name>);
      };
      this.waiting.set(number, { take, reject });
    });
  }

  close(reason: unknown): Promise<void> {
    return this.link.close(reason);
  }

  private async listen(): Promise<void> {
    try {
      for (;;) {
        const reply = await this.link.receive();
        const asked = this.waiting.get(reply.number);
        if (asked === undefined) throw misfit(reply, "a request that waits");
        asked.take(reply);
        this.waiting.delete(reply.number);
      }
    } catch (reason) {
      void this.link.close(reason);
      for (const { reject } of this.waiting.values()) reject(reason);
      this.waiting.clear();
    }
  }
}

function misfit({ number, call }: { number: number; call: unknown }, expected: string): Error {
  return new Error(`got reply ${number} to ${String(call)}, expected one to ${expected}`);
}

/** What answers each call: the answer, and what of it is given away. */
export type Answers<C extends Calls<C>> = {
  [Name in keyof C]: (request: Asked<C, Name>) => Promise<Sent<Answered<C, Name>>>;
};

interface Sent<Answer> {
  answer: Answer;
  transfer?: Transferable[];
}

/** The end that answers, one request after the other, until the link ends. @throws why it did, or what an answer threw */
export async function answerCalls<C extends Calls<C>>(
  link: Link<Reply<C>, Request<C>>,
  answers: Answers<C>,
): Promise<never> {
  for (;;) {
    const { number, call, request } = await link.receive();
    if (answers[call] === undefined) throw new Error(`got request "${String(call)}", which nobody answers here`);
    const { answer, transfer } = await answers[call](request);
    link.send({ number, call, answer }, transfer);
  }
}
