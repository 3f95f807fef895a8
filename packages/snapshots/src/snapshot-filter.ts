/**
 * Which snapshots a command is about, by host, tags and paths: `--host`, `--tag`, `--path` (restic's manual, "Working
 * with repositories").
 */
import type { Snapshot } from "@tastic/format";
import { resolve } from "node:path";
import { trimSpace } from "./patterns/text-file.js";

/** Which snapshots are meant: all three have to fit. */
export interface SnapshotFilter {
  /** One of these; any host if empty. */
  readonly hosts: readonly string[];
  /** All tags of one of these lists; any tags if empty. The empty tag stands for having none. */
  readonly tags: readonly (readonly string[])[];
  /** All of these, exactly as the snapshot names them; any paths if empty. */
  readonly paths: readonly string[];
}

/** What snapshots are chosen by. */
export type FilterableSnapshot = Pick<Snapshot, "hostname" | "tags" | "paths">;

/** The tags of one `--tag a,b`. */
export function parseTagList(text: string): string[] {
  return text.split(",").map(trimSpace);
}

/** A filter out of options; a single empty host, which takes back a default, stands for any. */
export function createSnapshotFilter(options: Partial<SnapshotFilter> = {}): SnapshotFilter {
  const { hosts = [], tags = [], paths = [] } = options;
  return { hosts: hosts.length === 1 && hosts[0] === "" ? [] : hosts, tags, paths };
}

/** Does the filter let everything through? */
export function isEmptyFilter({ hosts, tags, paths }: SnapshotFilter): boolean {
  return hosts.length + tags.length + paths.length === 0;
}

/** The filter with paths made absolute. restic does so only where it looks for the latest snapshot. */
export function withAbsolutePaths(filter: SnapshotFilter): SnapshotFilter {
  return { ...filter, paths: filter.paths.map((path) => resolve(path)) };
}

/** Has a snapshot with tags `own` all that are wanted? */
export function hasTags(own: readonly string[], wanted: readonly string[]): boolean {
  for (const tag of wanted) {
    // As restic does it: an empty tag settles the matter, so it counts for the tags after it, too.
    if (tag === "" && own.length === 0) return true;
    if (!own.includes(tag)) return false;
  }
  return true;
}

/** Does the filter let a snapshot through? */
export function matchesFilter(snapshot: FilterableSnapshot, { hosts, tags, paths }: SnapshotFilter): boolean {
  return (
    (hosts.length === 0 || hosts.includes(snapshot.hostname ?? "")) &&
    (tags.length === 0 || tags.some((list) => hasTags(snapshot.tags ?? [], list))) &&
    paths.every((path) => snapshot.paths.includes(path))
  );
}

/** The filter as messages show it: "Paths:[/a /b] Tags:[[x, y] [z]] Hosts:[h]". */
export function describeFilter({ hosts, tags, paths }: SnapshotFilter): string {
  const tagLists = tags.map((list) => `[${list.join(", ")}]`).join(" ");
  return `Paths:[${paths.join(" ")}] Tags:[${tagLists}] Hosts:[${hosts.join(" ")}]`;
}
