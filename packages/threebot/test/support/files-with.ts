/** Where on a disk a text lies open. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files of a folder in which a text is to be found. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const file of files.filter((one) => one.isFile())) {
    const path = join(file.parentPath, file.name);
    if ((await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
