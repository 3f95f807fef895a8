/** Reading a file, or exactly a range of it. */
import { open, type FileHandle } from "node:fs/promises";
import { throwIfCancelled } from "./cancellation.js";
import { describeFile } from "./layout.js";
import { checkLength, checkRange, checkWithin } from "./range.js";
import type { ByteRange, StorageFile } from "./storage.js";

// Up to this length, memory is cheaper than asking for the file's size before it is allocated.
const smallRange = 1024 * 1024;
// What one call to the system is given, so that an abort is noticed soon.
const maximumRead = 32 * 1024 * 1024;

/** The bytes of the file at `path`. Throws the system's errors, and `range.ts`'s for a file that is too short. */
export async function readExactly(
  path: string,
  file: StorageFile,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  throwIfCancelled(signal, `loading ${describeFile(file)}`);
  if (range !== undefined) checkRange(file, range);
  const handle = await open(path, "r");
  try {
    if (range !== undefined && range.length <= smallRange) return await fill(handle, file, range, signal);
    const { size } = await handle.stat();
    if (range === undefined) checkLength(file, size);
    else checkWithin(file, range, size);
    return await fill(handle, file, range ?? { offset: 0, length: size }, signal);
  } finally {
    await handle.close();
  }
}

async function fill(
  handle: FileHandle,
  file: StorageFile,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  // Not zeroed first, nor a part of Node's shared pool: every byte is overwritten below, or none is returned.
  const memory = Buffer.allocUnsafeSlow(range.length);
  const bytes = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
  let done = 0;
  while (done < range.length) {
    const length = Math.min(range.length - done, maximumRead);
    const { bytesRead } = await handle.read(bytes, done, length, range.offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
    throwIfCancelled(signal, `loading ${describeFile(file)}`);
  }
  if (done < range.length || range.length === 0) {
    // An empty range reads nothing, so that only the size tells whether its offset is in the file.
    const { size } = await handle.stat();
    checkWithin(file, range, Math.min(size, range.offset + done));
  }
  return bytes;
}
