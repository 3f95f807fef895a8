/**
 * Whether two nodes are the same in all that a backup keeps of them: what restic shows as "U" if they are not.
 */
import { parseTime } from "@tastic/format";
import type { ExtendedAttribute, Node } from "@tastic/format";

const FIELDS = [
  "name",
  "type",
  "mode",
  "uid",
  "gid",
  "user",
  "group",
  "inode",
  "deviceId",
  "size",
  "links",
  "linkTarget",
  "device",
  "subtree",
  "error",
] as const satisfies readonly (keyof Node)[];
const TIMES = ["mtime", "atime", "ctime"] as const;

export function equalNodes(a: Node, b: Node): boolean {
  return equalMetadata(a, b) && equalContents(a.content, b.content);
}

/** Are they the same but for the content? */
export function equalMetadata(a: Node, b: Node): boolean {
  return (
    FIELDS.every((field) => a[field] === b[field]) &&
    // The same instant may be written with another offset.
    TIMES.every((time) => a[time] === b[time] || parseTime(a[time]) === parseTime(b[time])) &&
    equalAttributes(a.extendedAttributes ?? [], b.extendedAttributes ?? []) &&
    equalRecords(a.genericAttributes ?? {}, b.genericAttributes ?? {})
  );
}

export function equalContents(a: Node["content"], b: Node["content"]): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** Their order has no meaning. */
export function equalAttributes(a: readonly ExtendedAttribute[], b: readonly ExtendedAttribute[]): boolean {
  const others = new Map(b.map(({ name, value }) => [name, value]));
  return (
    a.length === b.length &&
    a.every(({ name, value }) => {
      const other = others.get(name);
      return other !== undefined && Buffer.compare(value, other) === 0;
    })
  );
}

function equalRecords(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
