/**
 * What the `.gitignore` files of the source leave out: `--exclude-gitignore` (gitignore(5); `git check-ignore --no-index`
 * answers the same). The files that count are those in the targets of the backup and below them. A folder with a `.git`
 * in it is a repository of its own: what is ignored around it says nothing of what is in it. `.git` and all it holds stay,
 * since git's patterns never mean it: it is the history.
 */
import { messageOf, systemErrorCode } from "@tastic/errors";
import ignore from "ignore";
import type { Ignore } from "ignore";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { posix } from "node:path";
import { pathIn } from "../backup/source-items.js";
import { systemPath } from "../backup/source-files.js";
import { decodeText } from "./text-file.js";

/** git itself reads no larger one. */
const MAX_LENGTH = 100 << 20;
/** Levels of folders that are remembered. */
const MAX_KEPT_FOLDERS = 4096;
/** The library keeps each answer; beyond so many it is made anew. */
const MAX_ANSWERS = 16_384;
/** Where git, too, takes names of any case for the same. */
const IGNORE_CASE = process.platform === "darwin" || process.platform === "win32";

export interface GitignoreRule {
  excludes(item: { readonly path: string; readonly name: string; readonly type: string }): boolean;
}

/** What holds for the entries of a folder. */
interface Level {
  /** Where the patterns count from; absolute. */
  readonly base: string;
  /** The patterns of the base and of each folder down to here; undefined if there are none. */
  readonly patterns: Patterns | undefined;
}

/** Patterns, all relative to one base. */
class Patterns {
  #matcher: Ignore;
  #answers = 0;

  constructor(outer: Patterns | undefined, lines: readonly string[]) {
    this.#matcher = ignore({ ignorecase: IGNORE_CASE });
    if (outer !== undefined) this.#matcher.add(outer.#matcher);
    this.#matcher.add(lines);
  }

  /** @param path relative to the base, with a slash behind it for a folder */
  ignores(path: string): boolean {
    if (++this.#answers > MAX_ANSWERS) {
      this.#matcher = ignore({ ignorecase: IGNORE_CASE }).add(this.#matcher);
      this.#answers = 0;
    }
    return this.#matcher.ignores(path);
  }
}

/**
 * @param targets absolute paths of the targets
 * @param warn is told of files that cannot be read; then they count for nothing
 */
export function createGitignoreRule(
  targets: readonly string[],
  warn: (message: string) => void,
): GitignoreRule {
  const tops = new Set(targets);
  const levels = new Map<string, Level | undefined>();

  /** Undefined inside of `.git`, and outside of all targets. */
  const levelOf = (folder: string): Level | undefined => {
    if (levels.has(folder)) return levels.get(folder);
    const isTop = tops.has(folder);
    const outer = isTop || folder === "/" ? undefined : levelOf(posix.dirname(folder));
    const isOutside = !isTop && outer === undefined;
    const level = isOutside || posix.basename(folder) === ".git" ? undefined : makeLevel(folder, outer, warn);
    if (levels.size >= MAX_KEPT_FOLDERS) levels.clear();
    levels.set(folder, level);
    return level;
  };

  return {
    excludes({ path, name, type }) {
      if (name === ".git") return false;
      const level = levelOf(posix.dirname(path));
      if (level?.patterns === undefined) return false;
      const inner = below(level.base, path);
      return level.patterns.ignores(type === "dir" ? `${inner}/` : inner);
    },
  };
}

function makeLevel(folder: string, outer: Level | undefined, warn: (message: string) => void): Level {
  const begins = outer === undefined || exists(pathIn(folder, ".git"));
  const base = begins ? folder : outer.base;
  const inherited = begins ? undefined : outer.patterns;
  const lines = readLines(pathIn(folder, ".gitignore"), warn);
  const prefix = folder === base ? "" : `/${escaped(below(base, folder))}/`;
  const own = lines.flatMap((line) => rebased(line, prefix));
  return { base, patterns: own.length === 0 ? inherited : new Patterns(inherited, own) };
}

/** `path` as its base sees it. */
function below(base: string, path: string): string {
  return path.slice(base.endsWith("/") ? base.length : base.length + 1);
}

function exists(path: string): boolean {
  try {
    lstatSync(systemPath(path));
    return true;
  } catch {
    // What cannot be looked at is no repository that git could read either.
    return false;
  }
}

/** The pattern of a line, so that it means the same when it stands in the base. */
function rebased(line: string, prefix: string): string[] {
  if (prefix === "" || line === "" || line.startsWith("#")) return [line];
  const negation = line.startsWith("!") ? "!" : "";
  // Only at the beginning of a line must these two be escaped.
  const body = line.slice(negation.length).replace(/^\\([!#])/, "$1");
  const pattern = body.replace(/(?<!\\) +$/, "");
  if (pattern === "" || pattern === "/") return [];
  const isAnchored = pattern.slice(0, -1).includes("/");
  return [`${negation}${prefix}${isAnchored ? body.replace(/^\//, "") : `**/${body}`}`];
}

/** A name as a pattern that means only it. */
function escaped(path: string): string {
  return path.replace(/[\\*?[\] ]/g, String.raw`\$&`);
}

/** The lines of a file; none if it is not there, or no file. As git does, links are not followed. */
function readLines(path: string, warn: (message: string) => void): string[] {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for ever.
    file = openSync(systemPath(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const reason = systemErrorCode(error) === "ELOOP" ? "it is a link" : messageOf(error);
    if (systemErrorCode(error) !== "ENOENT") warn(`${path} is not honoured: ${reason}`);
    return [];
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return [];
    if (stat.size > MAX_LENGTH) {
      warn(`${path} is not honoured: it is longer than ${MAX_LENGTH} bytes`);
      return [];
    }
    return decodeText(readUpTo(file, stat.size)).split(/\r?\n/);
  } catch (error) {
    warn(`${path} is not honoured: ${messageOf(error)}`);
    return [];
  } finally {
    closeSync(file);
  }
}

function readUpTo(file: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const read = readSync(file, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
