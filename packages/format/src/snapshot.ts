/**
 * Snapshot files (restic's design, "Snapshots"): a tree, and when, where and of what it was made.
 */
import { TasticError } from "@tastic/errors";
import { jsonString, jsonStrings } from "./go-json.js";
import { looksLikeTime } from "./go-time.js";
import { parseId, type BlobId, type SnapshotId } from "./ids.js";
import {
  asObject,
  fieldError,
  integerField,
  optionalId,
  optionalString,
  parseJson,
  stringField,
  stringsField,
} from "./json-fields.js";
import { decodeSummary, encodeSummary, type SnapshotSummary } from "./snapshot-summary.js";

/** A snapshot: a tree, and when, where and of what it was made (design.rst, "Snapshots"). */
export interface Snapshot {
  /** RFC 3339, as stored: the offset says where the snapshot's days begin and end. */
  readonly time: string;
  /** The snapshot it was compared with. */
  readonly parent?: SnapshotId | undefined;
  readonly tree: BlobId;
  /** Absolute paths. Bytes that are not UTF-8 do not survive being stored. */
  readonly paths: readonly string[];
  readonly hostname?: string | undefined;
  readonly username?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly excludes?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The snapshot that this one began as, before tags or content were changed. */
  readonly original?: SnapshotId | undefined;
  /** For example "restic 0.19.1". */
  readonly programVersion?: string | undefined;
  readonly summary?: SnapshotSummary | undefined;
}

const MAX_SNAPSHOT_LENGTH = 1 << 26;

/** The plaintext of a snapshot file, before compression. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { parent, hostname, username, uid, gid, excludes, tags, original, programVersion, summary } =
    snapshot;
  let json = `{"time":${jsonString(snapshot.time)}`;
  if (parent !== undefined) json += `,"parent":"${parent}"`;
  json += `,"tree":"${snapshot.tree}","paths":${jsonStrings(snapshot.paths)}`;
  if (hostname) json += `,"hostname":${jsonString(hostname)}`;
  if (username) json += `,"username":${jsonString(username)}`;
  if (uid) json += `,"uid":${uid}`;
  if (gid) json += `,"gid":${gid}`;
  if (excludes?.length) json += `,"excludes":${jsonStrings(excludes)}`;
  if (tags?.length) json += `,"tags":${jsonStrings(tags)}`;
  if (original !== undefined) json += `,"original":"${original}"`;
  if (programVersion) json += `,"program_version":${jsonString(programVersion)}`;
  if (summary !== undefined) json += `,"summary":${encodeSummary(summary)}`;
  return Buffer.from(`${json}}`);
}

/**
 * Reads the plaintext of a snapshot file, after decompression. Keys that other programs added are ignored.
 * @throws TasticError invalid-format, limit-exceeded
 */
export function decodeSnapshot(bytes: Uint8Array, what: string): Snapshot {
  if (bytes.length > MAX_SNAPSHOT_LENGTH) {
    throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are too many for a snapshot`);
  }
  const object = asObject(parseJson(bytes, what), what);
  const time = stringField(object, "time", what);
  if (!looksLikeTime(time)) throw fieldError(what, "time", "a time");
  const summary = object["summary"] ?? undefined;
  return {
    time,
    parent: optionalId(object, "parent", what),
    tree: parseId(object["tree"], `${what}: "tree"`),
    paths: stringsField(object, "paths", what),
    hostname: optionalString(object, "hostname", what),
    username: optionalString(object, "username", what),
    uid: integerField(object, "uid", what, 0xffff_ffff) || undefined,
    gid: integerField(object, "gid", what, 0xffff_ffff) || undefined,
    excludes: someStrings(stringsField(object, "excludes", what)),
    tags: someStrings(stringsField(object, "tags", what)),
    original: optionalId(object, "original", what),
    programVersion: optionalString(object, "program_version", what),
    summary: summary === undefined ? undefined : decodeSummary(asObject(summary, `${what}: "summary"`), what),
  };
}

function someStrings(texts: string[]): string[] | undefined {
  return texts.length === 0 ? undefined : texts;
}
