/** HTTP/2 over a pair of streams, such as the standard input and output of a program (RFC 9113, prior knowledge). */
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { connect } from "node:http2";
import type { Duplex } from "node:stream";
import { totalLength } from "./body.js";
import { conduct } from "./exchange.js";
import { lengthOf, type Answer, type Request, type Transport } from "./transport.js";

// How many bytes the other side may send before it hears from us, for one answer and for all together: whole packs,
// since the defaults of 64 KiB make every answer wait for us over and over.
const streamWindow = 16 * 1024 * 1024;
const sessionWindow = 64 * 1024 * 1024;

export class Http2Transport implements Transport {
  readonly #session: ClientHttp2Session;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<Answer>>();
  #failure: Error | undefined;

  /** @param headers sent with each request */
  constructor(duplex: Duplex, headers: Readonly<Record<string, string>>) {
    this.#headers = headers;
    this.#session = connect("http://localhost", {
      createConnection: () => duplex,
      settings: { enablePush: false, initialWindowSize: streamWindow },
    });
    this.#session.once("connect", () => this.#session.setLocalWindowSize(sessionWindow));
    this.#session.on("error", (error: Error) => {
      this.#failure = error;
    });
  }

  /** Is it of no use any more? */
  get ended(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  async send(request: Request, signal?: AbortSignal): Promise<Answer> {
    const closing = this.#closing.signal;
    const sending = this.#send(request, signal === undefined ? [closing] : [signal, closing]);
    this.#underWay.add(sending);
    try {
      return await sending;
    } finally {
      this.#underWay.delete(sending);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
    this.#session.destroy();
  }

  async #send(request: Request, signals: readonly AbortSignal[]): Promise<Answer> {
    if (this.ended) throw this.#failure ?? new Error("the connection has ended");
    const { method, path, headers, body } = request;
    const stream = this.#session.request(
      {
        ":method": method,
        ":path": `/${path}`,
        ...this.#headers,
        ...headers,
        ...(body === undefined ? {} : { "content-length": String(totalLength(body)) }),
      },
      { endStream: body === undefined },
    );
    return conduct(
      {
        outgoing: stream,
        overWhenClosed: false,
        onAnswer: (handle) =>
          stream.once("response", (answer: IncomingHttpHeaders) => {
            const length = lengthOf(answer["content-length"]);
            handle({ status: Number(answer[":status"] ?? 0), headers: answer, length }, stream);
          }),
      },
      request,
      signals,
    );
  }
}
