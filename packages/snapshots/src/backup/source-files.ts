/**
 * The file system that is backed up, with names as `@tastic/format` holds them: strings in which bytes that are not
 * UTF-8 are lone surrogates. Synchronous: for walking, a call to the system costs less than waiting for one.
 */
import {
  compareNames,
  decodeName,
  encodeName,
  fileModeFromStat,
  formatTime,
  hasInvalidBytes,
} from "@tastic/format";
import type { Node, NodeType } from "@tastic/format";
import { constants, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import type { BigIntStats, PathLike } from "node:fs";
import type { UserNames } from "../users.js";

/** A path as the system's calls take it. */
export function systemPath(path: string): PathLike {
  return hasInvalidBytes(path) ? encodeName(path) : path;
}

/** The names in a folder, in the order of a tree. */
export function listFolder(path: string): string[] {
  let names = readdirSync(systemPath(path));
  // Node puts U+FFFD where bytes are not UTF-8; then only the bytes themselves tell the names.
  if (names.some((name) => name.includes("\ufffd"))) {
    names = readdirSync(systemPath(path), { encoding: "buffer" }).map(decodeName);
  }
  return names.sort(compareNames);
}

export function statusOf(path: string): BigIntStats {
  return lstatSync(systemPath(path), { bigint: true });
}

/** The status of what a link leads to, for folders above a target: there the user followed the link. */
export function statusOfTarget(path: string): BigIntStats {
  return statSync(systemPath(path), { bigint: true });
}

export function linkTarget(path: string): string {
  return decodeName(readlinkSync(systemPath(path), { encoding: "buffer" }));
}

/** By the bits of the mode that tell the type: S_IFMT of stat(2). */
const TYPE_BITS = 0o170000;
const TYPES = new Map<number, NodeType>([
  [constants.S_IFREG, "file"],
  [constants.S_IFDIR, "dir"],
  [constants.S_IFLNK, "symlink"],
  [constants.S_IFBLK ?? 0o060000, "dev"],
  [constants.S_IFCHR, "chardev"],
  [constants.S_IFIFO ?? 0o010000, "fifo"],
  [constants.S_IFSOCK ?? 0o140000, "socket"],
]);

export function typeOf({ mode }: BigIntStats): NodeType {
  return TYPES.get(Number(mode) & TYPE_BITS) ?? "irregular";
}

/** What a node is made of beside the status. */
export interface NodeOptions {
  readonly users: UserNames;
  readonly withAtime: boolean;
}

/** The node of a file-system object, without content, subtree and extended attributes. */
export function nodeFromStatus(name: string, path: string, stat: BigIntStats, options: NodeOptions): Node {
  const type = typeOf(stat);
  const uid = Number(stat.uid);
  const gid = Number(stat.gid);
  const mtime = formatTime(stat.mtimeNs);
  const isDevice = type === "dev" || type === "chardev";
  return {
    name,
    type,
    mode: fileModeFromStat(Number(stat.mode)),
    mtime,
    atime: options.withAtime ? formatTime(stat.atimeNs) : mtime,
    ctime: formatTime(stat.ctimeNs),
    uid,
    gid,
    user: options.users.userName(uid),
    group: options.users.groupName(gid),
    inode: stat.ino,
    deviceId: stat.dev,
    size: type === "file" ? Number(stat.size) : undefined,
    links: type === "file" || type === "symlink" || isDevice ? stat.nlink : undefined,
    linkTarget: type === "symlink" ? linkTarget(path) : undefined,
    device: isDevice ? stat.rdev : undefined,
    content: type === "file" ? [] : null,
  };
}
