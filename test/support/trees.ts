/** Folders full of files: making them for tests, and comparing what came of them. */
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { sha256Hex } from "./bytes.js";

/** Content by path: text or bytes of a file, null for an empty folder, `{ link }` for a symbolic link. */
export type Files = Readonly<Record<string, string | Uint8Array | null | { readonly link: string }>>;

/** Makes files below `folder`, with the folders they need: `writeFiles(home, { "a/b.txt": "hello" })`. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    if (content === null) await mkdir(target, { recursive: true });
    else if (typeof content === "string" || content instanceof Uint8Array) await writeFile(target, content);
    else await symlink(content.link, target);
  }
}

/**
 * What is below `folder`, path by path, in a form that `toEqual` compares and prints well: "folder",
 * "link to …", "5 bytes <SHA-256>". Says nothing of metadata.
 */
export async function treeOf(folder: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll(sep, "/");
    if (entry.isDirectory()) tree[name] = "folder";
    else if (entry.isSymbolicLink()) tree[name] = `link to ${await readlink(path)}`;
    else if (entry.isFile()) {
      const content = await readFile(path);
      tree[name] = `${content.length} bytes ${sha256Hex(content)}`;
    } else tree[name] = "special";
  }
  return tree;
}
