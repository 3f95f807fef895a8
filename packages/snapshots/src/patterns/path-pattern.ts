/**
 * One pattern for paths, matched name by name (restic's manual, "Excluding Files").
 */
import { posix } from "node:path";
import { compileNamePattern, hasMeaning, toByteString } from "./name-pattern.js";
import type { NameMatcher } from "./name-pattern.js";

/** A name to equal, a test for one, or any number of names. */
type Part = string | NameMatcher | typeof ANY_DEPTH;

/** A pattern ready for use. Names are byte strings, in lower case if the pattern ignores case. */
export interface PathPattern {
  /** Does it begin with `!`? */
  readonly negated: boolean;
  /** The first part of an anchored pattern is `ROOT`. */
  readonly parts: readonly Part[];
  readonly anchored: boolean;
  /** With two or more `**`, a match can depend on how long the path is below it. */
  readonly dependsOnLength: boolean;
}

/** Stands for `**`. */
const ANY_DEPTH = Symbol("**");
/** The first name of every absolute path. */
export const ROOT = "/";

/** The text in lower case as Go's `strings.ToLower` makes it: character by character, invalid bytes replaced. */
function foldCase(text: string): string {
  let folded = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    folded +=
      code >= 0xd800 && code <= 0xdfff
        ? "\ufffd"
        : String.fromCodePoint(character.toLowerCase().codePointAt(0) ?? 0);
  }
  return folded;
}

/** A path or pattern as it is matched. */
export function foldPath(text: string, insensitive: boolean): string {
  const bytes = toByteString(text);
  if (!insensitive) return bytes;
  return bytes === text ? text.toLowerCase() : toByteString(foldCase(text));
}

/** Reads a pattern; undefined if it is malformed. */
export function parsePathPattern(text: string, insensitive: boolean): PathPattern | undefined {
  const negated = text.startsWith("!");
  const clean = posix.normalize(negated ? text.slice(1) : text);
  const names = foldPath(clean, insensitive).split("/");
  const anchored = names[0] === "";
  // A trailing slash is ignored, but the root alone ends in one: "/" is all that is below it.
  if (names.at(-1) === "") names.pop();
  const parts: Part[] = [];
  for (const name of names) {
    if (name === "") parts.push(ROOT);
    else if (name === "**") parts.push(ANY_DEPTH);
    else {
      const matcher = hasMeaning(name) ? compileNamePattern(name) : name;
      if (matcher === undefined) return undefined;
      parts.push(matcher);
    }
  }
  const dependsOnLength = parts.filter((part) => part === ANY_DEPTH).length > 1;
  // One `**` at the end adds nothing, since what is below a match matches, and `**` alone matches every name.
  if (!dependsOnLength && parts.at(-1) === ANY_DEPTH) {
    parts.pop();
    if (parts.length === 0) parts.push(() => true);
  }
  return { negated, parts, anchored, dependsOnLength };
}

function partMatches(part: Part | undefined, name: string | undefined): boolean {
  if (name === undefined) return false;
  return typeof part === "function" ? part(name) : part === name;
}

/** Do the parts up to `last` match with the last of them on the name at `end`? For patterns with at most one `**`. */
function endsAt(pattern: PathPattern, names: readonly string[], end: number, last: number): boolean {
  const { parts, anchored } = pattern;
  // Only an anchored pattern reaches the root, which its first part stands for.
  const lowest = anchored ? 0 : 1;
  for (let index = last, at = end; index >= 0; index--, at--) {
    if (parts[index] === ANY_DEPTH) {
      if (index === 0) return true;
      for (let from = at; from >= lowest; from--) {
        if (endsAt(pattern, names, from, index - 1)) return true;
      }
      return false;
    }
    if (at < lowest || !partMatches(parts[index], names[at])) return false;
  }
  return true;
}

/**
 * Does the pattern match anywhere? For any number of `**`, each of which, as restic does it, is given names from left
 * to right while every later one still counts as one.
 */
function matchesSomewhere({ parts, anchored }: PathPattern, names: readonly string[]): boolean {
  const fixed = parts.filter((part) => part !== ANY_DEPTH).length;
  for (let offset = anchored ? 0 : 1; offset <= (anchored ? 0 : names.length); offset++) {
    let reached = new Set([offset]);
    let later = parts.length - fixed;
    let fixedBefore = 0;
    for (const part of parts) {
      const next = new Set<number>();
      if (part === ANY_DEPTH) {
        later--;
        const limit = Math.min(names.length, names.length - fixed - later + offset + fixedBefore);
        for (let at = Math.min(...reached); at <= limit; at++) next.add(at);
      } else {
        fixedBefore++;
        for (const at of reached) if (partMatches(part, names[at])) next.add(at + 1);
      }
      reached = next;
      if (reached.size === 0) break;
    }
    if (reached.size > 0) return true;
  }
  return false;
}

/**
 * Does a pattern match the path of `name` in a folder that it does not match? Mostly not, which the name alone tells.
 * @param folder its names from `ROOT`; none for the root itself
 */
export function matchesEntry(pattern: PathPattern, folder: readonly string[], name: string): boolean {
  const { parts } = pattern;
  if (pattern.dependsOnLength) return matchesSomewhere(pattern, [...folder, name]);
  if (!partMatches(parts[parts.length - 1], name)) return false;
  if (parts.length === 1) return pattern.anchored === (folder.length === 0);
  return endsAt(pattern, folder, folder.length - 1, parts.length - 2);
}

/** Could the pattern match something below a path? A pattern that may begin anywhere always could. */
export function reachesBelow({ parts, anchored }: PathPattern, names: readonly string[]): boolean {
  if (!anchored) return true;
  for (let index = 0; index < parts.length && index < names.length; index++) {
    if (parts[index] === ANY_DEPTH) return true;
    if (!partMatches(parts[index], names[index])) return false;
  }
  return true;
}
