/**
 * Nodes: the entries of a directory, with their metadata and content (restic's design, "Trees and Data").
 */
import type { NodeType } from "./file-mode.js";
import type { BlobId } from "./ids.js";

/** An extended attribute. */
export interface ExtendedAttribute {
  /** As text: restic does not keep bytes of it that are not UTF-8. */
  readonly name: string;
  readonly value: Uint8Array;
}

/** An entry of a directory. What restic leaves out when it is zero or empty may be undefined here. */
export interface Node {
  /** As it is in the file system; see `names.ts` for bytes that are not UTF-8. */
  readonly name: string;
  readonly type: NodeType;
  /** As Go's `os.FileMode`; see `file-mode.ts`. */
  readonly mode: number;
  /** RFC 3339 with the offset that the writer's time zone had; see `go-time.ts`. */
  readonly mtime: string;
  readonly atime: string;
  readonly ctime: string;
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly inode?: bigint | undefined;
  /** `st_dev`: together with `inode`, it tells which names are the same file. */
  readonly deviceId?: bigint | undefined;
  /** Bytes of a file's content. */
  readonly size?: number | undefined;
  /** How many names the file has. */
  readonly links?: bigint | undefined;
  /** In the same form as `name`. */
  readonly linkTarget?: string | undefined;
  readonly extendedAttributes?: readonly ExtendedAttribute[] | undefined;
  /** What only some systems have, for example "windows.file_attributes": JSON texts by name. */
  readonly genericAttributes?: Readonly<Record<string, string>> | undefined;
  /** `st_rdev` of a device node. */
  readonly device?: bigint | undefined;
  /** The chunks of a file in order; null for whatever has no content. */
  readonly content: readonly BlobId[] | null;
  /** The tree of a directory. */
  readonly subtree?: BlobId | undefined;
  /** What went wrong when this was backed up by a restic of old. */
  readonly error?: string | undefined;
}
