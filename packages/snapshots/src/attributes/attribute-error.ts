/**
 * What went wrong with an extended attribute, as the one error class says it.
 */
import { TasticError } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";

const CODES = new Map<string, ErrorCode>([
  ["EPERM", "access-denied"],
  ["EACCES", "access-denied"],
  ["EROFS", "access-denied"],
  ["ENOTSUP", "unsupported"],
  ["EOPNOTSUPP", "unsupported"],
  ["ENOENT", "not-found"],
  ["ENOSPC", "no-space"],
  ["EDQUOT", "no-space"],
]);

/** @param doing "set" or "remove" @param reason the system's name for it, or what a program said */
export function attributeError(doing: string, path: string, name: string, reason: string): TasticError {
  return new TasticError(
    CODES.get(reason) ?? "incomplete",
    `cannot ${doing} the extended attribute ${JSON.stringify(name)} of ${path}: ${reason}`,
    {
      guidance: "The target's file system must support extended attributes; some of them take root's rights.",
      data: { path, attribute: name },
    },
  );
}
