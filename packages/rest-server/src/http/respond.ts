/** Sending answers, also to clients that are still sending. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a client that was refused may go on sending what nobody wants, so that it gets to read why. */
const lingerMilliseconds = 10_000;
const lingerBytes = 64 * 1024 * 1024;

export type Headers = Readonly<Record<string, string | number>>;

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Headers = {},
): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

export function sendEmpty(response: ServerResponse, status: number, headers: Headers = {}): void {
  response.writeHead(status, { "content-length": 0, ...headers });
  response.end();
}

/** 304: it has no content, and a length would be taken for that of the object (RFC 9110, section 15.4.5). */
export function sendUnchanged(response: ServerResponse, headers: Headers): void {
  response.writeHead(304, headers);
  response.end();
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/**
 * Refuses a request. Where its body has not come yet, the connection is closed afterwards, but not at once: a client
 * that is reset while it sends does not read the answer.
 */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Headers = {},
): void {
  if (response.headersSent || response.destroyed) {
    // The status is gone. A broken connection is what is left to say that the content is not whole.
    response.destroy();
    return;
  }
  if (request.complete || !hasBody(request)) {
    sendText(response, status, text, headers);
    return;
  }
  const body = `${text}\n`;
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(body),
    connection: "close",
    ...headers,
  });
  response.write(body);
  // Who was too slow has had its time.
  let left = status === 408 ? 0 : lingerBytes;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
    if (!request.complete) request.destroy();
  };
  const timer = setTimeout(end, left === 0 ? 0 : lingerMilliseconds);
  request.on("data", (piece: Buffer) => {
    left -= piece.length;
    if (left < 0) end();
  });
  request.on("end", end).on("close", end).on("error", end);
  request.resume();
}

export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Writes a piece, and resolves when the network has taken it. Rejects where the client is gone. */
export function writePiece(response: ServerResponse, piece: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
