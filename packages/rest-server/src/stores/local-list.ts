/**
 * Listing the objects of one type in a folder. Asking for sizes is what a listing costs: while the system answers from
 * memory, which takes microseconds, it is asked directly; as soon as one answer comes from the disk, the rest is asked
 * for on the system's threads, so that nobody else waits.
 */
import { statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasSystemCode, isObjectName, type FileInfo } from "@tastic/storage";

const batchLength = 512;
/** How many sizes are asked for at once where answers come from the disk. */
const atOnce = 16;
/** An answer that took longer than this, in milliseconds, did not come from memory. */
const slow = 1;

/** The objects of a folder whose names begin with `prefix`; none where the folder is missing. */
export async function* listFolder(
  folder: string,
  prefix: string,
  sizes: boolean,
): AsyncGenerator<readonly FileInfo[], void, undefined> {
  const names = await objectNames(folder, prefix);
  let fromMemory = true;
  for (let start = 0; start < names.length; start += batchLength) {
    const batch = names.slice(start, start + batchLength);
    const found: FileInfo[] = [];
    let at = 0;
    if (!sizes) {
      yield batch.map((name) => ({ name, size: 0 }));
      continue;
    }
    for (; fromMemory && at < batch.length; at++) {
      const before = performance.now();
      const size = sizeNow(join(folder, batch[at]!));
      if (size !== undefined) found.push({ name: batch[at]!, size });
      fromMemory = performance.now() - before < slow;
    }
    for (; at < batch.length; at += atOnce) {
      const some = batch.slice(at, at + atOnce);
      const answers = await Promise.all(some.map((name) => sizeLater(join(folder, name))));
      for (const [i, size] of answers.entries()) if (size !== undefined) found.push({ name: some[i]!, size });
    }
    yield found;
  }
}

/** The two-digit folders below `data`. */
export async function packFolders(data: string): Promise<string[]> {
  return (await namesIn(data)).filter((name) => /^[0-9a-f]{2}$/.test(name));
}

export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return [];
    throw error;
  }
}

async function objectNames(folder: string, prefix: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => isObjectName(entry.name) && entry.name.startsWith(prefix) && !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return [];
    throw error;
  }
}

/** Undefined where the object has been removed since. */
function sizeNow(path: string): number | undefined {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isFile() ? facts.size : undefined;
}

async function sizeLater(path: string): Promise<number | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}
