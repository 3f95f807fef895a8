/** A server on loopback that keeps what it was asked, and answers as a test says: for what a real server does not do. */
import { createServer as createHttp, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { createS3Storage, type S3StorageOptions } from "@tastic/storage-s3";
import { onTestFinished } from "vitest";

export interface Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface S3Server {
  /** Such as "127.0.0.1:40123". */
  readonly endpoint: string;
  /** In the order of their arrival, with their whole bodies. */
  readonly requests: readonly Request[];
  /** How many connections are open. */
  readonly connections: () => Promise<number>;
}

/** Starts a server that goes with the test. */
export async function s3Server(
  answer: (request: Request, response: ServerResponse) => unknown,
  tls?: ServerOptions,
): Promise<S3Server> {
  const requests: Request[] = [];
  const server = tls === undefined ? createHttp() : createHttps(tls);
  server.on("request", (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const request = { method, path, headers, body: Uint8Array.from(Buffer.concat(chunks)) };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const connections = () =>
    new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests, connections };
}

/** An error as S3 servers send it. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const fields = Object.entries({ Code: code, Message: "as the test says", ...more });
  const body = fields.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  response.writeHead(status, { "Content-Type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error>${body}</Error>`);
}

export const canaryKeys = {
  kind: "keys",
  accessKeyId: "CANARYID",
  secretAccessKey: "canary-secret",
  sessionToken: "canary-token",
} as const;

/** A storage in the bucket "bucket" of a server, which goes with the test. */
export function storageAt(endpoint: string, changes: Partial<S3StorageOptions> = {}) {
  const storage = createS3Storage({
    location: { endpoint, useHttps: false, bucket: "bucket", prefix: "prefix" },
    credentials: canaryKeys,
    ...changes,
  });
  onTestFinished(() => storage.close());
  return storage;
}

/** An answer to a listing; `next` is the token of version 2. */
export function listing(keys: readonly string[], truncated: boolean, next?: string): string {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>7</Size></Contents>`).join("");
  const token = next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
  const fields = `<IsTruncated>${truncated}</IsTruncated>${token}${contents}`;
  return `<?xml version="1.0"?><ListBucketResult>${fields}</ListBucketResult>`;
}
