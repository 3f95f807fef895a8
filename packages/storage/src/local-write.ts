/**
 * Writing a file so that it is there whole or not at all: under another name beside it first, to the disk, and only
 * then under its own ("Repository Layout" in restic's design document: objects are never modified once written).
 */
import { randomBytes } from "node:crypto";
import { chmod, link, open, rename, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { throwIfCancelled } from "./cancellation.js";
import { syncFile, syncFolder } from "./local-sync.js";
import { hasSystemCode } from "./system-error.js";

export interface WriteOptions {
  /** The permissions to create the file with; its write permissions are dropped once it is complete. */
  readonly mode: number;
  /** What happens to a file that has this name: it is replaced in one step, or the write fails with EEXIST. */
  readonly existing: "replace" | "refuse";
  /** Looked at between the steps; an abort leaves nothing behind. */
  readonly signal: AbortSignal | undefined;
  /** What is being done, for the message of `cancelled`. */
  readonly action: string;
  /** Called when the system has all bytes, which takes a fraction of the time until they are on the disk. */
  readonly onWritten?: (() => void) | undefined;
}

// What one call to the system is given: few enough bytes that an abort is noticed soon.
const maximumWrite = 32 * 1024 * 1024;
// And few enough pieces for every system (IOV_MAX is 1024 on Linux).
const maximumPieces = 512;

/** Writes `content` to `path`. Throws the system's errors; a file that could not be completed is removed. */
export async function writeWhole(
  path: string,
  content: readonly Uint8Array[],
  options: WriteOptions,
): Promise<void> {
  throwIfCancelled(options.signal, options.action);
  const temporary = `${path}-tmp-${randomBytes(8).toString("hex")}`;
  const handle = await open(temporary, "wx", options.mode);
  try {
    try {
      await writeAll(handle, content, options);
      options.onWritten?.();
      await syncFile(handle);
    } finally {
      await handle.close();
    }
    throwIfCancelled(options.signal, options.action);
    if (options.existing === "replace") await rename(temporary, path);
    else await renameUnlessExists(temporary, path);
  } catch (error) {
    await removeLeftover(temporary);
    throw error;
  }
  await syncFolder(dirname(path));
  await dropWritePermission(path, options.mode);
}

async function writeAll(handle: FileHandle, content: readonly Uint8Array[], options: WriteOptions) {
  let piece = 0;
  let start = 0; // in content[piece]
  for (;;) {
    const batch: Uint8Array[] = [];
    let room = maximumWrite;
    for (
      let at = piece, from = start;
      at < content.length && batch.length < maximumPieces && room > 0;
      at++
    ) {
      const part = content[at]!.subarray(from, from + room);
      if (part.length > 0) batch.push(part);
      room -= part.length;
      from = 0;
    }
    if (batch.length === 0) return;
    let { bytesWritten } = await handle.writev(batch);
    if (bytesWritten === 0) throw new Error("the disk takes no bytes, and does not say why");
    // A disk may take less than it was given: go on where it stopped.
    while (piece < content.length && bytesWritten >= content[piece]!.length - start) {
      bytesWritten -= content[piece]!.length - start;
      piece++;
      start = 0;
    }
    start += bytesWritten;
    throwIfCancelled(options.signal, options.action);
  }
}

/** Gives `temporary` its final name, or throws EEXIST where something has that name, also in a race of two. */
async function renameUnlessExists(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasSystemCode(error, ["EEXIST"])) throw error;
    // A file system without hard links: look, then rename, which is all it offers.
    const exists = await stat(path).then(
      () => true,
      (missing: unknown) => {
        if (hasSystemCode(missing, ["ENOENT"])) return false;
        throw missing;
      },
    );
    if (exists) throw Object.assign(new Error(`${path} exists`), { code: "EEXIST" });
    await rename(temporary, path);
    return;
  }
  await unlink(temporary);
}

/** Removes an incomplete file. */
async function removeLeftover(temporary: string): Promise<void> {
  try {
    await unlink(temporary);
  } catch {
    // What kept us from writing may keep us from removing too. The caller learns of the first error, and listings
    // pass the leftover over.
  }
}

/** Guards a finished file against a slip of the hand, where the file system has permissions at all. */
async function dropWritePermission(path: string, mode: number): Promise<void> {
  // On Windows a file without write permission could not be removed either.
  if (process.platform === "win32") return;
  try {
    await chmod(path, mode & ~0o222);
  } catch (error) {
    // ENOENT: another process has removed the file since.
    if (!hasSystemCode(error, ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOENT"])) {
      throw error;
    }
  }
}
