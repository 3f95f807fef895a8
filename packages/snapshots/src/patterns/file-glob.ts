/**
 * The files that a pattern names, as Go's `filepath.Glob` finds them, which restic uses for `--files-from`.
 */
import { compareNames, decodeName } from "@tastic/format";
import { lstatSync, readdirSync, statSync } from "node:fs";
import { posix } from "node:path";
import { compileNamePattern, hasMeaning, toByteString } from "./name-pattern.js";
import { systemPath } from "../backup/source-files.js";

/** Go asks for less than a pattern can say: a `]` alone means itself. */
const hasWildcard = (pattern: string): boolean => /[*?[\\]/.test(pattern);

/** Is it a well-formed pattern? As in Go, a class may hold a `/` as long as the pattern is not taken apart there. */
export function isValidGlob(pattern: string): boolean {
  return !hasMeaning(pattern) || compileNamePattern(toByteString(pattern)) !== undefined;
}

/** Folders that cannot be read have nothing in them for us. */
function orNothing<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

function matchingNames(folder: string, pattern: string): string[] {
  const matcher = compileNamePattern(toByteString(pattern));
  const isFolder = orNothing(() => statSync(systemPath(folder)).isDirectory());
  if (matcher === undefined || isFolder !== true) return [];
  const entries = orNothing(() => readdirSync(systemPath(folder), { encoding: "buffer" })) ?? [];
  return entries
    .map(decodeName)
    .filter((name) => matcher(toByteString(name)))
    .sort(compareNames)
    .map((name) => posix.join(folder, name));
}

/**
 * The paths that exist and match, sorted by folder and name; undefined if the pattern is malformed. A path without
 * wildcards is returned as it is. Relative ones count from the working directory.
 */
export function glob(pattern: string): string[] | undefined {
  if (!isValidGlob(pattern)) return undefined;
  if (!hasWildcard(pattern))
    return orNothing(() => lstatSync(systemPath(pattern))) === undefined ? [] : [pattern];
  const slash = pattern.lastIndexOf("/");
  const folder = slash === -1 ? "." : slash === 0 ? "/" : pattern.slice(0, slash);
  const name = pattern.slice(slash + 1);
  const folders = hasWildcard(folder) ? glob(folder) : [folder];
  if (folders === undefined || !isValidGlob(name)) return undefined;
  return folders.flatMap((path) => matchingNames(path, name));
}
