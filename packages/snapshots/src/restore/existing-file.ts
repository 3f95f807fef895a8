/**
 * Comparing files that are there with what a snapshot says they should hold.
 */
import { messageOf } from "@tastic/errors";
import type { Repository } from "@tastic/repository";
import { accessSync, chmodSync, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Stats } from "node:fs";
import { entrySize } from "../file-content.js";
import { systemPath } from "../backup/source-files.js";

/** What of a file is as it should be. */
export interface Comparison {
  readonly sizeMatches: boolean;
  /** For each blob. */
  readonly matches: readonly boolean[];
}

export function isSame({ sizeMatches, matches }: Comparison): boolean {
  return sizeMatches && !matches.includes(false);
}

/** Does not follow a link, and does not wait for the other end of a FIFO. */
export const OPEN_TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

let buffer = Buffer.alloc(0);

/**
 * Reads a file and compares it with blobs, given as entries of the index.
 * @param trustedMtime nanoseconds: if the file has this modification time and the right size, it is not read
 * @throws system errors, and Error if it is no regular file
 */
export function compareContent(
  repository: Repository,
  path: string,
  entries: readonly number[],
  trustedMtime?: bigint,
): Comparison {
  const sizes = entries.map((entry) => entrySize(repository, entry));
  const wanted = sizes.reduce((sum, size) => sum + size, 0);
  const fd = openSync(systemPath(path), OPEN_TO_READ);
  try {
    const status = fstatSync(fd, { bigint: true });
    if (!status.isFile()) throw new Error(`Expected ${path} to be a regular file`);
    const sizeMatches = status.size === BigInt(wanted);
    if (sizeMatches && trustedMtime !== undefined && isSameTime(status.mtimeNs, trustedMtime)) {
      return { sizeMatches, matches: entries.map(() => true) };
    }
    let offset = 0;
    const matches = entries.map((entry, i) => {
      const size = sizes[i] ?? 0;
      const bytes = readAt(fd, offset, size);
      offset += size;
      return bytes !== undefined && hasId(repository, entry, bytes);
    });
    return { sizeMatches, matches };
  } finally {
    closeSync(fd);
  }
}

const OWNER_MAY_ALL = constants.S_IRUSR | constants.S_IWUSR;

/**
 * Lets the owner of a file read and write it, where its mode forbids that: in a folder that he may not write to, it could
 * not be replaced. It gets the mode that the snapshot states at the end. Does nothing to other people's files, and to those
 * with further names, which keep their mode.
 */
export function openToOwner(path: string, status: Stats): void {
  if (!status.isFile() || status.nlink !== 1 || (status.mode & OWNER_MAY_ALL) === OWNER_MAY_ALL) return;
  try {
    chmodSync(systemPath(path), (status.mode & 0o7777) | OWNER_MAY_ALL);
  } catch {
    // Then it is replaced; if that cannot be done either, that is the error to tell.
  }
}

/** May the file at this path, which is no link, be written to as it is? */
export function isWritable(path: string): boolean {
  try {
    accessSync(systemPath(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a file's content; undefined if nothing is. */
export function findDifference(
  repository: Repository,
  path: string,
  entries: readonly number[],
): string | undefined {
  try {
    const comparison = compareContent(repository, path, entries);
    if (!comparison.sizeMatches) return `Invalid file size for ${path}`;
    const wrong = comparison.matches.indexOf(false);
    if (wrong < 0) return undefined;
    const offset = entries.slice(0, wrong).reduce((sum, entry) => sum + entrySize(repository, entry), 0);
    return `Unexpected content in ${path}, starting at offset ${offset}`;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Is `time` of a file the one that a snapshot states, both in nanoseconds? Where times cannot be set exactly, restored
 * files have it in whole microseconds, cut off.
 */
export function isSameTime(time: bigint, stated: bigint): boolean {
  return time === stated || (time % 1000n === 0n && time === stated - (((stated % 1000n) + 1000n) % 1000n));
}

function readAt(fd: number, offset: number, size: number): Uint8Array | undefined {
  if (buffer.length < size) buffer = Buffer.allocUnsafeSlow(size);
  for (let got = 0; got < size;) {
    const count = readSync(fd, buffer, got, size - got, offset + got);
    if (count === 0) return undefined;
    got += count;
  }
  return buffer.subarray(0, size);
}

function hasId({ crypto, index }: Repository, entry: number, bytes: Uint8Array): boolean {
  return Buffer.compare(crypto.sha256(bytes), index.id(entry)) === 0;
}
