/** All objects of a storage at once: to go back to a state, to compare two, to put one where restic can look at it. */
import { createLocalStorage, createMemoryStorage } from "@tastic/storage";
import type { FileType, Storage, StorageFile } from "@tastic/storage";
import { sha256Hex } from "./bytes.js";

export interface StoredObject {
  readonly file: StorageFile;
  readonly bytes: Uint8Array;
}

const TYPES: readonly FileType[] = ["config", "key", "snapshot", "index", "pack"];

/** All that is stored, but for locks. */
export async function readObjects(storage: Storage): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (const type of TYPES) {
    const names: string[] = [];
    for await (const { name } of storage.list(type)) names.push(name);
    for (const name of names) {
      const file = { type, name };
      objects.push({ file, bytes: await storage.load(file) });
    }
  }
  return objects;
}

async function fill(storage: Storage, objects: readonly StoredObject[]): Promise<Storage> {
  await storage.prepare();
  for (const { file, bytes } of objects) await storage.save(file, bytes);
  return storage;
}

export function inMemory(objects: readonly StoredObject[]): Promise<Storage> {
  return fill(createMemoryStorage(), objects);
}

/** Writes the objects to a new folder. */
export async function onDisk(folder: string, objects: readonly StoredObject[]): Promise<void> {
  await (await fill(createLocalStorage(folder), objects)).close();
}

/**
 * What two states have in common that differ only in random numbers: which objects of `before` are left, and of what
 * type and length the new ones are, and whether any is not what its name says.
 */
export function describeState(before: readonly StoredObject[], now: readonly StoredObject[]): string {
  const old = new Set(before.map(({ file }) => `${file.type} ${file.name}`));
  const lines = now.map(({ file, bytes }) => {
    const name = `${file.type} ${file.name}`;
    if (old.has(name)) return name;
    const isWhole = file.type === "config" || sha256Hex(bytes) === file.name;
    // How well an index compresses depends on random ids.
    const length = file.type === "pack" ? bytes.length : "some";
    return `new ${file.type} of ${length} bytes${isWhole ? "" : ", damaged"}`;
  });
  return lines.sort().join("\n");
}
