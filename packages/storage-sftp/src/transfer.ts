/** Reading and writing with many requests under way, since each alone would wait for the way there and back. */
import type { Traffic } from "@tastic/storage";
import { statusCode } from "./packet.js";
import type { Handle, RemoteFiles } from "./remote-files.js";
import { isStatus } from "./sftp-status.js";

// How many bytes are asked for, or sent, before the first answer is there.
const window = 4 * 1024 * 1024;

/**
 * Fills `target` from `offset` on, as far as the file goes. Returns how many bytes there were.
 *
 * @param check called between requests; what it throws ends the transfer
 * @param traffic told of the bytes
 */
export async function readAll(
  files: RemoteFiles,
  handle: Handle,
  offset: number,
  target: Uint8Array,
  check: () => void,
  traffic?: Traffic,
): Promise<number> {
  void traffic?.download(0);
  let next = 0;
  let end = target.length;
  const readStretch = async (start: number, length: number): Promise<void> => {
    for (let at = start; at < Math.min(start + length, end);) {
      check();
      try {
        const bytes = await files.read(handle, offset + at, start + length - at);
        if (bytes.length === 0 || at + bytes.length > start + length) {
          throw new Error(
            `the server sends ${bytes.length} bytes where ${start + length - at} were asked for`,
          );
        }
        target.set(bytes, at);
        // Less than was asked for is no end.
        at += bytes.length;
        await traffic?.download(bytes.length);
      } catch (error) {
        if (!isStatus(error, statusCode.endOfFile)) throw error;
        end = Math.min(end, at);
      }
    }
  };
  const { readLength } = files;
  await inParallel(Math.ceil(window / readLength), () => {
    if (next >= end) return undefined;
    const start = next;
    next += readLength;
    return readStretch(start, Math.min(readLength, target.length - start));
  });
  return end;
}

/** Writes `pieces` one after the other from the file's beginning on. */
export async function writeAll(
  files: RemoteFiles,
  handle: Handle,
  pieces: readonly Uint8Array[],
  check: () => void,
  traffic?: Traffic,
): Promise<void> {
  void traffic?.upload(0);
  const parts = partsOf(pieces, files.writeLength);
  let offset = 0;
  await inParallel(Math.ceil(window / files.writeLength), () => {
    const part = parts.next();
    if (part.done === true) return undefined;
    check();
    const start = offset;
    offset += part.value.length;
    const write = (): Promise<void> => files.write(handle, start, part.value);
    const wait = traffic?.upload(part.value.length);
    return wait === undefined ? write() : wait.then(check).then(write);
  });
}

/** The bytes of `pieces` in parts of `length`, of which only those are copied that come from several pieces. */
function* partsOf(pieces: readonly Uint8Array[], length: number): Generator<Uint8Array, void, undefined> {
  let gathered: Uint8Array[] = [];
  let room = length;
  for (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + room);
      gathered.push(part);
      start += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield joined(gathered);
      gathered = [];
      room = length;
    }
  }
  if (gathered.length > 0) yield joined(gathered);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

/** Keeps `count` of what `begin` starts under way until it starts no more. The first error ends it. */
export async function inParallel(count: number, begin: () => Promise<void> | undefined): Promise<void> {
  let failed = false;
  const run = async (): Promise<void> => {
    try {
      for (let work = begin(); work !== undefined && !failed; work = begin()) await work;
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: count }, run));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
