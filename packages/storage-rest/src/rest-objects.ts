/** Objects on the wire of restic's REST protocol: their paths, and whether two are the same. */
import { TasticError } from "@tastic/errors";
import { describeFile, folderOf, pathOf, type StorageFile } from "@tastic/storage";

/** The path on the wire: packs lie flat there, wherever the server keeps them. Errors: those of `pathOf`. */
export function wirePathOf(file: StorageFile): string {
  const path = pathOf(file);
  return file.type === "pack" ? `${folderOf("pack")}/${file.name}` : path;
}

/** The error where something else has an object's name. */
export function alreadyExists(file: StorageFile, location: string): TasticError {
  const what = `${describeFile(file)} exists in ${location} already, with another content`;
  return new TasticError("already-exists", what, {
    guidance:
      file.type === "config"
        ? "Choose another location, or use the repository that is there."
        : "It is damaged there: remove it on the server.",
    data: { type: file.type, name: file.name },
  });
}

/** Are the bytes those of `pieces`, one after the other? Both have the same length. */
export function sameBytes(bytes: Uint8Array, pieces: readonly Uint8Array[]): boolean {
  let offset = 0;
  return pieces.every((piece) => {
    const same = Buffer.compare(bytes.subarray(offset, offset + piece.length), piece) === 0;
    offset += piece.length;
    return same;
  });
}
