/**
 * Which objects of the source belong to a backup: asked in the same way by the walk and by the scan that counts ahead.
 */
import { systemErrorCode } from "@tastic/errors";
import type { BigIntStats } from "node:fs";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import { statusOf, typeOf } from "./source-files.js";

/** An object of the source, before anything is known of it. */
export interface Candidate {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The user named this very object: then no rule excludes it, and it must be there. */
  readonly isExplicit?: boolean;
  /** The device of its folder, where that is known. */
  readonly folderDevice?: bigint | undefined;
}

/** The path of an entry of a folder. */
export function pathIn(folder: string, name: string): string {
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

/**
 * The object's status; undefined if it is left out: excluded, or gone since its folder was listed.
 * Errors: the system's, but not for what is excluded by its path alone.
 */
export function examine(item: Candidate, excludes: ExcludeRules | undefined): BigIntStats | undefined {
  const { name, path, isExplicit = false, folderDevice } = item;
  const rules = isExplicit ? undefined : excludes;
  let stat: BigIntStats;
  try {
    stat = statusOf(path);
  } catch (error) {
    if (!isExplicit && systemErrorCode(error) === "ENOENT") return undefined;
    // Mounts that even root may not look at are excluded by name; that nothing else is known must not matter.
    const unknown = { path, name, type: "irregular", size: 0, deviceId: folderDevice ?? 0n } as const;
    if (folderDevice !== undefined && rules?.excludes(unknown) === true) return undefined;
    throw error;
  }
  const known = { path, name, type: typeOf(stat), size: Number(stat.size), deviceId: stat.dev };
  return rules?.excludes(known) === true ? undefined : stat;
}
