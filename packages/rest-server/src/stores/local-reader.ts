/** Reading an object from a folder: two buffers, one of which the network has while the disk fills the other. */
import { readSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { TasticError } from "@tastic/errors";
import { release, Shares } from "./memory.js";
import type { ObjectReader } from "./object-store.js";
import { Pace } from "./pace.js";

const pace = new Pace();

/** What one call to the system reads, for each of the two. */
const shares = new Shares(64 * 1024, 512 * 1024);

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
    shares.enter();
    const length = Math.min(shares.share >> 1, end - start);
    const buffers = [
      Buffer.allocUnsafeSlow(length),
      Buffer.allocUnsafeSlow(Math.min(length, end - start - length)),
    ];
    let reading: Promise<Uint8Array> | undefined;
    try {
      let at = start;
      reading = at < end ? this.#fill(buffers[0]!, at, end) : undefined;
      for (let turn = 1; reading !== undefined; turn++) {
        const piece: Uint8Array = await reading;
        at += piece.length;
        reading = at < end ? this.#fill(buffers[turn % 2]!, at, end) : undefined;
        // Should it fail while the network has the piece before, that is told when the next is asked for.
        reading?.catch(() => undefined);
        yield piece;
      }
    } finally {
      // The system may still be writing into a buffer that we would give to somebody else.
      await reading?.catch(() => undefined);
      for (const buffer of buffers) release(buffer);
      shares.leave();
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #fill(buffer: Buffer, start: number, end: number): Promise<Uint8Array> {
    const wanted = Math.min(buffer.length, end - start);
    const bytesRead = pace.direct
      ? pace.try(() => readSync(this.#handle.fd, buffer, 0, wanted, start))
      : (await this.#handle.read(buffer, 0, wanted, start)).bytesRead;
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    throw new TasticError("storage-failed", `${this.#path} ended at byte ${start} of ${this.size}`, {
      guidance: "The file is shorter than it was a moment ago: something other than the server writes to it.",
    });
  }
}
