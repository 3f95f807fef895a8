/**
 * Writing a file on an SFTP server so that it is there whole or not at all: under another name first, and only then
 * under its own, with the permissions that restic gives it.
 */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import type { Traffic } from "@tastic/storage";
import { statusCode } from "./packet.js";
import type { RemoteFiles } from "./remote-files.js";
import { isStatus } from "./sftp-status.js";
import { readAll, writeAll } from "./transfer.js";

export interface RemoteModes {
  readonly folder: number;
  readonly file: number;
}

export interface RemoteSaveOptions {
  readonly modes: RemoteModes;
  /** What happens to a file that has this name: it is replaced, or the save fails with `ExistsError`. */
  readonly existing: "replace" | "refuse";
  /** Called between the steps; what it throws ends the save, which leaves nothing then. */
  readonly check: () => void;
  /** Told of the bytes. */
  readonly traffic?: Traffic | undefined;
}

/** There is a file of this name, which is kept. */
export class ExistsError extends Error {
  override readonly name = "ExistsError";
}

/** Writes `pieces` to `path`, whose folder is made if need be. Throws `SftpStatus` and what `check` throws. */
export async function saveRemotely(
  files: RemoteFiles,
  path: string,
  pieces: readonly Uint8Array[],
  options: RemoteSaveOptions,
): Promise<void> {
  const temporary = `${path}-restic-temp-${randomBytes(16).toString("hex")}`;
  const handle = await files.create(temporary, options.modes.file).catch(async (error: unknown) => {
    if (!isStatus(error, statusCode.noSuchFile) || options.existing === "refuse") throw error;
    // Other tools leave folders out while they are empty.
    await files.makeFolder(posix.dirname(path), options.modes.folder).catch(() => {
      // The next line says what is wrong.
    });
    return files.create(temporary, options.modes.file);
  });
  let open = true;
  try {
    await writeAll(files, handle, pieces, options.check, options.traffic);
    await files.sync(handle);
    // Guards the finished file against a slip of the hand; not every server has permissions.
    await files.setMode(handle, options.modes.file & ~0o222).catch((error: unknown) => {
      if (!isStatus(error, statusCode.unsupported, statusCode.failure, statusCode.permissionDenied))
        throw error;
    });
    open = false;
    await files.close(handle);
    options.check();
    if (options.existing === "replace" && files.canReplace) await files.replace(temporary, path);
    else await nameUnlessTaken(files, temporary, path, pieces);
  } catch (error) {
    // Best effort: what kept us from writing may keep us from removing. Listings pass the leftover over.
    if (open) await files.close(handle).catch(() => {});
    await files.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * SFTP's own rename fails where something has the name (section 6.5), though not every server holds to it. Nothing is
 * wrong if that is the same: an answer may have been lost the time before.
 */
async function nameUnlessTaken(
  files: RemoteFiles,
  temporary: string,
  path: string,
  pieces: readonly Uint8Array[],
): Promise<void> {
  let failure: unknown;
  if (!(await exists(files, path))) {
    try {
      await files.rename(temporary, path);
      return;
    } catch (error) {
      failure = error;
    }
    if (!(await exists(files, path))) throw failure;
  }
  if (!(await hasContent(files, path, Buffer.concat(pieces)))) throw new ExistsError(path);
  await files.remove(temporary);
}

async function hasContent(files: RemoteFiles, path: string, bytes: Uint8Array): Promise<boolean> {
  if ((await files.stat(path)).size !== bytes.length) return false;
  const handle = await files.openToRead(path);
  try {
    const found = new Uint8Array(bytes.length);
    const length = await readAll(files, handle, 0, found, () => {});
    return length === bytes.length && Buffer.compare(found, bytes) === 0;
  } finally {
    await files.close(handle);
  }
}

async function exists(files: RemoteFiles, path: string): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    if (isStatus(error, statusCode.noSuchFile)) return false;
    throw error;
  }
}
