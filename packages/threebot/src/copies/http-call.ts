/** One request to another server and its answer: looked up safely, never led elsewhere, bounded in time and size. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { messageOf, TasticError } from "@tastic/errors";
import { safeLookup } from "./safe-url.js";

export interface HttpCall {
  readonly method: "GET" | "POST";
  readonly url: URL;
  /** What is called, for messages: "the marketplace". */
  readonly what: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const usualTimeout = 30_000;
const maximumAnswer = 1024 * 1024;

/** @throws TasticError storage-failed for no answer and for one that leads elsewhere, cancelled */
export async function callServer(call: HttpCall): Promise<HttpAnswer> {
  const { what, timeoutMs = usualTimeout } = call;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
  let answer: HttpAnswer;
  try {
    answer = await exchange(call, signal);
  } catch (cause) {
    if (call.signal?.aborted === true)
      throw new TasticError("cancelled", `${what} is not asked any more`, { cause });
    const reason = timeout.aborted ? `no answer within ${timeoutMs / 1000} seconds` : messageOf(cause);
    throw new TasticError("storage-failed", `${what} cannot be reached: ${reason}`, {
      guidance: "Check its URL, the network, and whether it runs; then try again.",
      cause,
    });
  }
  if (answer.status < 300 || answer.status >= 400) return answer;
  throw new TasticError(
    "storage-failed",
    `${what} says that it is elsewhere (HTTP status ${answer.status})`,
    {
      guidance: "Give the URL to which it leads; it is not followed, since that would take secrets along.",
    },
  );
}

function exchange({ method, url, body, contentType }: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const outgoing = send(url, {
      method,
      signal,
      lookup: safeLookup,
      agent: false,
      headers: {
        "user-agent": "3bot-backup",
        accept: "application/json",
        ...(bytes && {
          "content-type": contentType ?? "application/json",
          "content-length": String(bytes.length),
        }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming: IncomingMessage) => {
      const pieces: Buffer[] = [];
      let length = 0;
      incoming.on("error", reject);
      incoming.on("data", (piece: Buffer) => {
        length += piece.length;
        if (length > maximumAnswer) outgoing.destroy(new Error("the answer is too long"));
        else pieces.push(piece);
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
      );
      incoming.on("close", () =>
        reject(new Error("the connection was closed before the answer was complete")),
      );
    });
    outgoing.end(bytes);
  });
}
