/**
 * Reading patterns, with restic's words where that fails: a malformed pattern is fatal, a file that cannot be read is
 * just said to be.
 */
import { isTasticError } from "@tastic/errors";
import { loadPatterns } from "@tastic/snapshots";
import type { PatternList, PatternSources } from "@tastic/snapshots";
import type { Environment } from "./environment.js";
import { orPlain } from "./text-error.js";

type Values = readonly string[];

/** What the flags say that choose what is left out. */
export interface ExcludeValues {
  readonly exclude: Values;
  readonly iexclude: Values;
  readonly excludeFile: Values;
  readonly iexcludeFile: Values;
}

/** And those that choose what is taken. */
export interface IncludeValues {
  readonly include: Values;
  readonly iinclude: Values;
  readonly includeFile: Values;
  readonly iincludeFile: Values;
}

export function hasExcludes(given: ExcludeValues): boolean {
  return isAnyGiven(excludeSources(given));
}

export function hasIncludes(given: IncludeValues): boolean {
  return isAnyGiven(includeSources(given));
}

/** Errors: `invalid-argument`. */
export function readExcludes(given: ExcludeValues, { all }: Environment): Promise<PatternList[]> {
  return plainIfUnread(loadPatterns("exclude", excludeSources(given), all));
}

/** Errors: `invalid-argument`. */
export function readIncludes(given: IncludeValues, { all }: Environment): Promise<PatternList[]> {
  return plainIfUnread(loadPatterns("include", includeSources(given), all));
}

export function excludeSources(given: ExcludeValues): Required<PatternSources> {
  return {
    patterns: given.exclude,
    insensitivePatterns: given.iexclude,
    files: given.excludeFile,
    insensitiveFiles: given.iexcludeFile,
  };
}

function includeSources(given: IncludeValues): Required<PatternSources> {
  return {
    patterns: given.include,
    insensitivePatterns: given.iinclude,
    files: given.includeFile,
    insensitiveFiles: given.iincludeFile,
  };
}

function isAnyGiven(sources: Required<PatternSources>): boolean {
  return Object.values(sources).some((values: Values) => values.length > 0);
}

/** The same result; the error of a file that cannot be read loses its "Fatal: ". */
export async function plainIfUnread<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const unread = isTasticError(error) && error.data["problem"] === "unread-patterns";
    if (!unread) throw error;
    return orPlain(Promise.reject<T>(error));
  }
}
