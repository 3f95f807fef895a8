/** A small server of restic's REST protocol, in memory, that can be told to answer wrongly, late or not at all. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { parseRestLocation, type RestLocation } from "@tastic/storage-rest";
import { onTestFinished } from "vitest";

export interface TestServerOptions {
  /** The version of the protocol; 2 if not given. */
  readonly version?: 1 | 2;
  /** Serve TLS; with `ca`, only to clients with a certificate of it. In PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Sees each request first. True means that it has dealt with it. */
  readonly meddle?: (request: IncomingMessage, response: ServerResponse, n: number) => boolean;
}

export interface TestServer {
  readonly location: RestLocation;
  /** Paths, with a method before each: "GET /repo/data/". */
  readonly requests: string[];
  readonly objects: Map<string, Buffer>;
  /** How many connections are open. */
  readonly connections: () => Promise<number>;
}

/** Starts a server that ends with the test. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (options.meddle?.(request, response, requests.length) === true) return;
    // A client that goes away is part of what is tested.
    serve(request, response, objects, options.version ?? 2).catch(() => response.destroy());
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...tls, ...(tls.ca === undefined ? {} : { requestCert: true }) }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? "http" : "https";
  return {
    location: parseRestLocation(`rest:${scheme}://127.0.0.1:${port}/repo/`),
    requests,
    objects,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, Buffer>,
  version: 1 | 2,
): Promise<void> {
  const path = request.url ?? "";
  const end = (
    status: number,
    body: Buffer | string = "",
    headers: Record<string, string | number> = {},
  ): void => {
    const bytes = Buffer.from(body);
    response.writeHead(status, { "content-length": bytes.length, ...headers });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };
  if (request.method === "POST") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (path.endsWith("?create=true")) return end(200);
    if (objects.has(path)) return end(403, "Forbidden\n");
    objects.set(path, Buffer.concat(chunks));
    return end(200);
  }
  if (path.endsWith("/")) {
    const found = [...objects].filter(([key]) => key.startsWith(path));
    const entries = found.map(([key, { length: size }]) => ({ name: key.slice(path.length), size }));
    const listing = version === 2 ? entries : entries.map(({ name }) => name);
    return end(200, JSON.stringify(listing), { "content-type": `application/vnd.x.restic.rest.v${version}` });
  }
  const object = objects.get(path);
  if (object === undefined) return end(404, "Not Found\n");
  if (request.method === "DELETE") {
    objects.delete(path);
    return end(200);
  }
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined) return end(200, object);
  if (Number(first) >= object.length) return end(416, "", { "content-range": `bytes */${object.length}` });
  const until = Math.min(Number(last || object.length - 1), object.length - 1);
  const part = object.subarray(Number(first), until + 1);
  return end(206, part, { "content-range": `bytes ${first}-${until}/${object.length}` });
}
