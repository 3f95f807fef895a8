/** Making what was written survive a power failure, as far as the platform and the file system know how. */
import { open, type FileHandle } from "node:fs/promises";
import { hasSystemCode } from "./system-error.js";

// Network and user-space file systems answer so when they have no such call.
const unsupported = ["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOTTY"];

/** Waits until the disk has the file's bytes. */
export async function syncFile(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (!hasSystemCode(error, unsupported)) throw error;
  }
}

/** Waits until the disk has the folder's names, so that a new or renamed file is found again. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this; its file systems keep a journal of names.
  if (process.platform === "win32") return;
  let handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    // A folder that one may write to but not list cannot be opened, and therefore not be synced.
    if (hasSystemCode(error, ["EACCES", "EPERM", "EISDIR"])) return;
    throw error;
  }
  try {
    await syncFile(handle);
  } finally {
    await handle.close();
  }
}
