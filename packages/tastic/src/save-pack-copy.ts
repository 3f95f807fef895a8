/**
 * Copies of packs that are about to go, for whoever has means of saving more of them than we do.
 */
import { systemErrorCode, TasticError } from "@tastic/errors";
import type { PackId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { open, readFile, stat } from "node:fs/promises";

/**
 * Puts a pack as it is into the current folder. Nothing is overwritten, and all is on the disk before this ends.
 * @param existing what to do about a file of that name: `same` takes one that holds the very pack for the copy
 * Errors: `already-exists`, `storage-failed`; the store's.
 */
export async function savePackCopy(
  { storage }: Repository,
  id: PackId,
  signal: AbortSignal,
  existing: "refuse" | "same" = "refuse",
): Promise<void> {
  const bytes = await storage.load({ type: "pack", name: id }, undefined, { signal });
  const path = `pack-${id}`;
  try {
    const file = await open(path, "wx", 0o666);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const isThere = systemErrorCode(error) === "EEXIST";
    if (isThere && existing === "same" && bytes.length === (await sizeOf(path))) {
      if (Buffer.compare(bytes, await readFile(path)) === 0) return;
    }
    throw new TasticError(
      isThere ? "already-exists" : "storage-failed",
      isThere ? `open ${path}: file exists` : `${path} could not be written`,
      {
        guidance:
          "Nothing was removed. Run this in a folder that has room for the packs and no copies of them yet.",
        cause: error,
      },
    );
  }
}

/** Undefined for what is no file. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path);
  return found.isFile() ? found.size : undefined;
}
