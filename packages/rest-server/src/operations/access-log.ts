/** The access log, in Apache's combined format, as rest-server writes it. */
import { createWriteStream, type WriteStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { accountOf } from "../http/handler.js";

export interface AccessLog {
  /** Notes a request when its answer is done. */
  follow(request: IncomingMessage, response: ServerResponse): void;
  /** Opens the file again, after somebody has moved it away. */
  reopen(): void;
  close(): Promise<void>;
}

/** @param file a path, or "-" for standard output */
export function createAccessLog(
  file: string,
  addressOf: (request: IncomingMessage) => string,
  failed: (error: Error) => void,
): AccessLog {
  const open = (): WriteStream | undefined =>
    file === "-" ? undefined : createWriteStream(file, { flags: "a", mode: 0o640 }).on("error", failed);
  let stream = open();
  return {
    follow(request, response) {
      const begun = new Date();
      const address = addressOf(request);
      const before = request.socket.bytesWritten;
      response.once("close", () => {
        const bytes = Math.max(0, request.socket.bytesWritten - before);
        const line = combinedLine({ request, address, begun, status: response.statusCode, bytes });
        if (stream === undefined) process.stdout.write(line);
        else stream.write(line);
      });
    },
    reopen() {
      stream?.end();
      stream = open();
    },
    close: () => new Promise((resolve) => (stream === undefined ? resolve() : stream.end(() => resolve()))),
  };
}

interface Line {
  readonly request: IncomingMessage;
  readonly address: string;
  readonly begun: Date;
  readonly status: number;
  readonly bytes: number;
}

function combinedLine({ request, address, begun, status, bytes }: Line): string {
  const name = accountOf.get(request) ?? "";
  const header = (given: string | undefined): string => quoted(given ?? "");
  const what = quoted(`${request.method ?? "-"} ${request.url ?? "-"} HTTP/${request.httpVersion}`);
  return `${address} - ${name === "" ? "-" : name} [${apacheTime(begun)}] ${what} ${status} ${bytes} ${header(request.headers.referer)} ${header(request.headers["user-agent"])}\n`;
}

/** What a client sends does not end the line, or the quotes. */
function quoted(text: string): string {
  const short = text.length > 2_000 ? `${text.slice(0, 2_000)}...` : text;
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return `"${short.replace(/["\\\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function apacheTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
