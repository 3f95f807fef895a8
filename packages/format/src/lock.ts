/**
 * Lock files (restic's design, "Locks"): who is using a repository, and whether others may at the same time.
 */
import { TasticError } from "@tastic/errors";
import { jsonString } from "./go-json.js";
import { looksLikeTime } from "./go-time.js";
import { asObject, fieldError, integerField, optionalString, parseJson, stringField } from "./json-fields.js";

export interface Lock {
  /** RFC 3339. */
  readonly time: string;
  /** An exclusive lock tolerates no other lock. */
  readonly exclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  /** 0 where there is no such thing, and for root. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

const MAX_LOCK_LENGTH = 1 << 20;

/** The plaintext of a lock file, before compression. */
export function encodeLock(lock: Lock): Uint8Array {
  return Buffer.from(
    `{"time":${jsonString(lock.time)},"exclusive":${lock.exclusive},"hostname":${jsonString(lock.hostname)},` +
      `"username":${jsonString(lock.username)},"pid":${lock.pid}` +
      `${lock.uid ? `,"uid":${lock.uid}` : ""}${lock.gid ? `,"gid":${lock.gid}` : ""}}`,
  );
}

/**
 * Reads the plaintext of a lock file, after decompression.
 * @throws TasticError invalid-format, limit-exceeded
 */
export function decodeLock(bytes: Uint8Array, what: string): Lock {
  if (bytes.length > MAX_LOCK_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are too many for a lock`);
  }
  const object = asObject(parseJson(bytes, what), what);
  const time = stringField(object, "time", what);
  if (!looksLikeTime(time)) throw fieldError(what, "time", "a time");
  const exclusive = object["exclusive"] ?? false;
  if (typeof exclusive !== "boolean") throw fieldError(what, "exclusive", "true or false");
  return {
    time,
    exclusive,
    hostname: optionalString(object, "hostname", what) ?? "",
    username: optionalString(object, "username", what) ?? "",
    pid: integerField(object, "pid", what),
    uid: integerField(object, "uid", what, 0xffff_ffff),
    gid: integerField(object, "gid", what, 0xffff_ffff),
  };
}
