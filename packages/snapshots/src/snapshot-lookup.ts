/**
 * Finding snapshots as users name them: by the beginning of an id, "latest", and "ID:subfolder" (restic's manual,
 * "Working with repositories").
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import { isId, parseTime, shortId } from "@tastic/format";
import type { Snapshot, SnapshotId } from "@tastic/format";
import {
  createSnapshotFilter,
  describeFilter,
  isEmptyFilter,
  matchesFilter,
  withAbsolutePaths,
} from "./snapshot-filter.js";
import type { SnapshotFilter } from "./snapshot-filter.js";
import type { StoredSnapshot } from "./stored-snapshot.js";

/** What snapshots are loaded from; a repository is one. */
export interface SnapshotStore {
  /** The ids of all snapshots, in no particular order. */
  list(type: "snapshot"): Promise<SnapshotId[]>;
  /** Errors: `not-found`, those of a damaged file and of the store. */
  loadSnapshot(id: SnapshotId): Promise<Snapshot>;
}

const LOADS_AT_ONCE = 8;

/** Calls `visit` for each of `items`, a few at a time. */
async function forEachOf<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  const iterator = items.values();
  const work = async (): Promise<void> => {
    for (const item of iterator) await visit(item);
  };
  await Promise.all(Array.from({ length: Math.min(LOADS_AT_ONCE, items.length) }, work));
}

