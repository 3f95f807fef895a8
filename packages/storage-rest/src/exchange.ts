/** One request and its answer on a stream of Node's, which are alike in HTTP/1.1 and HTTP/2. */
import type { Readable, Writable } from "node:stream";
import type { Traffic } from "@tastic/storage";
import { BodyCollector, bodyParts } from "./body.js";
import { afterwards, type Answer, type Head, type Request } from "./transport.js";

export interface Exchange {
  /** What the request's body is written to; destroying it ends the exchange. */
  readonly outgoing: Writable;
  /** Calls back with the answer once its head is there. */
  readonly onAnswer: (answered: (head: Head, incoming: Readable) => void) => void;
  /** Is it over only when `outgoing` is closed? In HTTP/1.1 the connection is free for another request then. */
  readonly overWhenClosed: boolean;
}

/** Writes the request's body, takes the answer in, and leaves no listener behind. Rejects as `Transport.send` does. */
export function conduct(
  { outgoing, onAnswer, overWhenClosed }: Exchange,
  request: Request,
  signals: readonly AbortSignal[],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let settled = false;
    let bodyGiven = request.body === undefined;
    let answer: Answer | undefined;
    let patience: NodeJS.Timeout | undefined;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(patience);
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
      finish();
    };
    const fail = (error: Error): void => {
      // What happens to the connection once the answer is there is no failure.
      if (answer !== undefined) return;
      // Once it is settled, the connection may be another request's already.
      settle(() => {
        reject(error);
        outgoing.destroy();
      });
    };
    const onAbort = (): void => {
      const giveUp = (): void => fail(new Error("the request was given up"));
      if (request.body !== undefined && bodyGiven) patience = setTimeout(giveUp, afterwards);
      else giveUp();
    };

    outgoing.on("error", fail);
    outgoing.on("close", () => {
      const whole = answer;
      if (whole === undefined) fail(new Error("the connection was closed before the answer was complete"));
      else settle(() => resolve(whole));
    });
    onAnswer((head, incoming) => {
      incoming.on("error", fail);
      let collector: BodyCollector;
      try {
        request.onHead?.(head);
        collector = new BodyCollector(head, request.method !== "HEAD");
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      incoming.on("data", (chunk: Buffer) => {
        if (settled) return;
        try {
          collector.add(chunk);
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        const wait = request.traffic?.download(chunk.length);
        if (wait === undefined) return;
        incoming.pause();
        wait.then(() => incoming.resume(), fail);
      });
      incoming.on("end", () => {
        if (settled) return;
        try {
          const whole: Answer = { ...head, body: collector.finish() };
          answer = whole;
          if (!overWhenClosed) settle(() => resolve(whole));
          // An answer that came before the body was sent: the rest of it is of no use to anybody.
          if (!bodyGiven || (overWhenClosed && !outgoing.writableFinished)) outgoing.destroy();
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });

    if (signals.some((signal) => signal.aborted)) {
      onAbort();
      return;
    }
    for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
    void request.traffic?.download(0);
    if (request.body === undefined) {
      outgoing.end();
      return;
    }
    writeBody(outgoing, request.body, request.traffic, () => {
      if (settled) return false;
      bodyGiven = true;
      return true;
    }).catch(fail);
  });
}

/** Writes at the pace that the other side takes it. `beforeLast` says whether the last part may go. */
async function writeBody(
  outgoing: Writable,
  pieces: readonly Uint8Array[],
  traffic: Traffic | undefined,
  beforeLast: () => boolean,
): Promise<void> {
  const parts = bodyParts(pieces);
  for (let next = parts.next(); !outgoing.destroyed;) {
    const part = next.value;
    if (next.done === true || part === undefined) {
      if (beforeLast()) outgoing.end();
      return;
    }
    const wait = traffic?.upload(part.length);
    if (wait !== undefined) await wait;
    if (outgoing.destroyed) return;
    next = parts.next();
    if (next.done === true) {
      if (beforeLast()) outgoing.end(part);
      return;
    }
    // Where the exchange ends meanwhile, this never goes on.
    if (!outgoing.write(part)) await new Promise<void>((resolve) => outgoing.once("drain", resolve));
  }
}
