/**
 * HTTP/1.1 over TCP, TLS or a unix socket, by Node's own client: its agents keep connections alive, take certificates
 * and unix sockets, and its speed over loopback leaves nothing to a library to gain.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { AgentOptions as TlsAgentOptions } from "node:https";
import type { LookupFunction } from "node:net";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { systemErrorCode } from "@tastic/errors";
import { proxyAgent, type ProxySettings } from "@tastic/storage";
import { totalLength } from "./body.js";
import { conduct } from "./exchange.js";
import { lengthOf, type Answer, type Head, type Request, type Transport } from "./transport.js";

export interface HttpTransportOptions {
  readonly tls: boolean;
  readonly host: string;
  /** The scheme's own if not given. */
  readonly port: number | undefined;
  /** The path of a unix socket, which then stands for host and port. */
  readonly socketPath: string | undefined;
  /** The repository's path, with a slash at both ends. */
  readonly basePath: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificate authorities in PEM, in place of Node's own. */
  readonly ca?: string | undefined;
  /** The client's certificate and key in PEM. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly insecureTls?: boolean | undefined;
  readonly proxy?: ProxySettings | undefined;
  readonly lookup?: LookupFunction | undefined;
}

// So many bytes may wait in a connection for the kernel, so that it has something to send while we are busy.
const sendAhead: object = { writableHighWaterMark: 2 * 1024 * 1024 };
// After this many milliseconds without a connection there will be none.
const connectTimeout = 30_000;
// How many connections that the server has closed meanwhile are met in a row at most.
const maximumStale = 50;

export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  #agent: Promise<HttpAgent> | undefined;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<Answer>>();

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  async #connect(): Promise<HttpAgent> {
    const { tls, host, port, socketPath, ca, certificate, key, insecureTls, proxy, lookup } = this.#options;
    // Not bounded here: who calls has a bound, which some requests, those for locks, must not wait for.
    const common = { keepAlive: true, maxFreeSockets: 64, ...sendAhead, ...(lookup && { lookup }) };
    const trust: TlsAgentOptions = {
      ca,
      cert: certificate,
      key,
      rejectUnauthorized: insecureTls !== true,
      minVersion: "TLSv1.2",
    };
    const direct = (): HttpAgent => (tls ? new HttpsAgent({ ...common, ...trust }) : new HttpAgent(common));
    if (socketPath !== undefined) return direct();
    return (await proxyAgent(proxy, { tls, host, port }, { ...common, ...trust })) ?? direct();
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
    (await this.#agent?.catch(() => undefined))?.destroy();
  }

  async #send(request: Request, signals: readonly AbortSignal[]): Promise<Answer> {
    this.#agent ??= this.#connect();
    const agent = await this.#agent;
    for (let attempt = 1; ; attempt++) {
      const outgoing = this.#begin(request, agent);
      let answered = false;
      try {
        return await conduct(
          {
            outgoing,
            overWhenClosed: true,
            onAnswer: (handle) =>
              outgoing.once("response", (incoming: IncomingMessage) => {
                answered = true;
                handle(headOf(incoming), incoming);
              }),
          },
          request,
          signals,
        );
      } catch (error) {
        // The server closed a connection that was idle, just as we took it: that is no failure of the server's, and
        // every request of this protocol may be repeated.
        const stale = outgoing.reusedSocket && !answered && isBroken(error);
        if (!stale || signals.some(({ aborted }) => aborted) || attempt >= maximumStale) throw error;
      }
    }
  }

  #begin({ method, path, headers, body }: Request, agent: HttpAgent): ClientRequest {
    const { tls, host, port, socketPath, basePath } = this.#options;
    const options: RequestOptions = {
      method,
      path: basePath + path,
      agent,
      headers: {
        ...this.#options.headers,
        ...headers,
        ...(body === undefined ? {} : { "content-length": String(totalLength(body)) }),
      },
      ...(socketPath === undefined ? { host, port } : { socketPath }),
    };
    const outgoing = tls ? httpsRequest(options) : httpRequest(options);
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(() => {
        outgoing.destroy(Object.assign(new Error("the server does not answer"), { code: "ETIMEDOUT" }));
      }, connectTimeout);
      const done = (): void => clearTimeout(late);
      socket.once(tls ? "secureConnect" : "connect", done);
      socket.once("close", done);
    });
    return outgoing;
  }
}

function headOf(incoming: IncomingMessage): Head {
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    length: lengthOf(incoming.headers["content-length"]),
  };
}

function isBroken(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(systemErrorCode(error) ?? "");
}
