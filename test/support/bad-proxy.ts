/**
 * A proxy in front of an HTTP server, that behaves as networks do: it delays, cuts connections, answers 503 in bursts,
 * loses answers, repeats requests, and is gone for a while.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Misdeed =
  /** Passed on after so many milliseconds. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** The connection is cut after so many bytes of the answer, or of the request if `when` is "request". */
  | { readonly kind: "cut"; readonly bytes: number; readonly when?: "request" | "answer" }
  /** Answered with this status, and not passed on. */
  | { readonly kind: "refuse"; readonly status: number; readonly retryAfter?: number }
  /** Done by the server, whose answer nobody hears. */
  | { readonly kind: "lose" }
  /** Sent to the server twice; the second answer is given. */
  | { readonly kind: "repeat" }
  /** Never answered. */
  | { readonly kind: "stall" };

/** What the `n`-th request, from 1 on, meets. */
export type Misdeeds = (call: {
  readonly method: string;
  readonly path: string;
  readonly n: number;
}) => Misdeed | undefined;

export interface BadProxy {
  /** Where it listens: "http://127.0.0.1:4711". */
  readonly url: string;
  readonly requests: number;
  /** How many requests met a misdeed, by kind. */
  readonly met: ReadonlyMap<string, number>;
  /** Cuts all connections and takes none until the time is over. */
  goAway(milliseconds: number): void;
  close(): Promise<void>;
}

/** Starts one in front of `target`, such as "http://127.0.0.1:8000". */
export async function startBadProxy(target: string, misdeeds: Misdeeds): Promise<BadProxy> {
  const sockets = new Set<Socket>();
  const met = new Map<string, number>();
  let requests = 0;
  let awayUntil = 0;

  const handle = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const n = ++requests;
    const misdeed = misdeeds({ method: incoming.method ?? "GET", path: incoming.url ?? "/", n });
    if (misdeed !== undefined) met.set(misdeed.kind, (met.get(misdeed.kind) ?? 0) + 1);
    if (misdeed?.kind === "stall") return;
    if (misdeed?.kind === "refuse") {
      incoming.resume();
      const { status, retryAfter } = misdeed;
      answer.writeHead(status, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
      answer.end("not now");
      return;
    }
    const body: Buffer[] = [];
    let length = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      body.push(chunk);
      length += chunk.length;
      if (misdeed?.kind === "cut" && misdeed.when === "request" && length >= misdeed.bytes) {
        incoming.socket.destroy();
        return;
      }
    }
    if (misdeed?.kind === "delay") await new Promise((done) => setTimeout(done, misdeed.milliseconds));
    if (misdeed?.kind === "repeat") await pass(target, incoming, body);
    const response = await pass(target, incoming, body);
    if (misdeed?.kind === "lose") {
      incoming.socket.destroy();
      return;
    }
    answer.writeHead(response.status, response.headers);
    if (misdeed?.kind === "cut" && misdeed.when !== "request") {
      answer.write(response.body.subarray(0, misdeed.bytes), () => incoming.socket.destroy());
      return;
    }
    answer.end(response.body);
  };

  const server = createServer((incoming, answer) => {
    handle(incoming, answer).catch(() => incoming.socket.destroy());
  });
  server.on("connection", (socket) => {
    if (Date.now() < awayUntil) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    met,
    goAway(milliseconds) {
      awayUntil = Date.now() + milliseconds;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function pass(target: string, incoming: IncomingMessage, body: readonly Buffer[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming;
    const outgoing = request(new URL(url ?? "/", target), { method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 500,
          headers: response.headers,
          body: Buffer.concat(pieces),
        }),
      );
    });
    outgoing.on("error", reject);
    for (const piece of body) outgoing.write(piece);
    outgoing.end();
  });
}
