/**
 * Where an object lies below a repository's root: the one layout that restic has ("Repository Layout" in its
 * design document). Pure names with "/" between them, the same for folders on a disk and for keys in a bucket.
 */
import { TasticError } from "@tastic/errors";
import type { FileType, StorageFile } from "./storage.js";

const folders: Readonly<Record<Exclude<FileType, "config">, string>> = {
  key: "keys",
  lock: "locks",
  snapshot: "snapshots",
  index: "index",
  pack: "data",
};

const objectName = /^[0-9a-f]{64}$/;

/** Can an object other than the config have this name? Leftovers and strangers' files cannot. */
export function isObjectName(name: string): boolean {
  return objectName.test(name);
}

/** The folder of a type, such as "snapshots"; packs lie one level deeper, see `packFolder`. */
export function folderOf(type: Exclude<FileType, "config">): string {
  return folders[type];
}

/** The folder of a pack: the first two digits of its name below `data`, such as "data/3f". */
export function packFolder(name: string): string {
  return `${folders.pack}/${name.slice(0, 2)}`;
}

/**
 * The path of an object below the root, such as "data/3f/3f0a…". A name that no object can have is refused
 * (`invalid-argument`), so that no path ever leaves the repository.
 */
export function pathOf(file: StorageFile): string {
  if (file.type === "config") {
    if (file.name !== "") throw invalidName(file);
    return "config";
  }
  if (!isObjectName(file.name)) throw invalidName(file);
  return `${file.type === "pack" ? packFolder(file.name) : folders[file.type]}/${file.name}`;
}

/** Every folder of a repository, parents first: five for the types, and 256 below `data`. */
export function repositoryFolders(): readonly string[] {
  const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
  return [...Object.values(folders), ...digits.map((two) => packFolder(two))];
}

/** An object's name for people: "pack 3f0a1b2c…". */
export function describeFile(file: StorageFile): string {
  if (file.name === "") return file.type;
  return `${file.type} ${file.name.length > 8 ? `${file.name.slice(0, 8)}…` : file.name}`;
}

function invalidName(file: StorageFile): TasticError {
  return new TasticError(
    "invalid-argument",
    `no ${file.type} can have the name "${file.name.slice(0, 80)}"`,
    {
      guidance: "A name is 64 lowercase hexadecimal digits; the config has none.",
      data: { type: file.type, name: file.name },
    },
  );
}
