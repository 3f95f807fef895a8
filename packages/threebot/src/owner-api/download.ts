/**
 * Files of a backup as answers. They may hold anything, so a browser gets them to store, or to show as text or as a
 * picture in a sandbox without scripts; never as a page of this service.
 */
import { ReadableStream } from "node:stream/web";
import type { HttpBindings } from "@hono/node-server";
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Context } from "hono";

/** So much of a text is shown; of a picture, all of it or nothing. */
const previewedText = 1024 * 1024;
const previewedPicture = 32 * 1024 * 1024;

/** What browsers draw without running anything in it. An SVG picture is a document with scripts: it is shown as text. */
const pictures: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
};

const sandbox = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** An answer that a browser stores under `name`. Errors before the first byte are those of any route. */
export async function attachment(
  context: Context,
  name: string,
  content: AsyncIterable<Uint8Array>,
  log: Log,
): Promise<Response> {
  const parts = content[Symbol.asyncIterator]();
  const first = await parts.next();
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": dispositionOf(name),
    "content-security-policy": sandbox,
    "cache-control": "no-store",
  };
  if (context.req.method === "HEAD") {
    await parts.return?.();
    return new Response(null, { headers });
  }
  const broken = (error: unknown): boolean => {
    log.error(`a download has broken off: ${messageOf(error)}`);
    // What has come so far must not look like all of it.
    const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>;
    outgoing?.destroy();
    return outgoing !== undefined;
  };
  return new Response(streamOf(first, parts, broken), { headers });
}

/** The beginning of a file to be looked at. */
export async function preview(name: string, content: AsyncIterable<Uint8Array>): Promise<Response> {
  const type = pictures[extensionOf(name)];
  const limit = type === undefined ? previewedText : previewedPicture;
  const { bytes, whole } = await beginningOf(content, limit);
  if (type !== undefined && !whole)
    throw new TasticError("invalid-argument", "the picture is too large to be shown", {
      guidance: "Download it.",
    });
  return new Response(bytes, {
    headers: {
      "content-type": type ?? "text/plain; charset=utf-8",
      "content-disposition": "inline",
      "content-security-policy": sandbox,
      "cache-control": "no-store",
      "x-whole": String(whole),
    },
  });
}

/**
 * The value of Content-Disposition (RFC 6266): a plain name for old programs, and the real one as RFC 5987 writes it.
 * What could mislead (control characters, marks of direction, separators of folders) is replaced.
 */
export function dispositionOf(name: string): string {
  const safe = safeName(name);
  const plain = safe.replace(/[^\x20-\x7e]|["%\\]/g, "_");
  const extended = encodeURIComponent(safe).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${extended}`;
}

/** The last part of a path, as a file may be called anywhere. */
export function safeName(path: string): string {
  const last = path.replace(/\/+$/, "").replace(/^.*\//s, "");
  const name = last
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\\<>:"|?*]/gu, "_")
    .slice(0, 200)
    .toWellFormed();
  return /^\.*$/.test(name) ? "file" : name;
}

function extensionOf(name: string): string {
  return /\.([a-z]{3,4})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** @param broken hears of an error; true if the reader has learnt of it already */
function streamOf(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
  broken: (error: unknown) => boolean,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | undefined = first;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const part = next ?? (await rest.next());
          next = undefined;
          if (part.done === true) controller.close();
          else controller.enqueue(part.value);
        } catch (error) {
          if (broken(error)) controller.close();
          else throw error;
        }
      },
      // Whoever wanted it has gone.
      async cancel() {
        await rest.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function beginningOf(
  content: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly whole: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of content) {
    parts.push(part);
    length += part.length;
    if (length > limit) break;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts, Math.min(length, limit))), whole: length <= limit };
}
