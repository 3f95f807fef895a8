/** As much of an S3 server as a repository needs, in memory, with one pair of keys; signatures are taken on trust. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { whenOver } from "./support/when-over.js";

export interface S3Store {
  readonly url: string;
  readonly accessKey: string;
  /** By "bucket/key". */
  readonly objects: Map<string, Buffer>;
  readonly buckets: Set<string>;
  readonly seen: string[];
}

export async function startS3Store(): Promise<S3Store> {
  const accessKey = "OWNERKEY";
  const objects = new Map<string, Buffer>();
  const buckets = new Set<string>();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    const fail = (status: number, code: string): void => {
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(
        request.method === "HEAD" ? "" : `<Error><Code>${code}</Code><Message>no</Message></Error>`,
      );
    };
    if (!(request.headers.authorization ?? "").includes(`Credential=${accessKey}/`))
      return fail(403, "InvalidAccessKeyId");
    const url = new URL(request.url ?? "/", "http://s3");
    const [bucket = "", ...rest] = decodeURIComponent(url.pathname.slice(1)).split("/");
    const key = rest.join("/");
    const name = `${bucket}/${key}`;
    if (key === "" && request.method === "PUT") {
      buckets.add(bucket);
      response.end();
      return;
    }
    if (!buckets.has(bucket)) return fail(404, "NoSuchBucket");
    if (key === "") {
      const prefix = `${bucket}/${url.searchParams.get("prefix") ?? ""}`;
      const found = [...objects].filter(([one]) => one.startsWith(prefix));
      const items = found.map(
        ([one, { length }]) =>
          `<Contents><Key>${one.slice(bucket.length + 1)}</Key><Size>${length}</Size></Contents>`,
      );
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(
        `<ListBucketResult><KeyCount>${found.length}</KeyCount><IsTruncated>false</IsTruncated>${items.join("")}</ListBucketResult>`,
      );
      return;
    }
    const object = objects.get(name);
    if (request.method === "PUT") {
      if (request.headers["if-none-match"] === "*" && object !== undefined)
        return fail(412, "PreconditionFailed");
      objects.set(name, body);
      response.writeHead(200, { etag: '"x"' }).end();
      return;
    }
    if (request.method === "DELETE") {
      objects.delete(name);
      response.writeHead(204).end();
      return;
    }
    if (object === undefined) return fail(404, "NoSuchKey");
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const part = range === null ? object : object.subarray(Number(range[1]), Number(range[2]) + 1);
    response.writeHead(range === null ? 200 : 206, {
      "content-length": String(part.length),
      ...(range && {
        "content-range": `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${object.length}`,
      }),
    });
    response.end(request.method === "HEAD" ? undefined : part);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenOver(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, accessKey, objects, buckets, seen };
}
