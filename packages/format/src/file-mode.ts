/**
 * File modes as restic stores them: the numbers of Go's `os.FileMode`, which are not those of Unix (restic's design,
 * "Trees and Data"). A mode is an unsigned 32-bit number here, so that a folder's is positive.
 */

/** What a node of a tree is. */
export type NodeType = "file" | "dir" | "symlink" | "dev" | "chardev" | "fifo" | "socket" | "irregular";

export const MODE_DIR = 0x8000_0000;
export const MODE_SYMLINK = 0x0800_0000;
export const MODE_DEVICE = 0x0400_0000;
export const MODE_NAMED_PIPE = 0x0200_0000;
export const MODE_SOCKET = 0x0100_0000;
export const MODE_SETUID = 0x0080_0000;
export const MODE_SETGID = 0x0040_0000;
/** Always together with MODE_DEVICE. */
export const MODE_CHAR_DEVICE = 0x0020_0000;
export const MODE_STICKY = 0x0010_0000;
export const MODE_IRREGULAR = 0x0008_0000;
export const MODE_PERMISSIONS = 0o777;

const MODE_TYPE = 0x8f28_0000;

/** By the type bits of `st_mode`, shifted right by 12. */
const UNIX_TYPES: Readonly<Record<number, number>> = {
  0o01: MODE_NAMED_PIPE,
  0o02: MODE_DEVICE + MODE_CHAR_DEVICE,
  0o04: MODE_DIR,
  0o06: MODE_DEVICE,
  0o10: 0,
  0o12: MODE_SYMLINK,
  0o14: MODE_SOCKET,
};

/** The mode for a Unix `st_mode`. */
export function fileModeFromStat(unixMode: number): number {
  const type = UNIX_TYPES[(unixMode >>> 12) & 0o17] ?? MODE_IRREGULAR;
  const special =
    (unixMode & 0o4000 ? MODE_SETUID : 0) +
    (unixMode & 0o2000 ? MODE_SETGID : 0) +
    (unixMode & 0o1000 ? MODE_STICKY : 0);
  return type + special + (unixMode & MODE_PERMISSIONS);
}

/** What `chmod` takes: the permissions, setuid, setgid and sticky bits of a mode. */
export function fileModeToUnix(mode: number): number {
  return (
    (mode & MODE_PERMISSIONS) |
    (mode & MODE_SETUID ? 0o4000 : 0) |
    (mode & MODE_SETGID ? 0o2000 : 0) |
    (mode & MODE_STICKY ? 0o1000 : 0)
  );
}

const NODE_TYPES = new Map<number, NodeType>([
  [0, "file"],
  [MODE_DIR, "dir"],
  [MODE_SYMLINK, "symlink"],
  [MODE_DEVICE, "dev"],
  [MODE_DEVICE + MODE_CHAR_DEVICE, "chardev"],
  [MODE_NAMED_PIPE, "fifo"],
  [MODE_SOCKET, "socket"],
]);

/** The type of node for a mode. */
export function nodeTypeOfMode(mode: number): NodeType {
  return NODE_TYPES.get((mode & MODE_TYPE) >>> 0) ?? "irregular";
}

/** From bit 31 down, as Go shows them. */
const TYPE_LETTERS = "dalTLDpSugct?";
const PERMISSION_LETTERS = "rwxrwxrwx";

/** A mode for people, as Go's `FileMode.String` has it: "drwxr-xr-x", "Lrwxrwxrwx", "Dcrw-rw----". */
export function formatFileMode(mode: number): string {
  let text = "";
  for (let i = 0; i < TYPE_LETTERS.length; i++) if ((mode >>> (31 - i)) & 1) text += TYPE_LETTERS[i];
  if (text === "") text = "-";
  for (let i = 0; i < 9; i++) text += (mode >>> (8 - i)) & 1 ? PERMISSION_LETTERS[i] : "-";
  return text;
}
