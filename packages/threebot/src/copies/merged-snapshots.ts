/**
 * The snapshots of a place over all its copies. A snapshot keeps where it comes from in `original`, through copying and
 * through changes of its tags, so that it is the same one wherever it lies and whatever its id is there.
 */
import { applyPolicy, type KeepPolicy, type Snapshot, type StoredSnapshot } from "tastic";
import type { OwnedSnapshot, Retention } from "../owner/service.js";

export const programVersion = "3bot-backup 0.1.0";

/** Was it made by a 3Bot of ours, of whichever version? */
export function isOurs({ programVersion: by }: Snapshot): boolean {
  return by?.startsWith("3bot-backup ") ?? false;
}

export const pinnedTag = "pinned";
/** Not all that was to be backed up could be read. */
export const incompleteTag = "incomplete";
/** Made before a restore wrote over what was there. */
export const safetyTag = "safety";
/** Of the tag of a job's snapshots, which has the job's name behind it. */
export const jobTagBegin = "job:";
/** So many of those stay. */
const safetyKept = 3;

export interface MergedSnapshot {
  /** The same in all copies. */
  readonly key: string;
  /** As it is in the first copy that has it. */
  readonly snapshot: StoredSnapshot;
  /** What it is in each copy; more than one where a change of tags was interrupted. */
  readonly inCopies: ReadonlyMap<string, readonly StoredSnapshot[]>;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface CopySnapshots {
  readonly id: string;
  readonly snapshots: readonly StoredSnapshot[];
}

export function keyOf(snapshot: StoredSnapshot): string {
  return snapshot.original ?? snapshot.id;
}

/** Newest first. @param copies in the order in which they count */
export function mergeSnapshots(copies: readonly CopySnapshots[]): MergedSnapshot[] {
  const merged = new Map<string, { snapshot: StoredSnapshot; inCopies: Map<string, StoredSnapshot[]> }>();
  const byContent = new Map<string, string>();
  for (const { id, snapshots } of copies) {
    for (const snapshot of snapshots) {
      const content = contentOf(snapshot);
      const known = byContent.get(content);
      const isElsewhere = known !== undefined && merged.get(known)?.inCopies.has(id) === false;
      const key = !merged.has(keyOf(snapshot)) && isElsewhere ? known : keyOf(snapshot);
      const entry = merged.get(key) ?? { snapshot, inCopies: new Map<string, StoredSnapshot[]>() };
      entry.inCopies.set(id, [...(entry.inCopies.get(id) ?? []), snapshot]);
      merged.set(key, entry);
      byContent.set(content, key);
    }
  }
  return [...merged]
    .map(([key, entry]) => ({ key, ...entry, time: Date.parse(entry.snapshot.time) }))
    .sort((a, b) => b.time - a.time || (a.key < b.key ? 1 : -1));
}

/**
 * Backed up to each copy by itself, as other programs do it, is the same as well. The first 3Bots gave both the second at
 * which they began as a tag.
 */
function contentOf(snapshot: StoredSnapshot): string {
  const { time, tree, hostname, paths } = snapshot;
  return JSON.stringify([epochOf(snapshot) ?? [Date.parse(time), tree], hostname, paths]);
}

function epochOf({ tags, paths }: Snapshot): string | undefined {
  return paths.length === 1 ? tags?.find((tag) => /^\d{10}$/.test(tag)) : undefined;
}

/**
 * Snapshots that one run has made twice, in one copy each, because it could not learn that the first was stored or could
 * not bring it over: those that may go from where their twin is, too, with the twin. That is the pinned one, or the one of
 * which nothing is missing, or one of the two.
 */
export function twinsOf(all: readonly MergedSnapshot[]): ReadonlyMap<string, MergedSnapshot> {
  const twins = new Map<string, MergedSnapshot>();
  const first = new Map<string, MergedSnapshot>();
  for (const one of [...all].sort((a, b) => worth(b) - worth(a))) {
    const { time, hostname, paths } = one.snapshot;
    if (!isOurs(one.snapshot)) continue;
    const run = JSON.stringify([time, hostname, paths]);
    const twin = first.get(run);
    if (twin === undefined) first.set(run, one);
    // Two in one copy are of two runs.
    else if (one.inCopies.size === 1 && ![...one.inCopies.keys()].some((copy) => twin.inCopies.has(copy)))
      twins.set(one.key, twin);
  }
  return twins;
}

function worth({ snapshot }: MergedSnapshot): number {
  return (hasTag(snapshot, pinnedTag) ? 2 : 0) + (hasTag(snapshot, incompleteTag) ? 0 : 1);
}

/** The job whose snapshot it is; undefined for one of the 3Bot itself. */
export function jobOf({ tags }: Snapshot): string | undefined {
  return tags?.find((tag) => tag.startsWith(jobTagBegin))?.slice(jobTagBegin.length);
}

export function hasTag(snapshot: Snapshot, tag: string): boolean {
  return snapshot.tags?.includes(tag) ?? false;
}

/**
 * Does the snapshot hold all of its run? The first 3Bots made one snapshot for each path, with the second of the run as
 * their common tag: none of those is all.
 */
export function isComplete(one: MergedSnapshot, all: readonly MergedSnapshot[]): boolean {
  if (hasTag(one.snapshot, incompleteTag) || hasTag(one.snapshot, safetyTag)) return false;
  return siblingsOf(one, all).length === 1;
}

/** The snapshots of the same run, the given one among them. */
export function siblingsOf(one: MergedSnapshot, all: readonly MergedSnapshot[]): MergedSnapshot[] {
  const epoch = epochOf(one.snapshot);
  if (epoch === undefined) return [one];
  return all.filter(
    ({ snapshot }) =>
      snapshot === one.snapshot ||
      (epochOf(snapshot) === epoch &&
        snapshot.hostname === one.snapshot.hostname &&
        snapshot.paths[0] !== one.snapshot.paths[0]),
  );
}

/** More than clocks differ. */
const farAhead = 24 * 60 * 60_000;

/** Whoever can write to a repository can claim any time: what is of tomorrow was not made by us. */
export function isOfTheFuture(time: number, now: number): boolean {
  return time > now + farAhead;
}

/**
 * The newest of the 3Bot itself, no job's, of which everything is there. A machine whose clock is far behind takes the newest
 * of all.
 */
export function newestComplete(all: readonly MergedSnapshot[], now: number): MergedSnapshot | undefined {
  const complete = all.filter((one) => jobOf(one.snapshot) === undefined && isComplete(one, all));
  return complete.find(({ time }) => !isOfTheFuture(time, now)) ?? complete[0];
}

export interface Kept {
  /** Why, by key: "last 1", "daily 3", "pinned". */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  readonly remove: readonly MergedSnapshot[];
}

/**
 * What a retention keeps of the snapshots of one 3Bot, or of one of its jobs; those of others in the same repository are not
 * its concern.
 */
export function applyRetention(
  all: readonly MergedSnapshot[],
  host: string,
  retention: Retention,
  now: number,
  job?: string,
): Kept {
  // Those of the future neither go nor take the place of others.
  const own = all.filter(
    ({ snapshot, time }) =>
      snapshot.hostname === host && jobOf(snapshot) === job && !isOfTheFuture(time, now),
  );
  const reasons = new Map<string, readonly string[]>();
  const remove: MergedSnapshot[] = [];
  for (const [at, one] of own.filter(isSafety).entries()) {
    if (at < safetyKept || hasTag(one.snapshot, pinnedTag)) reasons.set(one.key, ["safety"]);
    else remove.push(one);
  }
  const policy: KeepPolicy = { counts: { ...retention }, tags: [[pinnedTag]] };
  const dated = own
    .filter((one) => !isSafety(one))
    .map((merged) => ({ time: merged.snapshot.time, tags: merged.snapshot.tags, merged }));
  const result = applyPolicy(dated, policy);
  for (const { snapshot, matches, counters } of result.reasons) {
    const texts = matches.map((match) => {
      const [, counter] = /(last|daily|weekly|monthly|yearly) snapshot/.exec(match) ?? [];
      if (counter === undefined) return pinnedTag;
      const of = counter as keyof Retention;
      const left = counters[of];
      return `${of} ${retention[of] - (typeof left === "number" ? left : 0)}`;
    });
    reasons.set(snapshot.merged.key, texts);
  }
  remove.push(...result.remove.map(({ merged }) => merged));
  return { reasons, remove };
}

function isSafety({ snapshot }: MergedSnapshot): boolean {
  return hasTag(snapshot, safetyTag);
}

export function ownedSnapshots(all: readonly MergedSnapshot[], kept: Kept | undefined): OwnedSnapshot[] {
  return all.map((one) => ({
    id: one.snapshot.id,
    snapshot: one.snapshot,
    copies: [...one.inCopies.keys()],
    pinned: hasTag(one.snapshot, pinnedTag),
    complete: isComplete(one, all),
    job: jobOf(one.snapshot),
    kept: kept?.reasons.get(one.key) ?? [],
  }));
}
