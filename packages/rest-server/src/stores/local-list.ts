/** Listing the objects of one type in a folder. Asking for sizes is what a listing costs. */
import { readdirSync, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { hasSystemCode, isObjectName, type FileInfo } from "@tastic/storage";
import { Pace } from "./pace.js";

const batchLength = 512;
/** How many sizes are asked for at once on the system's threads. */
const atOnce = 16;

const pace = new Pace();

/** The objects of a folder whose names begin with `prefix`; none where the folder is missing. */
export async function* listFolder(
  folder: string,
  prefix: string,
  sizes: boolean,
): AsyncGenerator<readonly FileInfo[], void, undefined> {
  const names = (await namesIn(folder)).filter((name) => isObjectName(name) && name.startsWith(prefix));
  for (let start = 0; start < names.length; start += batchLength) {
    const batch = names.slice(start, start + batchLength);
    // A name alone does not say whether it is a file's, but what is no file is not looked for either.
    yield sizes ? await withSizes(folder, batch) : batch.map((name) => ({ name, size: 0 }));
  }
}

async function withSizes(folder: string, names: readonly string[]): Promise<FileInfo[]> {
  const found: FileInfo[] = [];
  let at = 0;
  for (; at < names.length && pace.direct; at++) {
    const name = names[at]!;
    const facts = pace.try(() => statSync(`${folder}/${name}`, { throwIfNoEntry: false }));
    if (facts?.isFile()) found.push({ name, size: facts.size });
  }
  for (; at < names.length; at += atOnce) {
    const some = names.slice(at, at + atOnce);
    const answers = await Promise.all(some.map((name) => sizeOf(`${folder}/${name}`)));
    for (const [i, size] of answers.entries()) if (size !== undefined) found.push({ name: some[i]!, size });
  }
  return found;
}

/** The two-digit folders below `data`. */
export async function packFolders(data: string): Promise<string[]> {
  return (await namesIn(data)).filter((name) => /^[0-9a-f]{2}$/.test(name));
}

/** The names in a folder, in order; none where it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (pace.direct ? pace.try(() => readdirSync(folder)) : await readdir(folder)).sort();
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT", "ENOTDIR"])) return [];
    throw error;
  }
}

/** Undefined where the object has been removed since. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}
