/**
 * Taking in the body of an upload: counted, hashed and handed to a writer as it comes, with a limit on its size and on
 * how slowly it may come.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TasticError } from "@tastic/errors";
import { release } from "../stores/memory.js";
import type { ObjectWriter } from "../stores/object-store.js";
import { refusal } from "./refusal.js";

export interface ReceiveOptions {
  /** Where the bytes go; nowhere if not given. */
  readonly writer?: ObjectWriter | undefined;
  /** Is the hash asked for? */
  readonly hash: boolean;
  /** More bytes than this are refused with 413. */
  readonly maximumLength: number;
  /** Is told of bytes as they come, and throws where there are too many for somebody. */
  readonly admit?: ((bytes: number) => void) | undefined;
  /** Milliseconds in which at least `minimumBytes` have to come. */
  readonly patience: number;
  readonly minimumBytes: number;
}

export interface Received {
  readonly length: number;
  /** SHA-256 in hexadecimal digits; "" where it was not asked for. */
  readonly hash: string;
}

/** The declared length of a body, undefined where it comes in chunks. */
export function declaredLength(request: IncomingMessage): number | undefined {
  const given = request.headers["content-length"];
  return given === undefined ? undefined : Number(given);
}

/**
 * Resolves when all bytes have come and the writer has room; it still has to be committed. Rejects with `cancelled`
 * where the client goes away, with a refusal where it sends too much or too slowly, and with the writer's errors.
 */
export function receiveBody(request: IncomingMessage, options: ReceiveOptions): Promise<Received> {
  const { writer, maximumLength, admit, patience, minimumBytes } = options;
  const declared = declaredLength(request);
  if (declared !== undefined && declared > maximumLength) return Promise.reject(tooLarge(maximumLength));
  return new Promise((resolve, reject) => {
    const hash = options.hash ? createHash("sha256") : undefined;
    let length = 0;
    let sinceLook = 0;
    let waiting = false;

    const look = setInterval(() => {
      // While it is us who make the client wait, it cannot be quick.
      if (!waiting && sinceLook < minimumBytes) {
        finish(() =>
          reject(refusal(408, "cancelled", "the body came too slowly", { text: "Request Timeout" })),
        );
      }
      sinceLook = 0;
    }, patience);

    const finish = (settle: () => void): void => {
      clearInterval(look);
      request.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      // An error that comes afterwards would end the process.
      request.on("error", () => undefined);
      settle();
    };
    const fail = (error: unknown): void => {
      finish(() => reject(error instanceof Error ? error : new Error(String(error))));
    };
    const onData = (piece: Buffer): void => {
      length += piece.length;
      sinceLook += piece.length;
      try {
        if (length > maximumLength) throw tooLarge(maximumLength);
        admit?.(piece.length);
        hash?.update(piece);
        if (writer === undefined) return release(piece);
        const room = writer.write(piece);
        if (room === undefined) return;
        waiting = true;
        request.pause();
        room.then(() => {
          waiting = false;
          request.resume();
        }, fail);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      if (declared !== undefined && length !== declared) return onGone();
      finish(() => resolve({ length, hash: hash?.digest("hex") ?? "" }));
    };
    const onGone = (): void => {
      fail(new TasticError("cancelled", `the client went away after ${length} bytes`));
    };
    request.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
    if (request.destroyed && !request.readableEnded) onGone();
  });
}

function tooLarge(maximum: number): TasticError {
  return refusal(413, "limit-exceeded", `an object may have at most ${maximum} bytes`);
}
