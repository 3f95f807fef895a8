/** `GET` and `HEAD` of an object: whole, or one range of it (RFC 9110, sections 13 and 14). */
import type { StorageFile } from "@tastic/storage";
import type { ObjectFacts } from "../stores/object-store.js";
import { parseRange } from "./byte-range.js";
import { checkConditions, entityTag } from "./conditions.js";
import type { Exchange } from "./exchange.js";
import { wordOf } from "./request-path.js";
import { sendText, sendUnchanged, writePiece, type Headers } from "./respond.js";
import type { Services } from "./services.js";

export async function head(exchange: Exchange, file: StorageFile): Promise<void> {
  const facts = await exchange.store.stat(file);
  const { request, response } = exchange;
  const headers = commonHeaders(file, facts);
  if (checkConditions(request, entityTag(file, facts)) === "unchanged")
    return sendUnchanged(response, headers);
  response.writeHead(200, { ...headers, "content-length": facts.size });
  response.end();
}

export async function download(exchange: Exchange, file: StorageFile, services: Services): Promise<void> {
  const { request, response, store } = exchange;
  const reader = await store.open(file);
  try {
    const tag = entityTag(file, reader);
    const headers = commonHeaders(file, reader);
    if (checkConditions(request, tag) === "unchanged") return sendUnchanged(response, headers);
    const ifRange = request.headers["if-range"];
    const wanted =
      ifRange === undefined || ifRange === tag
        ? parseRange(request.headers.range, reader.size)
        : ({ kind: "whole" } as const);
    if (wanted.kind === "unsatisfiable") {
      return sendText(response, 416, "Range Not Satisfiable", { "content-range": `bytes */${reader.size}` });
    }
    const { start, end } = wanted.kind === "part" ? wanted : { start: 0, end: reader.size };
    response.writeHead(wanted.kind === "part" ? 206 : 200, {
      ...headers,
      "content-length": end - start,
      ...(wanted.kind === "part" ? { "content-range": `bytes ${start}-${end - 1}/${reader.size}` } : {}),
    });
    // A client that takes nothing for so long is let go; the server's limit for idle connections is another.
    response.setTimeout(services.settings.bodyPatience, () => response.destroy());
    for await (const piece of reader.read(start, end)) await writePiece(response, piece);
    response.end();
    services.metrics.read(exchange, wordOf(file.type), end - start);
  } finally {
    await reader.close();
  }
}

function commonHeaders(file: StorageFile, facts: ObjectFacts): Headers {
  const tag = entityTag(file, facts);
  return {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    ...(tag === undefined ? {} : { etag: tag }),
  };
}
