/**
 * Nodes as JSON: a line of `ls --json`, and a match of `find --json`, which has other fields.
 */
import { formatFileMode, jsonString } from "@tastic/format";
import type { Node } from "@tastic/format";
import { goJson, joinFields } from "./go-json.js";

export function nodeJson(path: string, node: Node): string {
  const { name, type, uid, gid, size = 0, mode, mtime, atime, ctime, inode } = node;
  return joinFields({
    name: jsonString(name),
    type: goJson(type),
    path: jsonString(path),
    uid: String(uid),
    gid: String(gid),
    size: type === "file" ? String(size) : undefined,
    mode: mode === 0 ? undefined : String(mode),
    permissions: goJson(formatFileMode(mode)),
    mtime: goJson(mtime),
    atime: goJson(atime),
    ctime: goJson(ctime),
    inode: inode === undefined || inode === 0n ? undefined : String(inode),
    message_type: '"node"',
    struct_type: '"node"',
  });
}

export function matchJson(path: string, node: Node): string {
  const { type, mode, mtime, atime, ctime, uid, gid, user, group, inode, deviceId, size, links } = node;
  const { linkTarget, error } = node;
  return joinFields({
    path: jsonString(path),
    permissions: goJson(formatFileMode(mode)),
    type: goJson(type),
    mode: number(mode),
    mtime: goJson(mtime),
    atime: goJson(atime),
    ctime: goJson(ctime),
    uid: String(uid),
    gid: String(gid),
    user: text(user),
    group: text(group),
    inode: number(inode),
    device_id: number(deviceId),
    size: number(size),
    links: number(links),
    linktarget: text(linkTarget),
    error: text(error),
  });
}

/** Left out where it is zero. */
function number(value: number | bigint | undefined): string | undefined {
  return value ? String(value) : undefined;
}

/** Left out where it is empty. */
function text(value: string | undefined): string | undefined {
  return value ? jsonString(value) : undefined;
}
