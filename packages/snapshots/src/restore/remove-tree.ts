/**
 * Removing files and folders, never through a link.
 */
import { systemErrorCode } from "@tastic/errors";
import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { listFolder, systemPath } from "../backup/source-files.js";

export type RemovedKind = "file" | "dir" | "other";

/** What is at a path, links not followed; undefined if nothing is. */
export function statusIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(systemPath(path));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes what is at a path, and with `recursive` all that is in it; nothing there is fine. @throws system errors */
export function clearPath(path: string, recursive: boolean): void {
  const status = statusIfThere(path);
  if (status === undefined) return;
  if (!status.isDirectory()) unlinkSync(systemPath(path));
  else if (recursive) removeTree(path, true);
  else rmdirSync(systemPath(path));
}

/**
 * Removes what is at a path with all that is in it, what is in a folder first.
 * @param really false to only tell what would be removed
 * @throws system errors; what was removed before stays so
 */
export function removeTree(
  path: string,
  really: boolean,
  onRemoved?: (path: string, kind: RemovedKind) => void,
): void {
  const status = statusIfThere(path);
  if (status === undefined) return;
  const isFolder = status.isDirectory();
  if (isFolder) for (const name of listFolder(path)) removeTree(`${path}/${name}`, really, onRemoved);
  if (really && isFolder) rmdirSync(systemPath(path));
  else if (really) unlinkSync(systemPath(path));
  onRemoved?.(path, isFolder ? "dir" : status.isFile() ? "file" : "other");
}
