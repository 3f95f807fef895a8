/**
 * Has a file changed since the parent snapshot? By size, modification time, change time and inode, as restic asks.
 */
import { encodeNode, parseTime } from "@tastic/format";
import type { Node } from "@tastic/format";

export interface ChangeOptions {
  readonly ignoreCtime: boolean;
  /** Ignoring the inode ignores the change time too, which moves whenever a file is copied. */
  readonly ignoreInode: boolean;
}

/** Must the file that `node` describes be read, given its node in the parent snapshot? */
export function fileChanged(node: Node, previous: Node | undefined, options: ChangeOptions): boolean {
  if (previous === undefined || previous.type !== "file") return true;
  if (node.size !== (previous.size ?? 0) || !sameTime(node.mtime, previous.mtime)) return true;
  const { ignoreInode } = options;
  if (!ignoreInode && !options.ignoreCtime && !sameTime(node.ctime, previous.ctime)) return true;
  // An inode of 0 is not stored.
  return !ignoreInode && (node.inode ?? 0n) !== (previous.inode ?? 0n);
}

/** Do two nodes say the same of everything? Times count as instants, whatever their zone. */
export function sameNode(a: Node, b: Node): boolean {
  if (encodeNode(a) === encodeNode(b)) return true;
  if (!sameTime(a.mtime, b.mtime) || !sameTime(a.atime, b.atime) || !sameTime(a.ctime, b.ctime)) return false;
  const { mtime, atime, ctime } = a;
  return encodeNode(a) === encodeNode({ ...b, mtime, atime, ctime });
}

function sameTime(a: string, b: string): boolean {
  return a === b || parseTime(a) === parseTime(b);
}