/** Oldest first; of the same time, by id. */
export function compareSnapshots(a: StoredSnapshot, b: StoredSnapshot): number {
  const [left, right] = [parseTime(a.time), parseTime(b.time)];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * All snapshots of a repository, oldest first.
 * @param onFailure is told of those that cannot be loaded, which are left out; without it, the first one throws
 */
export async function listSnapshots(
  store: SnapshotStore,
  onFailure?: (id: SnapshotId, error: unknown) => void,
): Promise<StoredSnapshot[]> {
  const found: StoredSnapshot[] = [];
  await forEachOf(await store.list("snapshot"), async (id) => {
    try {
      found.push({ ...(await store.loadSnapshot(id)), id });
    } catch (error) {
      if (onFailure === undefined || isTasticError(error, "cancelled")) throw error;
      onFailure(id, error);
    }
  });
  return found.sort(compareSnapshots);
}

/**
 * The one id that begins with `prefix`.
 * @throws TasticError not-found, ambiguous-id
 */
export function resolveIdPrefix<T extends string>(ids: readonly T[], prefix: string): T {
  const [id, another] = ids.filter((candidate) => candidate.startsWith(prefix));
  if (id === undefined) {
    throw new TasticError("not-found", `no matching ID found for prefix ${JSON.stringify(prefix)}`, {
      guidance: "List what there is, and give the beginning of one id.",
      data: { prefix },
    });
  }
  if (another !== undefined) {
    throw new TasticError("ambiguous-id", `multiple IDs with prefix ${JSON.stringify(prefix)} found`, {
      guidance: "Give more digits of the id.",
      data: { prefix },
    });
  }
  return id;
}

/**
 * The newest snapshot that the filter lets through; its relative paths count from the working directory.
 * @param notAfter nanoseconds since 1970: later snapshots do not count. If not given, even those of the future do, as
 * they do in restic: both mean the same snapshot by "latest"
 */
export function findLatest(
  snapshots: readonly StoredSnapshot[],
  filter: SnapshotFilter,
  notAfter?: bigint,
): StoredSnapshot | undefined {
  const absolute = withAbsolutePaths(filter);
  return snapshots
    .filter((snapshot) => notAfter === undefined || parseTime(snapshot.time) <= notAfter)
    .filter((snapshot) => matchesFilter(snapshot, absolute))
    .reduce<StoredSnapshot | undefined>(
      (a, b) => (a === undefined || compareSnapshots(a, b) < 0 ? b : a),
      undefined,
    );
}

/** Splits "ID:subfolder"; the subfolder is empty if there is none. */
export function splitSnapshotId(text: string): { id: string; subfolder: string } {
  const colon = text.indexOf(":");
  return colon === -1
    ? { id: text, subfolder: "" }
    : { id: text.slice(0, colon), subfolder: text.slice(colon + 1) };
}

async function latestOf(store: SnapshotStore, filter: SnapshotFilter): Promise<StoredSnapshot | undefined> {
  const snapshots = await listSnapshots(store, (id, error) => {
    throw new TasticError(
      isTasticError(error) ? error.code : "internal",
      `Error loading snapshot ${shortId(id)}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  });
  return findLatest(snapshots, filter);
}

async function findById(store: SnapshotStore, text: string): Promise<StoredSnapshot> {
  const id = isId(text) ? (text as SnapshotId) : resolveIdPrefix(await store.list("snapshot"), text);
  return { ...(await store.loadSnapshot(id)), id };
}

/**
 * Finds the one snapshot that a command is about.
 * @param text "latest", the beginning of an id, or either with ":subfolder"
 * @param filter what "latest" goes by
 * @throws TasticError not-found, ambiguous-id, and those of loading
 */
export async function findSnapshot(
  store: SnapshotStore,
  text: string,
  filter: SnapshotFilter = createSnapshotFilter(),
): Promise<{ readonly snapshot: StoredSnapshot; readonly subfolder: string }> {
  const { id, subfolder } = splitSnapshotId(text);
  if (id !== "latest") return { snapshot: await findById(store, id), subfolder };
  const snapshot = await latestOf(store, filter);
  if (snapshot !== undefined) return { snapshot, subfolder };
  const described = describeFilter(withAbsolutePaths(filter));
  throw new TasticError("not-found", `snapshot filter (${described}): no snapshot found`, {
    guidance: "Make a backup first, or look for other hosts, tags and paths with the snapshots command.",
  });
}

async function findOneOfMany(
  store: SnapshotStore,
  text: string,
  filter: SnapshotFilter,
): Promise<StoredSnapshot> {
  const { id, subfolder } = splitSnapshotId(text);
  const refuseSubfolder = (): never => {
    throw new TasticError("invalid-argument", "<snapshot>:<subfolder> syntax not allowed");
  };
  if (id === "latest") {
    if (text !== id) refuseSubfolder();
    const latest = await latestOf(store, filter);
    if (latest !== undefined) return latest;
    const described = describeFilter(withAbsolutePaths(filter));
    throw new TasticError("not-found", `no snapshot matched given filter (${described})`);
  }
  const found = await findById(store, id);
  return subfolder === "" ? found : refuseSubfolder();
}

/** The same store, asked for its list only once. */
function listedOnce(store: SnapshotStore): SnapshotStore {
  let listed: Promise<SnapshotId[]> | undefined;
  return { list: () => (listed ??= store.list("snapshot")), loadSnapshot: (id) => store.loadSnapshot(id) };
}

/**
 * Finds all snapshots that a command is about: those named, or else those that the filter lets through, oldest first.
 * Those named come in that order, each once.
 * @param onIgnored is told why a name or a snapshot was left out; restic prints `Ignoring "x": message`
 */
export async function findSnapshots(
  store: SnapshotStore,
  texts: readonly string[],
  filter: SnapshotFilter,
  onIgnored: (text: string, message: string) => void,
): Promise<StoredSnapshot[]> {
  if (texts.length === 0) {
    const all = await listSnapshots(store, (id, error) => onIgnored(id, messageOf(error)));
    return all.filter((snapshot) => matchesFilter(snapshot, filter));
  }
  const found = new Map<SnapshotId, StoredSnapshot>();
  const listed = listedOnce(store);
  for (const text of new Set(texts)) {
    try {
      const one = await findOneOfMany(listed, text, filter);
      found.set(one.id, found.get(one.id) ?? one);
    } catch (error) {
      if (isTasticError(error, "cancelled")) throw error;
      onIgnored(text, messageOf(error));
    }
  }
  if (!texts.includes("latest") && !isEmptyFilter(filter))
    onIgnored("filters", "explicit snapshot ids are given");
  return [...found.values()];
}
