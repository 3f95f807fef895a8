/**
 * A node as a line of `ls`.
 */
import { formatFileMode } from "@tastic/format";
import type { Node } from "@tastic/format";
import { formatBytes } from "@tastic/snapshots";
import { formatLocalTime } from "./local-time.js";

/** Mode, owner, size, time and path, as `ls -l` has them. */
export function longLine(path: string, node: Node, humanReadable: boolean): string {
  const { mode, uid, gid, size = 0, mtime, type, linkTarget = "" } = node;
  const shownSize = humanReadable ? formatBytes(size) : String(size).padStart(6);
  const target = type === "symlink" ? ` -> ${linkTarget}` : "";
  const owner = `${String(uid).padStart(5)} ${String(gid).padStart(5)}`;
  return `${formatFileMode(mode)} ${owner} ${shownSize} ${formatLocalTime(mtime)} ${path}${target}`;
}
