/**
 * Lists of patterns that choose paths, for `--exclude` and `--include` (restic's manual, "Excluding Files").
 *
 * A pattern is matched name by name against the path. `**` stands for any number of names; a leading `/` ties the
 * pattern to the root, otherwise it may begin at any depth; what lies below a match matches too. In a list, `!` before
 * a pattern takes back what earlier ones matched.
 *
 * Neighbours in a walk share their folder, so what the patterns say about a folder is kept.
 */
import { TasticError } from "@tastic/errors";
import { posix } from "node:path";
import { compileNamePattern, hasMeaning, toByteString } from "./name-pattern.js";
import type { NameMatcher } from "./name-pattern.js";

/** A name to equal, a test for one, or any number of names. */
type Part = string | NameMatcher | typeof ANY_DEPTH;

interface Pattern {
  readonly negated: boolean;
  /** The first part of an anchored pattern is `ROOT`. */
  readonly parts: readonly Part[];
  readonly anchored: boolean;
  /** With two or more `**`, a match can depend on how long the path is below it. */
  readonly dependsOnLength: boolean;
}

interface Folder {
  /** Its names, from `ROOT`. */
  readonly names: readonly string[];
  /** For each pattern, whether it matches the folder or one above. */
  readonly matched: readonly boolean[];
}

const ANY_DEPTH = Symbol("**");
const ROOT = "/";
const MAX_KEPT_FOLDERS = 4096;

/** Patterns ready for use. */
export interface PatternList {
  readonly patterns: readonly Pattern[];
  readonly insensitive: boolean;
  readonly hasNegated: boolean;
  /** By path, as folded and encoded for matching. */
  readonly folders: Map<string, Folder>;
}

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

function fold(text: string, insensitive: boolean): string {
  const bytes = toByteString(text);
  if (!insensitive) return bytes;
  return bytes === text ? text.toLowerCase() : toByteString(foldCase(text));
}

/** undefined if the pattern is malformed. */
function parsePattern(text: string, insensitive: boolean): Pattern | undefined {
  const negated = text.startsWith("!");
  const clean = posix.normalize(negated ? text.slice(1) : text);
  const names = fold(clean, insensitive).split("/");
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

/** How to read a list of patterns. */
export interface PatternOptions {
  /** Ignore case. */
  readonly insensitive?: boolean;
  /** The option that the patterns come from, for messages; "--exclude" if not given. */
  readonly flag?: string;
}

/**
 * Reads patterns; empty ones are skipped.
 * @throws TasticError invalid-argument that lists all malformed ones
 */
export function parsePatterns(texts: readonly string[], options: PatternOptions = {}): PatternList {
  const { insensitive = false, flag = "--exclude" } = options;
  const patterns: Pattern[] = [];
  const invalid: string[] = [];
  for (const text of texts) {
    if (text === "") continue;
    const pattern = parsePattern(text, insensitive);
    if (pattern === undefined) invalid.push(text);
    else patterns.push(pattern);
  }
  if (invalid.length > 0) {
    throw new TasticError(
      "invalid-argument",
      `${flag}: invalid pattern(s) provided:\n${invalid.join("\n")}`,
      {
        guidance:
          "Close every [ with a ], give it something to match, and write \\[ for the character itself.",
        data: { patterns: invalid },
      },
    );
  }
  return { patterns, insensitive, hasNegated: patterns.some(({ negated }) => negated), folders: new Map() };
}

function partMatches(part: Part | undefined, name: string | undefined): boolean {
  if (name === undefined) return false;
  return typeof part === "function" ? part(name) : part === name;
}

/** Do the parts up to `last` match with the last of them on the name at `end`? For patterns with at most one `**`. */
function endsAt(pattern: Pattern, names: readonly string[], end: number, last: number): boolean {
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
function matchesSomewhere({ parts, anchored }: Pattern, names: readonly string[]): boolean {
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

/** Does a pattern match the path of `name` in `folder`? Mostly not, which the name alone tells. */
function matchesEntry(pattern: Pattern, folder: Folder, name: string): boolean {
  const { parts } = pattern;
  if (pattern.dependsOnLength) return matchesSomewhere(pattern, [...folder.names, name]);
  if (!partMatches(parts[parts.length - 1], name)) return false;
  if (parts.length === 1) return pattern.anchored === (folder.names.length === 0);
  return endsAt(pattern, folder.names, folder.names.length - 1, parts.length - 2);
}

/** @param path of the folder, without a slash at the end; empty for the root */
function folderOf(list: PatternList, path: string): Folder {
  const kept = list.folders.get(path);
  if (kept !== undefined) return kept;
  const slash = path.lastIndexOf("/");
  const parent = slash === -1 ? { names: [], matched: [] } : folderOf(list, path.slice(0, slash));
  const name = slash === -1 ? ROOT : path.slice(slash + 1);
  const folder = {
    names: [...parent.names, name],
    matched: list.patterns.map(
      (pattern, index) => parent.matched[index] === true || matchesEntry(pattern, parent, name),
    ),
  };
  if (list.folders.size >= MAX_KEPT_FOLDERS) list.folders.clear();
  list.folders.set(path, folder);
  return folder;
}

/** An absolute path as its folder and name. */
function locate(list: PatternList, path: string): { folder: Folder; name: string } {
  const bytes = fold(path, list.insensitive);
  if (!bytes.startsWith("/"))
    throw new TasticError("internal", `patterns match absolute paths, not ${JSON.stringify(path)}`);
  const slash = bytes.lastIndexOf("/");
  return { folder: folderOf(list, bytes.slice(0, slash)), name: bytes.slice(slash + 1) };
}

/** Does the list choose this absolute path, whose parts are separated by `/`? */
export function matches(list: PatternList, path: string): boolean {
  const { patterns, hasNegated } = list;
  if (patterns.length === 0) return false;
  const { folder, name } = locate(list, path);
  let matched = false;
  for (let index = 0; index < patterns.length; index++) {
    const pattern = patterns[index];
    // What cannot change the answer is not asked.
    if (pattern === undefined || pattern.negated !== matched) continue;
    if (folder.matched[index] === true || matchesEntry(pattern, folder, name)) matched = !matched;
    if (matched && !hasNegated) return true;
  }
  return matched;
}

/** Could the pattern match something below a path? A pattern that may begin anywhere always could. */
function reachesBelow({ parts, anchored }: Pattern, names: readonly string[]): boolean {
  if (!anchored) return true;
  for (let index = 0; index < parts.length && index < names.length; index++) {
    if (parts[index] === ANY_DEPTH) return true;
    if (!partMatches(parts[index], names[index])) return false;
  }
  return true;
}

/** Whether a path is chosen, and whether anything below it may be: for lists of what to include. */
export interface PathMatch {
  readonly matches: boolean;
  readonly childMayMatch: boolean;
}

/** As `matches`, and says whether to look into the folder at `path`. */
export function matchWithChildren(list: PatternList, path: string): PathMatch {
  if (list.patterns.length === 0) return { matches: false, childMayMatch: false };
  const { folder, name } = locate(list, path);
  const names = [...folder.names, name];
  let matched = false;
  let childMayMatch = false;
  for (const [index, pattern] of list.patterns.entries()) {
    const here = folder.matched[index] === true || matchesEntry(pattern, folder, name);
    if (pattern.negated) {
      matched &&= !here;
      childMayMatch &&= !here;
    } else {
      matched ||= here;
      childMayMatch ||= reachesBelow(pattern, names);
    }
  }
  return { matches: matched, childMayMatch };
}
