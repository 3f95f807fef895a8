/** Errors of the operating system as errors of tastic: what failed on which object, and what to do about it. */
import { type ErrorCode, messageOf, systemErrorCode, TasticError } from "@tastic/errors";
import { describeFile } from "./layout.js";
import type { StorageFile } from "./storage.js";

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly guidance: string;
}

const noPermission = {
  code: "access-denied",
  reason: "permission denied",
  guidance: "Run as the user the repository belongs to, or give this one access to its folder.",
} as const;

const noRoom = {
  code: "no-space",
  reason: "no space left",
  guidance: "Make room there and run again; what is stored already is kept and not sent again.",
} as const;

const tooManyFiles = {
  code: "storage-failed",
  reason: "too many open files",
  guidance: "Raise the limit of open files (ulimit -n) and run again.",
} as const;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["EACCES", noPermission],
  ["EPERM", noPermission],
  [
    "EROFS",
    {
      code: "access-denied",
      reason: "the file system is read-only",
      guidance: "Mount it writable, or use only commands that do not write, with --no-lock.",
    },
  ],
  [
    "ENOENT",
    {
      code: "not-found",
      reason: "it does not exist",
      guidance: "Check the location of the repository, and that its disk is mounted.",
    },
  ],
  [
    "ENOTDIR",
    {
      code: "storage-failed",
      reason: "a part of its path is not a folder",
      guidance: "Check the location of the repository.",
    },
  ],
  [
    "EEXIST",
    {
      code: "storage-failed",
      reason: "something that is no folder has the name of one",
      guidance: "Check the location of the repository.",
    },
  ],
  ["ENOSPC", noRoom],
  ["EDQUOT", { ...noRoom, reason: "the disk quota is used up" }],
  [
    "EFBIG",
    {
      code: "storage-failed",
      reason: "the file is too large for this file system or process",
      guidance: "Choose a smaller pack size, or raise the limit of file sizes (ulimit -f).",
    },
  ],
  ["EMFILE", tooManyFiles],
  ["ENFILE", tooManyFiles],
  [
    "EIO",
    {
      code: "storage-failed",
      reason: "input/output error",
      guidance: "The disk or its connection may be failing; check it, then the repository.",
    },
  ],
]);

/**
 * The error for what the operating system said while doing `action` ("save", "list") to `object`, the path or name
 * of something. An error of tastic is given back as it is.
 */
export function storageError(
  error: unknown,
  action: string,
  object: string,
  data: Readonly<Record<string, unknown>> = {},
): TasticError {
  if (error instanceof TasticError) return error;
  const systemCode = systemErrorCode(error);
  const kind = systemCode === undefined ? undefined : kinds.get(systemCode);
  return new TasticError(
    kind?.code ?? "storage-failed",
    `cannot ${action} ${object}: ${kind?.reason ?? messageOf(error)}`,
    {
      guidance: kind?.guidance ?? "Check that the storage works, and run again.",
      data: systemCode === undefined ? data : { ...data, systemCode },
      cause: error,
    },
  );
}

/** `storageError` for an object at a location. */
export function fileError(error: unknown, action: string, file: StorageFile, location: string): TasticError {
  return storageError(error, action, `${describeFile(file)} in ${location}`, {
    type: file.type,
    name: file.name,
  });
}

/** Is this an error of the operating system with one of these codes? */
export function hasSystemCode(error: unknown, codes: readonly string[]): boolean {
  const code = systemErrorCode(error);
  return code !== undefined && codes.includes(code);
}
