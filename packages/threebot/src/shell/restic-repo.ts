/**
 * The backups of a place as the original's shell had them, `j.tools.restic.minio_backup`: the same words and defaults, on
 * any `OwnerService`, here or over HTTP.
 *
 * @example
 *   const restic = createResticRepo(createClient("http://127.0.0.1:8700", { token }), "minio");
 *   for (const { short_id, time } of await restic.listSnapshots()) console.log(short_id, time);
 *   await restic.restore("/");
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotRow } from "../original-api/snapshot-row.js";
import { snapshotRow } from "../original-api/snapshot-row.js";
import type { OwnedSnapshot, Place, PlaceStatus, Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { mustEndWell } from "../owner-api/until-ended.js";

export interface ListFilter {
  /** Snapshots that have one of these. */
  readonly tags?: readonly string[] | undefined;
  readonly path?: string | undefined;
  /** Only the newest of each host and paths. */
  readonly last?: boolean | undefined;
}

export interface RestoreChoice {
  /** An id of eight characters or more; the newest whole one that the filters let through if not given. */
  readonly snapshotId?: string | undefined;
  readonly latest?: boolean | undefined;
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface ForgetChoice {
  /** Of each host and paths; 10 if not given. */
  readonly keepLast?: number | undefined;
  /** Removes at once what no snapshot needs any more; true if not given. The next run does it in any case. */
  readonly prune?: boolean | undefined;
  /** These, whatever `keepLast` says. */
  readonly snapshots?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface ResticRepo {
  /** Sees that the repository is set up. @throws TasticError invalid-argument if not */
  initRepo(): Promise<void>;
  /**
   * Backs everything up; `paths` and `exclude`, if given, have to be among those of the settings, or what the newest
   * snapshot calls these.
   */
  backup(request?: {
    readonly paths?: readonly string[] | undefined;
    readonly tags?: readonly string[] | undefined;
    readonly exclude?: readonly string[] | undefined;
  }): Promise<Run>;
  /** "/" is where everything came from; any other folder gets it below itself. */
  restore(targetPath: string, choice?: RestoreChoice): Promise<Run>;
  /** Oldest first. */
  listSnapshots(filter?: ListFilter): Promise<readonly SnapshotRow[]>;
  /** Returns the ids of those that are gone. */
  forget(choice?: ForgetChoice): Promise<readonly string[]>;
  /** For all paths of the settings; a `path` that is given has to be one of them, here and below. */
  autoBackup(request?: {
    readonly path?: string | undefined;
    readonly keepLast?: number | undefined;
  }): Promise<void>;
  /** Is this path, or what the settings say, backed up by itself? */
  autoBackupRunning(path?: string): Promise<boolean>;
  disableAutoBackup(path?: string): Promise<void>;
  /** The service tells of what is overdue in any case: is this path among what it watches? */
  isWatched(path?: string): Promise<boolean>;
}

export interface ResticRepoOptions {
  /** Hears how a run goes on. */
  readonly told?: (run: Run) => void;
}

export function createResticRepo(
  owner: RemoteOwner,
  place: Place,
  { told }: ResticRepoOptions = {},
): ResticRepo {
  async function state(): Promise<PlaceStatus> {
    const found = (await owner.status()).places.find((one) => one.place === place);
    if (found !== undefined && found.state !== "absent") return found;
    throw new TasticError("invalid-argument", "Please configure backup first", {
      guidance: `Set ${place} up at the page.`,
    });
  }
  async function isPath(path: string): Promise<boolean> {
    const { paths } = await owner.settings();
    return (await absoluteToo(owner, place, paths)).some((one) => withoutSlash(one) === withoutSlash(path));
  }
  async function mustBePath(path: string | undefined): Promise<void> {
    await state();
    if (path !== undefined && !(await isPath(path))) throw notAmong(path, "path");
  }
  async function chosen(choice: RestoreChoice): Promise<string> {
    if (choice.snapshotId !== undefined) return choice.snapshotId;
    if (choice.latest === false)
      throw new TasticError("invalid-argument", "Please specify either `snapshot_id` or `latest` flag");
    const all = await owner.snapshots(place, some(choice.tags));
    const fitting = all.filter(
      ({ snapshot }) =>
        (choice.host === undefined || snapshot.hostname === choice.host) &&
        (choice.path === undefined || snapshot.paths.includes(choice.path)),
    );
    const own = fitting.filter(({ job }) => job === undefined);
    const found = own.find(({ complete }) => complete) ?? own[0] ?? fitting[0];
    if (found === undefined) throw new TasticError("not-found", "can not find any snapshots in the repo");
    return found.id;
  }
  return {
    async initRepo() {
      await state();
    },
    async backup({ paths = [], exclude = [], tags } = {}) {
      await state();
      const settings = await owner.settings();
      for (const path of paths) await mustBePath(path);
      for (const pattern of exclude)
        if (!settings.excludes.includes(pattern)) throw notAmong(pattern, "exclude");
      return mustEndWell(owner, await owner.backup({ place, tags: some(tags) }), told);
    },
    async restore(targetPath, choice = {}) {
      await state();
      const begun = await owner.restore({
        place,
        snapshot: await chosen(choice),
        paths: [],
        target: targetPath === "/" ? undefined : targetPath,
        existing: "replace",
      });
      return mustEndWell(owner, begun, told);
    },
    async listSnapshots({ tags, path, last = false } = {}) {
      await state();
      const all = await owner.snapshots(place, some(tags));
      const found = all.filter(({ snapshot }) => path === undefined || snapshot.paths.includes(path));
      return (last ? newestOfGroups(found) : found).map(snapshotRow).reverse();
    },
    async forget({ keepLast = 10, prune = true, snapshots, tags } = {}) {
      await state();
      const ids = snapshots ?? (await beyond(owner, place, keepLast, some(tags)));
      if (ids.length > 0) await owner.forget(place, ids);
      if (prune) await mustEndWell(owner, await owner.maintain(place), told);
      return ids;
    },
    async autoBackup({ path, keepLast } = {}) {
      await mustBePath(path);
      if (keepLast !== undefined) {
        const { retention } = await owner.settings();
        await owner.changeSettings({ retention: { ...retention, last: keepLast } });
      }
      await owner.setAutomatic(place, true);
    },
    async autoBackupRunning(path) {
      return (await state()).automatic && (path === undefined || (await isPath(path)));
    },
    async disableAutoBackup(path) {
      await mustBePath(path);
      await owner.setAutomatic(place, false);
    },
    async isWatched(path) {
      await state();
      return path === undefined || isPath(path);
    },
  };
}

/** Of each host and paths, those that the newest `keepLast` are not among; none that is pinned. */
async function beyond(
  owner: RemoteOwner,
  place: Place,
  keepLast: number,
  tags: readonly string[] | undefined,
): Promise<readonly string[]> {
  const all = await owner.snapshots(place, tags);
  const counts = new Map<string, number>();
  return all.flatMap((one) => {
    const group = groupOf(one);
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    return count <= keepLast || one.pinned ? [] : [one.id];
  });
}

/** @param snapshots newest first */
function newestOfGroups(snapshots: readonly OwnedSnapshot[]): OwnedSnapshot[] {
  const seen = new Set<string>();
  return snapshots.filter((one) => {
    const group = groupOf(one);
    return !seen.has(group) && seen.add(group);
  });
}

function groupOf({ snapshot }: OwnedSnapshot): string {
  return JSON.stringify([snapshot.hostname, [...snapshot.paths].sort()]);
}

/**
 * Paths of the settings, and how they are called in full. Those below "~" are of the 3Bot's home folder, which may be on
 * another machine than this shell; its newest snapshot tells.
 */
async function absoluteToo(owner: RemoteOwner, place: Place, paths: readonly string[]): Promise<string[]> {
  const [newest] = await owner.snapshots(place);
  const belowHome = paths.filter((path) => path.startsWith("~/")).map((path) => withoutSlash(path).slice(1));
  const stored = newest?.snapshot.paths ?? [];
  return [...paths, ...stored.filter((path) => belowHome.some((end) => path.endsWith(end)))];
}

function notAmong(given: string, what: "path" | "exclude"): TasticError {
  return new TasticError("invalid-argument", `${JSON.stringify(given)} is no ${what} of the settings`, {
    guidance:
      "Backups hold all that the settings say, in one snapshot. Add it there, or write it as it stands there.",
  });
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

function some(tags: readonly string[] | undefined): readonly string[] | undefined {
  return tags === undefined || tags.length === 0 ? undefined : tags;
}
