/**
 * Owner, mode, times and attributes of everything that is restored, as columns rather than objects: they are needed
 * only after the content, and there may be a million of them.
 */
import { fileModeToUnix, parseTime } from "@tastic/format";
import type { ExtendedAttribute, Node } from "@tastic/format";
import { NumberColumn } from "./number-column.js";
import type { UserIds } from "../users.js";

export interface ItemMetadata {
  /** Permissions with setuid, setgid and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly attributes: readonly ExtendedAttribute[];
}

/** How many numbers hold an item's metadata without its attributes. */
export const METADATA_FIELDS = 7;

const NO_ATTRIBUTES: readonly ExtendedAttribute[] = [];

export class MetadataTable {
  readonly #userIds: UserIds | undefined;
  readonly #modes = NumberColumn.uint32();
  readonly #uids = NumberColumn.uint32();
  readonly #gids = NumberColumn.uint32();
  readonly #atimes = new TimeColumn();
  readonly #mtimes = new TimeColumn();
  /** Few have any. */
  readonly #attributes = new Map<number, readonly ExtendedAttribute[]>();

  /** @param userIds to look owners up by name; who has no number here keeps the one in the snapshot */
  constructor(userIds?: UserIds) {
    this.#userIds = userIds;
  }

  /** Enters a node's metadata; returns its number. */
  add(node: Node): number {
    const mtime = parseTime(node.mtime);
    this.#modes.push(fileModeToUnix(node.mode));
    this.#uids.push((node.user === undefined ? undefined : this.#userIds?.userId(node.user)) ?? node.uid);
    this.#gids.push((node.group === undefined ? undefined : this.#userIds?.groupId(node.group)) ?? node.gid);
    this.#mtimes.push(mtime);
    const row = this.#atimes.push(node.atime === node.mtime ? mtime : parseTime(node.atime));
    if (node.extendedAttributes !== undefined) this.#attributes.set(row, node.extendedAttributes);
    return row;
  }

  get(row: number): ItemMetadata {
    return {
      mode: this.#modes.get(row),
      uid: this.#uids.get(row),
      gid: this.#gids.get(row),
      atime: this.#atimes.get(row),
      mtime: this.#mtimes.get(row),
      attributes: this.attributes(row),
    };
  }

  attributes(row: number): readonly ExtendedAttribute[] {
    return this.#attributes.get(row) ?? NO_ATTRIBUTES;
  }

  /** Writes `METADATA_FIELDS` numbers, which `metadataFrom` reads: for another thread. */
  copyTo(row: number, target: Float64Array, at: number): void {
    target[at] = this.#modes.get(row);
    target[at + 1] = this.#uids.get(row);
    target[at + 2] = this.#gids.get(row);
    this.#atimes.copyTo(row, target, at + 3);
    this.#mtimes.copyTo(row, target, at + 5);
  }
}

/** An item's metadata without its attributes, of numbers that `MetadataTable.copyTo` wrote. */
export function metadataFrom(numbers: Float64Array, at: number): ItemMetadata {
  const [mode = 0, uid = 0, gid = 0, atime = 0, atimeRest = 0, mtime = 0, mtimeRest = 0] = numbers.subarray(
    at,
    at + METADATA_FIELDS,
  );
  return {
    mode,
    uid,
    gid,
    atime: joinTime(atime, atimeRest),
    mtime: joinTime(mtime, mtimeRest),
    attributes: NO_ATTRIBUTES,
  };
}

function joinTime(microseconds: number, rest: number): bigint {
  return BigInt(microseconds) * 1000n + BigInt(rest);
}

/** Times as whole microseconds, which a number holds exactly until the year 2255, and the nanoseconds beyond. */
class TimeColumn {
  readonly #microseconds = NumberColumn.float64();
  readonly #rests = NumberColumn.uint32();

  push(time: bigint): number {
    const rest = ((time % 1000n) + 1000n) % 1000n;
    this.#rests.push(Number(rest));
    return this.#microseconds.push(Number((time - rest) / 1000n));
  }

  get(row: number): bigint {
    return joinTime(this.#microseconds.get(row), this.#rests.get(row));
  }

  copyTo(row: number, target: Float64Array, at: number): void {
    target[at] = this.#microseconds.get(row);
    target[at + 1] = this.#rests.get(row);
  }
}
