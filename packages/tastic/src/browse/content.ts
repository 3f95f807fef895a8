/** `GET` and `HEAD` of a file: whole, or one range of it (RFC 9110, sections 13 and 14). */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { encodeName, parseTime } from "@tastic/format";
import { namesTag, parseRange, refusal, sendEmpty, sendUnchanged, writePiece } from "@tastic/rest-server";
import type { BrowsedFile, BrowsedItem, SnapshotBrowser } from "@tastic/snapshots";
import type { Visit } from "./handler.js";
import type { ShownLink } from "./links.js";
import { typeOf } from "./media-types.js";

/** What can be downloaded of an item. */
export interface Content {
  readonly name: string;
  readonly size: number;
  /** With its quotes. */
  readonly tag: string;
  readonly modified: string;
  /** Makes sure that it is there. */
  check(): Promise<void>;
  read(start: number, end: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The content of a file, or where a symbolic link leads; undefined for what has neither. */
export function contentOf(browser: SnapshotBrowser, item: BrowsedItem | ShownLink): Content | undefined {
  if (item.kind === "file") return contentOfFile(browser, item);
  return item.kind === "link" ? contentOfLink(item) : undefined;
}

function contentOfFile(browser: SnapshotBrowser, file: BrowsedFile): Content {
  return {
    name: file.name,
    modified: httpDate(file.modified),
    size: browser.sizeOf(file),
    tag: `"${browser.tagOf(file)}"`,
    check: () => browser.checkFile(file),
    read: (start, end, signal) => browser.readFile(file, start, end, signal),
  };
}

function contentOfLink({ name, modified, linkTarget }: ShownLink): Content {
  const bytes = encodeName(linkTarget);
  return {
    name,
    modified: httpDate(modified),
    size: bytes.length,
    tag: `"${createHash("sha256").update("link:").update(bytes).digest("hex").slice(0, 32)}"`,
    check: () => Promise.resolve(),
    read: (start, end) => Readable.from([bytes.subarray(start, end)]) as AsyncIterable<Uint8Array>,
  };
}

export async function sendContent(
  { request, response, target, signal }: Visit,
  content: Content,
): Promise<void> {
  const { size, tag, modified } = content;
  const { headers } = request;
  if (headers["if-match"] !== undefined && !namesTag(headers["if-match"], tag))
    throw refusal(412, "invalid-argument", "it is another content now");
  const about = { etag: tag, "last-modified": modified };
  if (headers["if-none-match"] !== undefined && namesTag(headers["if-none-match"], tag, { weakly: true }))
    return sendUnchanged(response, about);
  await content.check();
  // A date is no strong validator: several contents may have the same (RFC 9110, section 13.1.5).
  const ifRange = headers["if-range"];
  const isHead = request.method === "HEAD";
  const wanted =
    !isHead && (ifRange === undefined || ifRange === tag)
      ? parseRange(headers.range, size)
      : ({ kind: "whole" } as const);
  if (wanted.kind === "unsatisfiable")
    return sendEmpty(response, 416, { ...about, "content-range": `bytes */${size}` });
  const { start, end } = wanted.kind === "part" ? wanted : { start: 0, end: size };
  const pieces = content.read(start, end, signal)[Symbol.asyncIterator]();
  // What cannot be read from the beginning is told; later, only a broken connection is left to say so.
  let piece = isHead ? undefined : await pieces.next();
  const { type, shown } = typeOf(content.name);
  const attached = !shown || target.query.has("download");
  response.writeHead(wanted.kind === "part" ? 206 : 200, {
    ...about,
    "accept-ranges": "bytes",
    "content-type": attached ? "application/octet-stream" : type,
    "content-disposition": disposition(attached, content.name),
    "content-length": end - start,
    ...(attached
      ? {}
      : {
          "content-security-policy":
            "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'",
        }),
    ...(wanted.kind === "part" ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {}),
  });
  for (; piece !== undefined && piece.done !== true; piece = await pieces.next())
    await writePiece(response, piece.value);
  response.end();
}

/** With a name for the file that browsers save (RFC 6266). */
export function disposition(attached: boolean, name: string): string {
  const kind = attached ? "attachment" : "inline";
  const text = name.toWellFormed();
  const plain = text.replace(/[^ !#$&+.0-9A-Z^_a-z{}~()=,;@[\]-]/g, "_");
  const encoded = encodeURIComponent(text).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

const FIRST_DATE = Date.UTC(1970, 0, 1) - 719_162 * 86_400_000;
const LAST_DATE = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A stored time as HTTP writes it, in whole seconds. */
export function httpDate(time: string): string {
  const milliseconds = Number(parseTime(time) / 1_000_000n);
  const seconds = Math.floor(milliseconds / 1000) * 1000;
  return new Date(Math.min(LAST_DATE, Math.max(FIRST_DATE, seconds))).toUTCString();
}
