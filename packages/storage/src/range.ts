/** Which bytes of an object a load asks for, held against what is there before anything is allocated. */
import { TasticError } from "@tastic/errors";
import { describeFile } from "./layout.js";
import type { ByteRange, StorageFile } from "./storage.js";

/**
 * The most bytes that one load returns: 1 GiB. restic's packs end below 140 MiB, and its other objects are smaller
 * still; what is larger is not of a repository.
 */
export const maximumLoadLength = 1024 * 1024 * 1024;

/** Refuses a range that is none (`invalid-argument`) or longer than `maximumLoadLength` (`limit-exceeded`). */
export function checkRange(file: StorageFile, range: ByteRange): void {
  const { offset, length } = range;
  if (!isCount(offset) || !isCount(length) || !isCount(offset + length)) {
    throw new TasticError("invalid-argument", `${length} bytes from ${offset} on are no range`, {
      data: { ...file, offset, length },
    });
  }
  checkLength(file, length);
}

/** Refuses to load more than `maximumLoadLength` bytes (`limit-exceeded`). */
export function checkLength(file: StorageFile, length: number): void {
  if (length <= maximumLoadLength) return;
  throw new TasticError(
    "limit-exceeded",
    `${describeFile(file)}: ${length} bytes are more than one load returns (${maximumLoadLength})`,
    {
      guidance: "No repository holds objects of this size; look at what put it there.",
      data: { ...file, length },
    },
  );
}

/** Refuses a range that ends beyond an object of `size` bytes (`invalid-format`). */
export function checkWithin(file: StorageFile, range: ByteRange, size: number): void {
  if (range.offset + range.length <= size) return;
  throw new TasticError(
    "invalid-format",
    `${describeFile(file)} is too short: ${size} bytes, where ${range.length} from ${range.offset} on were asked for`,
    {
      guidance: "The object is damaged, or what refers to it is; check the repository.",
      data: { ...file, ...range, size },
    },
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
