/**
 * Setting owner, attributes, times and mode of what was restored, in this order: a new owner takes the setuid bit and
 * capabilities away, and a mode may forbid the rest. Links are never followed.
 */
import { messageOf, isTasticError, systemErrorCode } from "@tastic/errors";
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
} from "node:fs";
import type { ExactTimes } from "./exact-times.js";
import { OPEN_TO_READ } from "./existing-file.js";
import type { ItemMetadata } from "./metadata-table.js";
import type { AttributeRestorer } from "./restore-attributes.js";
import { describeSystemError } from "../backup/source-error.js";
import { systemPath } from "../backup/source-files.js";

const SET_IDS = 0o6000;

/** What sets that for which Node has no call. */
export interface MetadataTools {
  readonly attributes: Pick<AttributeRestorer, "wanted" | "set">;
  readonly times: Pick<ExactTimes, "set">;
}

/** Something whose metadata can be set; times in seconds. */
interface Handle {
  chown(uid: number, gid: number): void;
  utimes(atime: number, mtime: number): void;
  chmod(mode: number): void;
}

/**
 * Sets the metadata of an open file or folder at `path`, all of it as far as possible.
 * @returns what failed first, undefined if nothing did; synchronously unless there are attributes to set
 */
export function setMetadataOfOpen(
  fd: number,
  path: string,
  metadata: ItemMetadata,
  tools: MetadataTools,
): string | undefined | Promise<string | undefined> {
  const handle: Handle = {
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    utimes: (atime, mtime) => futimesSync(fd, atime, mtime),
    chmod: (mode) => fchmodSync(fd, mode),
  };
  return setMetadata(handle, path, metadata, tools);
}

/** As `setMetadataOfOpen`, for a link, FIFO or device that cannot be opened. */
export async function setMetadataOfPath(
  path: string,
  metadata: ItemMetadata,
  tools: MetadataTools,
): Promise<string | undefined> {
  const name = systemPath(path);
  const handle: Handle = {
    chown: (uid, gid) => lchownSync(name, uid, gid),
    utimes: (atime, mtime) => lutimesSync(name, atime, mtime),
    // A link has no mode of its own, and its target's is not ours to set.
    chmod: (mode) => {
      if (!lstatSync(name).isSymbolicLink()) chmodSync(name, mode);
    },
  };
  return setMetadata(handle, path, metadata, tools);
}

/** As `setMetadataOfOpen`, for a file or folder that is opened for it, if its mode allows. */
export async function setMetadataOf(
  path: string,
  kind: "file" | "dir",
  metadata: ItemMetadata,
  tools: MetadataTools,
): Promise<string | undefined> {
  let fd: number;
  try {
    fd = openSync(systemPath(path), OPEN_TO_READ | (kind === "dir" ? constants.O_DIRECTORY : 0));
  } catch (error) {
    if (systemErrorCode(error) !== "EACCES") return describeSystemError(error, path);
    return setMetadataOfPath(path, metadata, tools);
  }
  try {
    return await setMetadataOfOpen(fd, path, metadata, tools);
  } finally {
    closeSync(fd);
  }
}

/** Whoever is not root may not do all of it; as in restic, that is no error. */
class Failures {
  readonly #path: string;
  first: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Runs a step; returns whether it succeeded. */
  try(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      this.note(error);
      return false;
    }
  }

  note(error: unknown): void {
    const code = systemErrorCode(error);
    const forbidden = code === "EPERM" || code === "EACCES" || isTasticError(error, "access-denied");
    if (forbidden && process.geteuid?.() !== 0) return;
    this.first ??= code === undefined ? messageOf(error) : describeSystemError(error, this.#path);
  }
}

function setMetadata(
  handle: Handle,
  path: string,
  metadata: ItemMetadata,
  tools: MetadataTools,
): string | undefined | Promise<string | undefined> {
  const failures = new Failures(path);
  const isOwned = failures.try(() => handle.chown(metadata.uid, metadata.gid));
  const finish = (): string | undefined => {
    const { atime, mtime } = metadata;
    const isTimed = failures.try(() => handle.utimes(secondsOf(atime), secondsOf(mtime)));
    if (isTimed && (atime % 1000n !== 0n || mtime % 1000n !== 0n)) tools.times.set(path, atime, mtime);
    // A program that runs as its owner must not do so for another owner than it was made for.
    failures.try(() => handle.chmod(isOwned ? metadata.mode : metadata.mode & ~SET_IDS));
    return failures.first;
  };
  const wanted = tools.attributes.wanted(metadata.attributes);
  if (wanted.length === 0) return finish();
  return tools.attributes
    .set(path, wanted)
    .catch((error: unknown) => failures.note(error))
    .then(finish);
}

/**
 * Seconds for Node's `utimes`, which keeps whole microseconds, cut off, and takes a number that cannot hold each of them
 * exactly: the middle of the microsecond is what always arrives as that microsecond.
 */
function secondsOf(nanoseconds: bigint): number {
  const rest = ((nanoseconds % 1000n) + 1000n) % 1000n;
  return (Number((nanoseconds - rest) / 1000n) + 0.5) / 1e6;
}
