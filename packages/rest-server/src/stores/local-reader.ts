/** Reading an object from a folder: two buffers, one of which the network has while the disk fills the other. */
import { open, type FileHandle } from "node:fs/promises";
import { TasticError } from "@tastic/errors";
import type { ObjectReader } from "./object-store.js";

/** What one call to the system reads. */
const pieceLength = 128 * 1024;
/** Buffers that are kept for the next reader; more readers than half of that make their own. */
const keptBuffers = 16;
const spareBuffers: Buffer[] = [];

/** Throws the system's errors. */
export async function openLocalObject(path: string): Promise<ObjectReader> {
  const handle = await open(path, "r");
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new TasticError("storage-failed", `${path} is no file`);
    return new LocalReader(path, handle, facts.size, facts.mtimeMs);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class LocalReader implements ObjectReader {
  readonly size: number;
  readonly modified: number;
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle, size: number, modified: number) {
    this.#path = path;
    this.#handle = handle;
    this.size = size;
    this.modified = modified;
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffers = [takeBuffer(), takeBuffer()];
    let reading: Promise<Uint8Array> | undefined;
    try {
      let at = start;
      reading = at < end ? this.#fill(buffers[0]!, at, end) : undefined;
      for (let turn = 1; reading !== undefined; turn++) {
        const piece: Uint8Array = await reading;
        at += piece.length;
        reading = at < end ? this.#fill(buffers[turn % 2]!, at, end) : undefined;
        yield piece;
      }
    } finally {
      // The system may still be writing into a buffer that we would give to somebody else.
      await reading?.catch(() => undefined);
      spareBuffers.push(...buffers.slice(0, Math.max(0, keptBuffers - spareBuffers.length)));
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #fill(buffer: Buffer, start: number, end: number): Promise<Uint8Array> {
    const wanted = Math.min(buffer.length, end - start);
    const { bytesRead } = await this.#handle.read(buffer, 0, wanted, start);
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    throw new TasticError("storage-failed", `${this.#path} ended at byte ${start} of ${this.size}`, {
      guidance: "The file is shorter than it was a moment ago: something other than the server writes to it.",
    });
  }
}

function takeBuffer(): Buffer {
  return spareBuffers.pop() ?? Buffer.allocUnsafeSlow(pieceLength);
}
