/** Listing the objects of one type in a local repository. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { throwIfCancelled } from "./cancellation.js";
import { folderOf, isObjectName, packFolder } from "./layout.js";
import type { FileInfo, FileType } from "./storage.js";
import { hasSystemCode } from "./system-error.js";

// How many sizes are asked for at once: the system's calls run on four threads.
const batchSize = 16;

/** Yields the objects below `root`. Throws the system's errors other than for what does not exist. */
export async function* listFiles(
  root: string,
  type: FileType,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileInfo, void, undefined> {
  if (type === "config") {
    const info = await fileInfo(root, "config");
    if (info !== undefined) yield { name: "", size: info.size };
    return;
  }
  if (type !== "pack") {
    yield* listFolder(join(root, folderOf(type)), type, "", signal);
    return;
  }
  for (const digits of await namesIn(join(root, folderOf("pack")))) {
    // A pack is found only where its name says, so only there does it count.
    if (/^[0-9a-f]{2}$/.test(digits)) yield* listFolder(join(root, packFolder(digits)), type, digits, signal);
  }
}

async function* listFolder(
  folder: string,
  type: FileType,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileInfo, void, undefined> {
  throwIfCancelled(signal, `listing objects of type ${type}`);
  const names = (await namesIn(folder)).filter((name) => isObjectName(name) && name.startsWith(prefix));
  for (let start = 0; start < names.length; start += batchSize) {
    throwIfCancelled(signal, `listing objects of type ${type}`);
    const batch = names.slice(start, start + batchSize);
    for (const info of await Promise.all(batch.map((name) => fileInfo(folder, name)))) {
      if (info !== undefined) yield info;
    }
  }
}

/** The names in a folder, in order; none where the folder is missing. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return [];
    throw error;
  }
}

/** A file's size, or undefined where it has been removed since or is no file. */
async function fileInfo(folder: string, name: string): Promise<FileInfo | undefined> {
  try {
    const found = await stat(join(folder, name));
    return found.isFile() ? { name, size: found.size } : undefined;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}
