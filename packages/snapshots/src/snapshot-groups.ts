/**
 * Snapshots by host, paths and tags: `--group-by` of snapshots, forget and backup (restic's manual, "Removing snapshots
 * according to a policy").
 */
import { TasticError } from "@tastic/errors";
import { compareNames, jsonString, jsonStrings } from "@tastic/format";
import { compareSnapshots } from "./snapshot-lookup.js";
import type { StoredSnapshot } from "./stored-snapshot.js";

/** What the snapshots of a group have in common. */
export interface GroupBy {
  readonly host: boolean;
  readonly paths: boolean;
  readonly tags: boolean;
}

/** What the snapshots of a group have in common; what was not asked for is empty or null, as restic's JSON has it. */
export interface SnapshotGroupKey {
  readonly hostname: string;
  /** Sorted. */
  readonly paths: readonly string[] | null;
  /** Sorted; null also for snapshots without tags. */
  readonly tags: readonly string[] | null;
}

/** Snapshots that belong together. */
export interface SnapshotGroup {
  readonly key: SnapshotGroupKey;
  /** Oldest first. */
  readonly snapshots: readonly StoredSnapshot[];
}

/** How forget and backup group if nobody says otherwise. */
export const GROUP_BY_HOST_AND_PATHS: GroupBy = { host: true, paths: true, tags: false };

const WORDS = new Map<string, keyof GroupBy>([
  ["host", "host"],
  ["hosts", "host"],
  ["path", "paths"],
  ["paths", "paths"],
  ["tag", "tags"],
  ["tags", "tags"],
]);

/**
 * Reads "host,paths"; empty for no grouping.
 * @throws TasticError invalid-argument
 */
export function parseGroupBy(text: string): GroupBy {
  const groupBy = { host: false, paths: false, tags: false };
  for (const word of text.split(",")) {
    const field = WORDS.get(word);
    if (field !== undefined) groupBy[field] = true;
    else if (word !== "") {
      throw new TasticError("invalid-argument", `unknown grouping option: ${JSON.stringify(word)}`, {
        guidance: "Give any of host, paths and tags, with commas between them and no spaces.",
      });
    }
  }
  return groupBy;
}

/** Is there anything to group by? */
export function isGrouping({ host, paths, tags }: GroupBy): boolean {
  return host || paths || tags;
}

/** The key as JSON, byte for byte as restic writes it. */
export function encodeGroupKey({ hostname, paths, tags }: SnapshotGroupKey): string {
  const list = (texts: readonly string[] | null): string => (texts === null ? "null" : jsonStrings(texts));
  return `{"hostname":${jsonString(hostname)},"paths":${list(paths)},"tags":${list(tags)}}`;
}

/** The key in messages: "host vm, path [/a /b], tags [x y]". */
export function describeGroupKey({ hostname, paths, tags }: SnapshotGroupKey): string {
  const parts: string[] = [];
  if (hostname !== "") parts.push(`host ${hostname}`);
  if (paths?.length) parts.push(`path [${paths.join(" ")}]`);
  if (tags?.length) parts.push(`tags [${tags.join(" ")}]`);
  return parts.join(", ");
}

/** The line above a group's table: "snapshots for (host [vm], tags [x, y], paths [/a, /b]):"; none for an empty key. */
export function formatGroupHeader({ hostname, paths, tags }: SnapshotGroupKey): string | undefined {
  const parts: string[] = [];
  if (hostname !== "") parts.push(`host [${hostname}]`);
  if (tags !== null) parts.push(`tags [${tags.join(", ")}]`);
  if (paths !== null) parts.push(`paths [${paths.join(", ")}]`);
  return parts.length === 0 ? undefined : `snapshots for (${parts.join(", ")}):`;
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort(compareNames);
}

/** As grouping leaves a snapshot in restic's output: paths are sorted, and tags if they were grouped by. */
function withSortedLists(snapshot: StoredSnapshot, groupBy: GroupBy): StoredSnapshot {
  const paths = sorted(snapshot.paths);
  return groupBy.tags && snapshot.tags
    ? { ...snapshot, paths, tags: sorted(snapshot.tags) }
    : { ...snapshot, paths };
}

/**
 * Puts snapshots into groups; a single one if there is nothing to group by. restic shows groups in any order, here it
 * is that of their keys as JSON.
 */
export function groupSnapshots(snapshots: readonly StoredSnapshot[], groupBy: GroupBy): SnapshotGroup[] {
  const groups = new Map<string, { key: SnapshotGroupKey; snapshots: StoredSnapshot[] }>();
  for (const stored of [...snapshots].sort(compareSnapshots)) {
    const one = withSortedLists(stored, groupBy);
    const { hostname = "", paths, tags = [] } = one;
    const key: SnapshotGroupKey = {
      hostname: groupBy.host ? hostname : "",
      paths: groupBy.paths ? paths : null,
      tags: groupBy.tags && tags.length > 0 ? tags : null,
    };
    const text = encodeGroupKey(key);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { key, snapshots: [one] });
    else group.snapshots.push(one);
  }
  return [...groups].sort(([a], [b]) => compareNames(a, b)).map(([, group]) => group);
}

/** The newest `count` of each group; all if `count` is not positive. */
export function latestPerGroup(groups: readonly SnapshotGroup[], count: number): SnapshotGroup[] {
  return groups.map(({ key, snapshots }) => ({
    key,
    snapshots: count > 0 ? snapshots.slice(-count) : snapshots,
  }));
}

/** `--latest` without `--group-by`: the newest `count` for each host and paths, oldest first. */
export function latestPerHostAndPaths(snapshots: readonly StoredSnapshot[], count: number): StoredSnapshot[] {
  const groups = latestPerGroup(groupSnapshots(snapshots, GROUP_BY_HOST_AND_PATHS), count);
  return groups.flatMap((group) => group.snapshots).sort(compareSnapshots);
}
