/** Which storage class an object gets. */
import type { SaveOptions, StorageFile } from "@tastic/storage";

/** The classes from which nothing can be read before it has been restored. */
const archives: readonly string[] = ["GLACIER", "DEEP_ARCHIVE"];

/** The `chosen` class, except that only packs of file contents go into an archive: as restic does it. */
export function storageClassFor(
  file: StorageFile,
  { holds }: SaveOptions,
  chosen: string | undefined,
): string | undefined {
  if (chosen === undefined || !archives.includes(chosen)) return chosen;
  return file.type === "pack" && holds === "data" ? chosen : undefined;
}
