/**
 * A node as a line of `ls --json`.
 */
import { formatFileMode } from "@tastic/format";
import type { Node } from "@tastic/format";
import { goJson, joinFields } from "./go-json.js";

export function nodeJson(path: string, node: Node): string {
  const { name, type, uid, gid, size = 0, mode, mtime, atime, ctime, inode } = node;
  return joinFields({
    name: goJson(name),
    type: goJson(type),
    path: goJson(path),
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
