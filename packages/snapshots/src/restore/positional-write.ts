/**
 * Writing at places of a file.
 */
import { writeSync } from "node:fs";

/** File systems keep holes in multiples of this. */
const BLOCK = 4096;
const ZEROS = new Uint8Array(BLOCK);

/** Writes all bytes at an offset. @throws system errors */
export function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}

/**
 * Writes bytes at an offset, but for blocks of zeros: they stay holes of a file that has its length already and nothing
 * else there. @throws system errors
 */
export function writeSparsely(fd: number, bytes: Uint8Array, offset: number): void {
  let pending = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + BLOCK - ((offset + at) % BLOCK));
    const isZero = Buffer.compare(bytes.subarray(at, end), ZEROS.subarray(0, end - at)) === 0;
    if (isZero) {
      writeAll(fd, bytes.subarray(pending, at), offset + pending);
      pending = end;
    }
    at = end;
  }
  writeAll(fd, bytes.subarray(pending), offset + pending);
}
