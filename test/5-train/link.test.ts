// Links between two ends, and requests over them: what is sent comes, and who waits in vain is told why.

import { describe, expect, it, vi } from "vitest";
import { version } from "../../package.json";
import { answerCalls, Caller, type Reply, type Request } from "../../src/base/calls";
import { type Channel, type Envelope, Link, portChannel } from "../../src/base/link";
import { channelPair } from "../support/channels";

const opened = { other: "the other end", layout: "0123" };

function links<A, B>(layouts = ["0123", "0123"]): [Link<A, B>, Link<B, A>] {
  const [here, there] = channelPair();
  return [
    new Link<A, B>(here, { other: "there", layout: layouts[0] }),
    new Link<B, A>(there, { other: "here", layout: layouts[1] }),
  ];
}

describe("a link", () => {
  it("brings messages in their order, whether they are awaited before or after they come", async () => {
    const [here, there] = links<number, string>();
    const early = [there.receive(), there.receive()];
    for (const n of [1, 2, 3, 4]) here.send(n);
    expect(await Promise.all(early)).toEqual([1, 2]);
    expect([await there.receive(), await there.receive()]).toEqual([3, 4]);
    there.send("thanks");
    expect(await here.receive()).toBe("thanks");
  });

  it("gives what was sent away", async () => {
    const [here, there] = links<ArrayBuffer, never>();
    const buffer = new ArrayBuffer(8);
    here.send(buffer, [buffer]);
    expect(buffer.byteLength).toBe(0);
    expect((await there.receive()).byteLength).toBe(8);
  });

  it("that is closed tells both ends why, after what was sent before", async () => {
    const [here, there] = links<number, number>();
    const waiting = here.receive();
    here.send(7);
    await Promise.all([
      expect(waiting).rejects.toThrow(new RangeError("no more")),
      here.close(new RangeError("no more")),
    ]);
    expect(await there.receive()).toBe(7);
    await expect(there.receive()).rejects.toThrow(new RangeError("no more"));
    expect(() => there.send(1)).toThrow("no more");
    expect(() => here.send(1)).toThrow("no more");
  });

  it("tells the other end of a reason that cannot be copied", async () => {
    for (const reason of [Object.assign(new Error("it broke"), { cause: () => {} }), "it broke"]) {
      const [here, there] = links<number, number>();
      await here.close(reason);
      await expect(there.receive()).rejects.toThrow("it broke");
    }
  });

  it("rejects when the other end is gone", async () => {
    const [here] = channelPair();
    const link = new Link(here, opened);
    const waiting = [link.receive(), link.receive()];
    here.lose(new Error("the wire was cut"));
    for (const one of [...waiting, link.receive()]) await expect(one).rejects.toThrow("the wire was cut");
  });

  it.each<[string, unknown, string]>([
    [
      "of another version",
      { type: "hello", hello: { version: "0.0.1", layout: "0123" } },
      `the other end is of wasm2vec 0.0.1, expected ${version}: serve all files of one build`,
    ],
    [
      "with another layout",
      { type: "hello", hello: { version, layout: "4567" } },
      "the other end has its memory laid out as 4567, expected 0123: give both ends the same options and vocabulary",
    ],
    [
      "that says no hello",
      { type: "message", message: 1 },
      `the other end is not of wasm2vec ${version}: it did not say hello; serve all files of one build`,
    ],
    [
      "that speaks another language",
      { type: "error", error: new Error("what?") },
      `the other end is not of wasm2vec ${version}: it did not say hello; serve all files of one build`,
    ],
  ])("refuses an end %s", async (_, message, error) => {
    const [here, there] = channelPair();
    const link = new Link(here, opened);
    there.post(message, []);
    there.post({ type: "message", message: 2 }, []);
    await expect(link.receive()).rejects.toThrow(new Error(error));
    expect(() => link.send(1)).toThrow(error);
  });

  it("says its own hello first, with the task", async () => {
    const [here, there] = channelPair();
    const heard: Envelope[] = [];
    there.onMessage((message) => void heard.push(message as Envelope));
    const link = new Link(here, { ...opened, task: { n: 1 } });
    link.send("later");
    await new Promise(setImmediate);
    expect(heard).toEqual([
      { type: "hello", hello: { version, layout: "0123" }, task: { n: 1 } },
      { type: "message", message: "later" },
    ]);
  });

  it("over a port ends with the port", async () => {
    const { port1, port2 } = new MessageChannel();
    const [a, b] = [port1, port2].map((port, i) => {
      return new Link<number, number>(portChannel(port, `end ${1 - i}`), { ...opened, other: `end ${1 - i}` });
    });
    a.send(1);
    expect(await b.receive()).toBe(1);
    const waiting = a.receive();
    port2.close();
    await expect(waiting).rejects.toThrow("end 1 is gone");
  });
});

