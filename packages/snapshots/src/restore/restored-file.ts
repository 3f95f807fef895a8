/**
 * Opening the files that a restore writes: made anew, or regular files that were looked at; links are never followed. A
 * file that was closed in between is opened again only if it is the same one.
 */
import { systemErrorCode } from "@tastic/errors";
import { closeSync, constants, fstatSync, ftruncateSync, openSync } from "node:fs";
import { clearPath } from "./remove-tree.js";
import { systemPath } from "../backup/source-files.js";

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const REOPEN = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Only the owner has a part in a file until its metadata is set. */
const FIRST_MODE = 0o600;

/** Which file of the system it is. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/** How a file is begun. */
export interface FileStart {
  /** Whether the file that is there, whose content was compared, is kept and corrected rather than replaced. */
  readonly isExisting: boolean;
  /** The length to give it; -1 for a new file that gets it from its only blob. */
  readonly length: number;
  /** Whether a folder in its place may go with all that is in it. */
  readonly mayDelete: boolean;
}

/** Opens a file for the first time. @throws system errors, and Error if something else is there by now */
export function beginFile(path: string, { isExisting, length, mayDelete }: FileStart): number {
  const fd = isExisting ? openExisting(path) : createFile(path, mayDelete);
  if (length < 0) return fd;
  try {
    ftruncateSync(fd, length);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Opens a file that was begun and closed. @throws system errors, and Error if something else is there by now */
export function reopenFile(path: string, { device, inode }: FileIdentity): number {
  const fd = openSync(systemPath(path), REOPEN);
  const { dev, ino } = fstatSync(fd);
  if (dev === device && ino === inode) return fd;
  closeSync(fd);
  throw replaced(path);
}

export function identityOf(fd: number): FileIdentity {
  const { dev, ino } = fstatSync(fd);
  return { device: dev, inode: ino };
}

/** Makes a file; what is in its place is removed, a folder only if it is empty or everything may go. */
function createFile(path: string, mayDelete: boolean): number {
  const name = systemPath(path);
  try {
    return openSync(name, CREATE, FIRST_MODE);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
    clearPath(path, mayDelete);
    return openSync(name, CREATE, FIRST_MODE);
  }
}

/** Opens a file whose content was compared, and that must still be a file of one name. */
function openExisting(path: string): number {
  const fd = openSync(systemPath(path), REOPEN);
  const status = fstatSync(fd);
  if (status.isFile() && status.nlink === 1) return fd;
  closeSync(fd);
  throw replaced(path);
}

function replaced(path: string): Error {
  return new Error(`${path} was replaced by something else meanwhile`);
}
