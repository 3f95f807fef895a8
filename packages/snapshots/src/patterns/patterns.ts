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
import { foldPath, matchesEntry, parsePathPattern, reachesBelow, ROOT } from "./path-pattern.js";
import type { PathPattern } from "./path-pattern.js";

interface Folder {
  /** Its names, from `ROOT`. */
  readonly names: readonly string[];
  /** For each pattern, whether it matches the folder or one above. */
  readonly matched: readonly boolean[];
}

const MAX_KEPT_FOLDERS = 4096;

/** Patterns ready for use. */
export interface PatternList {
  readonly patterns: readonly PathPattern[];
  readonly insensitive: boolean;
  readonly hasNegated: boolean;
  /** By path, as folded and encoded for matching. */
  readonly folders: Map<string, Folder>;
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
  const patterns: PathPattern[] = [];
  const invalid: string[] = [];
  for (const text of texts) {
    if (text === "") continue;
    const pattern = parsePathPattern(text, insensitive);
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
      (pattern, index) => parent.matched[index] === true || matchesEntry(pattern, parent.names, name),
    ),
  };
  if (list.folders.size >= MAX_KEPT_FOLDERS) list.folders.clear();
  list.folders.set(path, folder);
  return folder;
}

/** An absolute path as its folder and name. */
function locate(list: PatternList, path: string): { folder: Folder; name: string } {
  const bytes = foldPath(path, list.insensitive);
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
    if (folder.matched[index] === true || matchesEntry(pattern, folder.names, name)) matched = !matched;
    if (matched && !hasNegated) return true;
  }
  return matched;
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
    const here = folder.matched[index] === true || matchesEntry(pattern, folder.names, name);
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
