/**
 * Folders that a file in them marks as not worth keeping: `--exclude-if-present name[:header]` and `--exclude-caches`
 * (restic's manual, "Excluding Files"; https://bford.info/cachedir/). The folder itself and the marking file stay.
 */
import { messageOf, systemErrorCode, TasticError } from "@tastic/errors";
import { closeSync, constants, lstatSync, openSync, readSync } from "node:fs";
import { posix } from "node:path";
import { systemPath } from "../backup/source-files.js";

/** The mark of a folder that holds a cache. */
export const CACHE_TAG = "CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55";

const MAX_KEPT_FOLDERS = 4096;

export interface TagFileRule {
  /** Is the item in a marked folder, and not itself the mark? */
  excludes(item: { readonly path: string; readonly name: string }): boolean;
}

/** Says what is wrong with the file's beginning, if anything. */
function faultOfHeader(path: string, header: Buffer): string | undefined {
  // Without O_NONBLOCK, opening a named pipe would wait for ever.
  const file = openSync(systemPath(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const start = Buffer.alloc(header.length);
    let length = 0;
    while (length < start.length) {
      const read = readSync(file, start, length, start.length - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length === 0) return "invalid (too short) signature in exclusion tagfile";
    if (length < header.length) return "could not read signature from exclusion tagfile";
    return start.equals(header) ? undefined : "invalid signature in exclusion tagfile";
  } finally {
    closeSync(file);
  }
}

/** Is the folder marked? A mark that cannot be read, or is none, is warned of and marks nothing. */
function isMarked(folder: string, name: string, header: Buffer, warn: (message: string) => void): boolean {
  const path = posix.join(folder, name);
  try {
    lstatSync(systemPath(path));
    const fault = header.length === 0 ? undefined : faultOfHeader(path, header);
    if (fault === undefined) return true;
    warn(`${fault} ${JSON.stringify(path)}`);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") warn(`could not access exclusion tagfile: ${messageOf(error)}`);
  }
  return false;
}

/**
 * A rule out of "name" or "name:header"; with a header, only files that begin with it are marks.
 * @param warn is told of files that have the name, but not the header
 * @throws TasticError invalid-argument without a name
 */
export function createTagFileRule(specification: string, warn: (message: string) => void): TagFileRule {
  const [, tag = "", header = ""] = /^([^:]*):?(.*)$/s.exec(specification) ?? [];
  if (tag === "") {
    throw new TasticError("invalid-argument", "no name for exclusion tagfile provided", {
      guidance: "Give --exclude-if-present a file name, or a name and the file's beginning as name:header.",
    });
  }
  const headerBytes = Buffer.from(header);
  const marked = new Map<string, boolean>();
  return {
    excludes({ path, name }) {
      if (name === tag) return false;
      const folder = posix.dirname(path);
      let answer = marked.get(folder);
      if (answer === undefined) {
        answer = isMarked(folder, tag, headerBytes, warn);
        if (marked.size >= MAX_KEPT_FOLDERS) marked.clear();
        marked.set(folder, answer);
      }
      return answer;
    },
  };
}
