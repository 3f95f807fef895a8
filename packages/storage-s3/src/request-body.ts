/** The body of a request: a large one goes in parts, each told of before, none copied. */
import { Readable } from "node:stream";
import { joinBytes, type Traffic } from "@tastic/storage";

// As for REST: little beside its bytes, and soon noticed where nothing moves.
const partSize = 256 * 1024;
// What is ready before it is asked for: bytes that are there already cost nothing.
const ahead = 2 * 1024 * 1024;

/** The bytes as they are where they are few, else a stream of them; they must not change until it has been read. */
export async function bodyOf(
  pieces: readonly Uint8Array[],
  length: number,
  traffic: Traffic | undefined,
): Promise<Uint8Array | Readable> {
  if (length <= partSize) {
    await traffic?.upload(length);
    return joinBytes(pieces);
  }
  return Readable.from(parts(pieces, traffic), { objectMode: false, highWaterMark: ahead });
}

async function* parts(
  pieces: readonly Uint8Array[],
  traffic: Traffic | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += partSize) {
      const part = piece.subarray(start, start + partSize);
      const wait = traffic?.upload(part.length);
      if (wait !== undefined) await wait;
      yield part;
    }
  }
}
