/** The bytes of an answer, in one array of their own; the connection is free or gone afterwards, whatever happens. */
import type { Readable } from "node:stream";
import { joinBytes, maximumLoadLength, type OperationOptions, type Traffic } from "@tastic/storage";

/** The body has not the length that was announced or asked for. */
export class BodyLengthError extends Error {}

/** Reads the body to its end. `length` is what it has to have, or undefined where nobody knows. */
export async function readBody(
  body: Readable,
  length: number | undefined,
  { signal, traffic }: OperationOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const abort = (): void => void body.destroy(new Error("aborted"));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    return length === undefined
      ? await readAll(body, traffic)
      : await readInto(memory(length), body, traffic);
  } finally {
    signal?.removeEventListener("abort", abort);
    body.destroy();
  }
}

/** Not zeroed first, nor a part of Node's shared pool: every byte is overwritten, or none is returned. */
function memory(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

async function readInto(
  bytes: Uint8Array<ArrayBuffer>,
  body: Readable,
  traffic: Traffic | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  let at = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (at + chunk.length > bytes.length) {
      throw new BodyLengthError(`more than ${bytes.length} bytes arrived`);
    }
    bytes.set(chunk, at);
    at += chunk.length;
    const wait = traffic?.download(chunk.length);
    if (wait !== undefined) await wait;
  }
  if (at < bytes.length) throw new BodyLengthError(`only ${at} of ${bytes.length} bytes arrived`);
  return bytes;
}

async function readAll(body: Readable, traffic: Traffic | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maximumLoadLength) throw new BodyLengthError(`more than ${maximumLoadLength} bytes arrived`);
    chunks.push(chunk);
    const wait = traffic?.download(chunk.length);
    if (wait !== undefined) await wait;
  }
  return joinBytes(chunks);
}