type Sums = {
  add(request: { a: number; b: number }): number;
  shout(request: { text: string }): string;
};

/** A caller and what answers it. */
function callerOf(answer: (link: Link<Reply<Sums>, Request<Sums>>) => unknown): Caller<Sums> {
  const [here, there] = links<Request<Sums>, Reply<Sums>>();
  void answer(there);
  return new Caller<Sums>(here);
}

const answers = {
  add: async ({ a, b }: { a: number; b: number }) => ({ answer: a + b }),
  async shout({ text }: { text: string }) {
    if (text === "") throw new RangeError("nothing to shout");
    return { answer: text.toUpperCase() };
  },
};

describe("requests", () => {
  it("get the reply that is theirs", async () => {
    const caller = callerOf((link) => answerCalls<Sums>(link, answers).catch(() => {}));
    const asked = [
      caller.ask("add", { a: 1, b: 2 }),
      caller.ask("shout", { text: "a" }),
      caller.ask("add", { a: 0, b: 9 }),
    ];
    expect(caller.load).toBe(3);
    expect(await Promise.all(asked)).toEqual([3, "A", 9]);
    expect(caller.load).toBe(0);
  });

  it("may be answered in any order", async () => {
    const caller = callerOf(async (link) => {
      const [first, second] = [await link.receive(), await link.receive()];
      for (const { number, call } of [second, first]) link.send({ number, call, answer: number } as Reply<Sums>);
    });
    expect(await Promise.all([caller.ask("add", { a: 1, b: 1 }), caller.ask("add", { a: 1, b: 1 })])).toEqual([0, 1]);
  });

  it.each<[string, object, string]>([
    ["another call", { number: 0, call: "shout", answer: "A" }, "got reply 0 to shout, expected one to add"],
    [
      "another number",
      { number: 5, call: "add", answer: 3 },
      "got reply 5 to add, expected one to a request that waits",
    ],
  ])("refuse a reply to %s, and end the link", async (_, reply, error) => {
    let other: unknown;
    const caller = callerOf(async (link) => {
      await link.receive();
      link.send(reply as Reply<Sums>);
      await link.receive();
      await link.receive().catch((reason) => {
        other = reason;
      });
    });
    const asked = [caller.ask("add", { a: 1, b: 2 }), caller.ask("shout", { text: "" })];
    for (const one of asked) await expect(one).rejects.toThrow(error);
    await vi.waitFor(() => expect(other).toMatchObject({ message: error }));
    await expect(caller.ask("add", { a: 1, b: 2 })).rejects.toThrow(error);
  });

  it("are rejected when what answers them throws, is asked for what it does not know, or goes", async () => {
    const closing = (link: Link<Reply<Sums>, Request<Sums>>) =>
      answerCalls<Sums>(link, answers).catch((error) => link.close(error));
    await expect(callerOf(closing).ask("shout", { text: "" })).rejects.toThrow(new RangeError("nothing to shout"));
    const unknown = callerOf(closing) as unknown as Caller<{ dance(request: object): void }>;
    await expect(unknown.ask("dance", {})).rejects.toThrow('got request "dance", which nobody answers here');
    const [here, there]: Channel[] = channelPair();
    const caller = new Caller<Sums>(new Link(here, opened));
    const asked = caller.ask("add", { a: 1, b: 2 });
    await there.terminate();
    await expect(asked).rejects.toThrow("the other end was closed");
  });

  it("that wait are rejected when the caller gives up", async () => {
    const caller = callerOf(() => {});
    const asked = caller.ask("add", { a: 1, b: 2 });
    await Promise.all([expect(asked).rejects.toThrow("given up"), caller.close(new Error("given up"))]);
  });
});
