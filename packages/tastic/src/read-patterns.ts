/**
 * Reading patterns, with restic's words where that fails: a malformed pattern is fatal, a file that cannot be read is
 * just said to be.
 */
import { isTasticError } from "@tastic/errors";
import { loadPatterns } from "@tastic/snapshots";
import type { PatternList, PatternSources } from "@tastic/snapshots";
import { orPlain } from "./text-error.js";

/** Errors: `invalid-argument`. */
export function readPatterns(kind: "exclude" | "include", sources: PatternSources): Promise<PatternList[]> {
  return plainIfUnread(loadPatterns(kind, sources));
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
