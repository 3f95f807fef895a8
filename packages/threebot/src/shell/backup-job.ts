/**
 * A backup job as the original's shell had it, `j.sals.backupjob.get("name")`: the same words, on any `OwnerService`, here
 * or over HTTP. A client is what the original called a repository, such as `minio_backup`.
 */
import { TasticError } from "@tastic/errors";
import type { SnapshotRow } from "../original-api/snapshot-row.js";
import { snapshotRow } from "../original-api/snapshot-row.js";
import type { JobStatus, OwnedSnapshot, Place, Run } from "../owner/service.js";
import type { RemoteOwner } from "../owner-api/client.js";
import { mustEndWell, untilEnded } from "../owner-api/until-ended.js";
import { instances } from "./instances.js";

/** Shorter beginnings of ids are too easily those of others. */
const shortestId = 8;

export interface NewBackupJob {
  readonly name: string;
  readonly paths: readonly string[];
  readonly excludes?: readonly string[] | undefined;
  readonly clients: readonly string[];
}

/**
 * Makes a job that is done when it is asked for, or changes the one of this name; as many of its snapshots stay as of the
 * 3Bot's own.
 * @throws TasticError invalid-argument, not-found
 */
export async function setBackupJob(owner: RemoteOwner, job: NewBackupJob): Promise<JobStatus> {
  const { name, paths, excludes = [], clients } = job;
  const known = (await owner.jobs()).find((one) => one.name === name);
  return owner.setJob({
    ...{ name, paths, excludes },
    places: [...new Set(clients.map(placeOf))],
    everyHours: known?.everyHours ?? 0,
    retention: known?.retention ?? (await owner.settings()).retention,
  });
}

/** @throws TasticError not-found */
export async function needJob(owner: RemoteOwner, name: string): Promise<JobStatus> {
  const found = (await owner.jobs()).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new TasticError("not-found", `there is no backup job ${JSON.stringify(name)}`);
}

export class BackupJob {
  readonly #owner: RemoteOwner;
  readonly #name: string;
  readonly #told: ((run: Run) => void) | undefined;

  /** @param told hears how a run goes on */
  constructor(owner: RemoteOwner, name: string, told?: (run: Run) => void) {
    this.#owner = owner;
    this.#name = name;
    this.#told = told;
  }

  /** Backs up, in all its places. Returns whether that was begun, or with `block` whether all of it was done. */
  async execute(block = false): Promise<boolean> {
    const { places } = await needJob(this.#owner, this.#name);
    const runs = await this.#owner.runJob({ name: this.#name });
    if (!block) return true;
    const ended = await Promise.all(runs.map((run) => untilEnded(this.#owner, run, this.#told)));
    return ended.length === places.length && ended.every(({ state }) => state === "done");
  }

  /** By client, oldest first; with `last` only the newest of each. */
  async listAllSnapshots(last = false, path?: string): Promise<Record<string, readonly SnapshotRow[]>> {
    const { places } = await needJob(this.#owner, this.#name);
    const all: Record<string, readonly SnapshotRow[]> = {};
    for (const place of places) all[clientOf(place)] = await this.listSnapshots(clientOf(place), last, path);
    return all;
  }

  /** Oldest first; with `last` only the newest. */
  async listSnapshots(client: string, last = false, path?: string): Promise<readonly SnapshotRow[]> {
    const found = (await this.#snapshots(client)).filter(
      ({ snapshot }) => path === undefined || snapshot.paths.includes(path),
    );
    return (last ? found.slice(0, 1) : found).map(snapshotRow).reverse();
  }

  /**
   * "/" is where everything came from; any other folder gets it below itself.
   * @param snapshotId at least eight characters; the newest if not given
   * @param host only for the newest
   */
  async restore(client: string, targetPath: string, snapshotId?: string, host?: string): Promise<void> {
    const snapshot = chosen(await this.#snapshots(client), snapshotId, host);
    const begun = await this.#owner.restore({
      place: placeOf(client),
      snapshot: snapshot.id,
      paths: [],
      target: targetPath === "/" ? undefined : targetPath,
      existing: "replace",
    });
    await mustEndWell(this.#owner, begun, this.#told);
  }

  /** Removes all but the newest `keepLast` and those that are pinned; returns the ids of those that are gone. */
  async cleanSnapshots(client: string, keepLast = 0, prune = true): Promise<readonly string[]> {
    const ids = (await this.#snapshots(client))
      .slice(keepLast)
      .flatMap(({ id, pinned }) => (pinned ? [] : [id]));
    if (ids.length > 0) await this.#owner.forget(placeOf(client), ids);
    if (prune) await mustEndWell(this.#owner, await this.#owner.maintain(placeOf(client)), this.#told);
    return ids;
  }

  /** Newest first. */
  async #snapshots(client: string): Promise<readonly OwnedSnapshot[]> {
    const all = await this.#owner.snapshots(placeOf(client));
    return all.filter(({ job }) => job === this.#name);
  }
}

function chosen(all: readonly OwnedSnapshot[], id: string | undefined, host?: string): OwnedSnapshot {
  if (id === undefined) {
    const newest = all.find(({ snapshot }) => host === undefined || snapshot.hostname === host);
    if (newest !== undefined) return newest;
    throw new TasticError("not-found", "no previous snapshots found for this backup job");
  }
  if (id.length < shortestId)
    throw new TasticError("invalid-argument", `${JSON.stringify(id)} is too short for an id`, {
      guidance: `Give ${shortestId} characters of it or more.`,
    });
  const found = all.filter((one) => one.id.startsWith(id));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new TasticError(
    "not-found",
    found.length === 0
      ? `${JSON.stringify(id)} is not found for this backup job`
      : `${JSON.stringify(id)} stands for ${found.length} snapshots of this backup job`,
  );
}

/** @throws TasticError not-found */
function placeOf(client: string): Place {
  const place = instances.get(client);
  if (place !== undefined) return place;
  throw new TasticError("not-found", `the restic client: ${JSON.stringify(client)} not found!`, {
    guidance: `There are ${[...instances.keys()].join(", ")}.`,
  });
}

export function clientOf(place: Place): string {
  const [client] = [...instances].find(([, one]) => one === place) ?? [];
  return client ?? place;
}
