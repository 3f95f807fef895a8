/**
 * One run of a place: unlock, backup, forget, prune, check, for each copy until a step of it fails. The source is read
 * once, into the first copy that can take it; the others get the same snapshot from there, and so do copies that were
 * away for a while.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Clock } from "@tastic/storage";
import type { SnapshotId } from "tastic";
import type { CopyAccess } from "../copies/copy-store.js";
import {
  applyRetention,
  hasTag,
  incompleteTag,
  isOfTheFuture,
  keyOf,
  mergeSnapshots,
  safetyTag,
  type MergedSnapshot,
} from "../copies/merged-snapshots.js";
import { initCopy, isAbsent, openCopy, type OpenOptions } from "../copies/opened-copy.js";
import type { OwnerState } from "../owner/owner-state.js";
import { problemOf, type ProblemRecord } from "../owner/problem.js";
import type { PlaceRecord } from "../owner/state-schemas.js";
import { CopyWork } from "./copy-work.js";
import type { RunOutcome, RunTask } from "./runs.js";
import { findSources, hasFiles, type Sources } from "./sources.js";

export interface BackupContext {
  readonly state: OwnerState;
  readonly clock: Clock;
  readonly home: string;
  /** What is never backed up. */
  readonly hidden: readonly string[];
  /** Milliseconds for which a store's failures are tried again. */
  readonly retryForMs: number;
}

export interface BackupRequest {
  /** Undefined for a run that only brings the copies in step. */
  readonly tags: readonly string[] | undefined;
  /** A snapshot of what is there before a restore writes over it: no less than before is expected of it. */
  readonly safety?: boolean;
  /** Instead of those of the settings. */
  readonly paths?: readonly string[];
}

/** Below this share of the last snapshot's files, somebody is asked first. */
const tinyPart = 0.1;
/** A last snapshot of fewer files says little. */
const fewFiles = 10;
const keptSizes = 100;

export async function runBackup(
  context: BackupContext,
  task: RunTask,
  request: BackupRequest,
): Promise<RunOutcome> {
  const place = await context.state.needPlace(task.place);
  refuseUndecided(place, request);
  const run = new BackupRun(context, task, request, place);
  try {
    return await run.conduct();
  } finally {
    await run.end();
  }
}

function refuseUndecided(place: PlaceRecord, { safety = false }: BackupRequest): void {
  if (place.state === "ready" || safety) return;
  throw new TasticError(
    "invalid-argument",
    "there are backups of this name already, and nothing was decided yet",
    {
      guidance: "Recover them, or say that this 3Bot shall go on as it is; until then nothing is backed up.",
      data: { problem: "recovery-undecided" },
    },
  );
}

class BackupRun {
  readonly #context: BackupContext;
  readonly #task: RunTask;
  readonly #request: BackupRequest;
  readonly #place: PlaceRecord;
  readonly #accesses: readonly CopyAccess[];
  readonly #works = new Map<string, CopyWork>();
  /** Why the work on a copy ended early. */
  readonly #problems = new Map<string, ProblemRecord>();
  /** What is wrong although the work went on. */
  #notes: ProblemRecord[] = [];
  #unread = 0;
  /** The key of the snapshot that this run has made. */
  #made: string | undefined;
  #source = 0;
  /** Bytes that it took in a repository. */
  #added = 0;
  readonly #pruned = new Set<string>();

  constructor(context: BackupContext, task: RunTask, request: BackupRequest, place: PlaceRecord) {
    this.#context = context;
    this.#task = task;
    this.#request = request;
    this.#place = place;
    this.#accesses = context.state.accesses(place);
  }

  async conduct(): Promise<RunOutcome> {
    const { state, home, hidden } = this.#context;
    const { tags } = this.#request;
    const settings = await state.settings();
    const { paths = settings.paths } = this.#request;
    const sources = tags && (await findSources({ paths, excludes: settings.excludes }, home, hidden));
    await this.#connect();
    await this.#lookForLosses();
    if (sources !== undefined) {
      await this.#refuseEmptiness(sources);
      await this.#backup(sources, tags ?? []);
    }
    await this.#bringInStep();
    if (this.#request.safety !== true) await this.#maintain();
    return this.#conclude();
  }

  async end(): Promise<void> {
    for (const work of this.#works.values()) await work.end();
  }

  /** Opens each copy, and makes it anew where nothing is left of it. @throws if none can be reached */
  async #connect(): Promise<void> {
    const absent: CopyAccess[] = [];
    for (const access of this.#accesses) {
      this.#task.step(`open ${access.id}`);
      await this.#each(access.id, async () => {
        try {
          await this.#enter(
            new CopyWork(await openCopy(access, this.#open), { task: this.#task, open: this.#open }),
          );
        } catch (error) {
          if (!isAbsent(error)) throw error;
          absent.push(access);
        }
      });
    }
    for (const access of absent) {
      await this.#each(access.id, async () => {
        const wasThere = (await this.#context.state.copy(access.id)).repositoryId !== undefined;
        const like = this.#working[0]?.repository;
        this.#task.log(
          `${access.id}: there is no repository${wasThere ? " any more" : ""}; a new one is made`,
        );
        if (wasThere && like === undefined) this.#notes.push(lostAll(access.id));
        const opened = await initCopy(access, this.#open, like);
        await this.#enter(new CopyWork(opened, { task: this.#task, open: this.#open }));
      });
    }
    if (this.#working.length === 0) throw this.#noCopy("can be reached");
  }

  async #enter(work: CopyWork): Promise<void> {
    this.#works.set(work.id, work);
    await work.begin();
  }

  /** What was there at the last run and is gone, although we did not remove it, was removed by somebody else. */
  async #lookForLosses(): Promise<void> {
    const future = this.#merged().filter(({ time }) => isOfTheFuture(time, this.#context.clock.now()));
    if (future.length > 0) {
      this.#notes.push({
        code: "snapshots-of-the-future",
        message: `${future.length} snapshots claim to be of the future, the first of ${future[0]?.snapshot.time}`,
        guidance:
          "Check this machine's clock. If it is right, find out who made them; retention leaves them alone.",
      });
    }
    for (const work of this.#working) {
      const { known, repositoryId } = await this.#context.state.copy(work.id);
      const there = new Set(work.snapshots.map(keyOf));
      const lost = known.filter((key) => !there.has(key));
      if (lost.length === 0 || repositoryId !== work.repository.config.id) continue;
      this.#task.log(`${work.id}: ${lost.length} snapshots are gone that were there at the last run`);
      this.#notes.push({
        code: "snapshots-lost",
        message: `${lost.length} snapshots of ${work.id} are gone, and not by our doing`,
        guidance:
          "What the other copy has of them is brought back. Find out who can remove things there; the server's trash may have the rest.",
      });
    }
  }

  /** A 3Bot that has lost its data must not push the good snapshots out with empty ones. */
  async #refuseEmptiness(sources: Sources): Promise<void> {
    if (this.#place.shrinkAllowed || this.#request.safety === true) return;
    const { host } = await this.#context.state.identity();
    const last = this.#merged().find(
      ({ snapshot }) =>
        snapshot.hostname === host && !hasTag(snapshot, safetyTag) && !hasTag(snapshot, incompleteTag),
    );
    const before = last?.snapshot.summary?.totalFilesProcessed ?? 0;
    if (before < fewFiles) return;
    const least = Math.ceil(before * tinyPart);
    if (await hasFiles(sources, least, this.#task.signal)) return;
    throw new TasticError(
      "invalid-argument",
      `there are fewer than ${least} files to back up, and the last snapshot has ${before}`,
      {
        guidance:
          "If something is lost, recover it. If this is what it shall be, say so, and it is backed up.",
        data: { problem: "shrunk" },
      },
    );
  }

  /** Into the first copy that can take it. */
  async #backup(sources: Sources, tags: readonly string[]): Promise<void> {
    const { state, clock } = this.#context;
    const { host } = await state.identity();
    const lost = await this.#pathsLost(sources, host);
    const isSafety = this.#request.safety === true;
    const isFirst = !isSafety && !this.#merged().some(({ snapshot }) => snapshot.hostname === host);
    const all = [
      ...(isFirst ? ["init"] : []),
      ...(isSafety ? [safetyTag] : []),
      ...(lost.length > 0 ? [incompleteTag] : []),
      ...tags,
    ];
    if (lost.length > 0) {
      this.#notes.push({
        code: "paths-missing",
        message: `${lost.join(", ")} was in the last snapshot and is not there any more`,
        guidance: "If that is meant, take it out of the paths in the settings.",
      });
    }
    const about = { tags: [...new Set(all)], host, time: clock.now() };
    for (const work of this.#working) {
      await this.#each(work.id, async () => {
        const result = await work.backup(sources, about);
        this.#made = result.snapshotId;
        this.#unread = result.errorCount;
        this.#source = result.summary.totalBytesProcessed;
        this.#added = result.summary.dataAddedPacked;
      });
      if (this.#made !== undefined) return;
    }
    throw this.#noCopy("could take the backup");
  }

  /** Paths of the settings that the last snapshot has, and that are gone. */
  async #pathsLost(sources: Sources, host: string): Promise<string[]> {
    const last = this.#merged().find(
      ({ snapshot }) => snapshot.hostname === host && !hasTag(snapshot, safetyTag),
    );
    return sources.missing.filter((path) => last?.snapshot.paths.includes(path) ?? false);
  }

  /** Brings to each copy what others have and it shall have. */
  async #bringInStep(): Promise<void> {
    const { remove } = await this.#retention();
    const unwanted = new Set(remove.map(({ key }) => key));
    for (const { key, forget } of this.#place.pending) if (forget) unwanted.add(key);
    for (const work of this.#working) {
      await this.#each(work.id, async () => {
        for (const source of this.#working) {
          if (source === work) continue;
          const wanted = this.#merged().filter(
            ({ key, inCopies }) => inCopies.has(source.id) && !inCopies.has(work.id) && !unwanted.has(key),
          );
          await work.copyFrom(source, wanted);
        }
      });
    }
  }

  /** Forget, prune, check. */
  async #maintain(): Promise<void> {
    const { state } = this.#context;
    const { remove } = await this.#retention();
    for (const work of this.#working) {
      await this.#each(work.id, async () => {
        const { forget, tags } = this.#changesOf(work, remove);
        await work.change({ forget, tags });
        await state.changePlace(this.#task.place, (old) => ({ pending: withoutCopy(old.pending, work.id) }));
        if (forget.length > 0) await state.changeCopy(work.id, { pruneDue: true });
        if ((await state.copy(work.id)).pruneDue) {
          const stored = await work.prune();
          await state.changeCopy(work.id, { pruneDue: false, stored });
          this.#pruned.add(work.id);
        }
        await work.check();
      });
    }
  }

  #changesOf(work: CopyWork, remove: readonly MergedSnapshot[]) {
    const forget = new Set<SnapshotId>();
    const tags: { snapshot: SnapshotId; add: readonly string[]; remove: readonly string[] }[] = [];
    const idsOf = (one: MergedSnapshot): SnapshotId[] => one.inCopies.get(work.id)?.map(({ id }) => id) ?? [];
    for (const one of remove) for (const id of idsOf(one)) forget.add(id);
    for (const one of this.#merged()) {
      const ids = idsOf(one);
      // The last is the newer one: a change of tags was interrupted between storing it and removing the other.
      for (const id of ids.slice(0, -1)) forget.add(id);
      for (const pending of this.#place.pending) {
        if (pending.key !== one.key || !pending.copies.includes(work.id)) continue;
        if (pending.forget) for (const id of ids) forget.add(id);
        else
          for (const snapshot of ids.slice(-1))
            tags.push({ snapshot, add: pending.add, remove: pending.remove });
      }
      if (this.#unread > 0 && one.key === this.#made) tags.push(...work.incompleteTags(ids.at(-1)));
    }
    return { forget: [...forget], tags };
  }

  async #conclude(): Promise<RunOutcome> {
    const { state, clock } = this.#context;
    const now = new Date(clock.now()).toISOString();
    const merged = this.#merged();
    for (const access of this.#accesses) await this.#record(access.id, merged, now);
    if (this.#made !== undefined && this.#request.safety !== true) {
      const stored = Math.max(
        0,
        ...(await Promise.all(this.#accesses.map(({ id }) => state.copy(id)))).map((c) => c.stored),
      );
      await state.changePlace(this.#task.place, (old) => ({
        lastBackup: now,
        shrinkAllowed: false,
        sizes: [...old.sizes, { time: now, source: this.#source, stored }].slice(-keptSizes),
      }));
      await state.changeIdentity({ used: true });
    }
    const [first] = [...this.#problems.values(), ...this.#notes];
    if (this.#unread > 0) {
      const problem = {
        code: "incomplete",
        message: `${this.#unread} files or folders could not be read`,
        guidance: "The log of the run names them.",
      };
      return { state: "incomplete", problem: first ?? problem };
    }
    if (this.#problems.size === this.#accesses.length) throw this.#noCopy("came through the run");
    return first === undefined ? { state: "done" } : { state: "incomplete", problem: first };
  }

  async #record(id: string, merged: readonly MergedSnapshot[], now: string): Promise<void> {
    const { state } = this.#context;
    const work = this.#works.get(id);
    const problem = this.#problems.get(id);
    if (work === undefined) {
      const { known } = await state.copy(id);
      const behind = merged.filter(({ key }) => !known.includes(key)).length;
      await state.changeCopy(id, { state: "unreachable", problem, behind });
      return;
    }
    const has = merged.filter(({ inCopies }) => inCopies.has(id));
    const behind = merged.length - has.length;
    const gotIt = this.#made !== undefined && has.some(({ key }) => key === this.#made);
    // Between two prunes, which count, what was added is added.
    const added = gotIt && !this.#pruned.has(id) ? this.#added : 0;
    await state.changeCopy(id, (old) => ({
      repositoryId: work.repository.config.id,
      stored: old.stored + added,
      state: behind > 0 ? "behind" : has.length === 0 ? "empty" : "in-step",
      behind,
      problem,
      known: has.map(({ key }) => key),
      ...(gotIt && { lastBackup: now }),
    }));
  }

  async #retention() {
    const { state } = this.#context;
    const { host } = await state.identity();
    const { retention } = await state.settings();
    return applyRetention(this.#merged(), host, retention, this.#context.clock.now());
  }

  #merged(): MergedSnapshot[] {
    return mergeSnapshots([...this.#works.values()].map(({ id, snapshots }) => ({ id, snapshots })));
  }

  /** Copies on which nothing has failed yet, in the order in which they count. */
  get #working(): CopyWork[] {
    return this.#accesses.flatMap(({ id }) => (this.#problems.has(id) ? [] : (this.#works.get(id) ?? [])));
  }

  get #open(): OpenOptions {
    const task = this.#task;
    return {
      retryForMs: this.#context.retryForMs,
      signal: task.signal,
      onNotice(notice) {
        if (notice.kind === "waiting")
          task.log(`${notice.call} failed, trying again: ${notice.error.message}`);
      },
    };
  }

  /** Does a part of the work on a copy. That it fails ends the work on this one. @throws TasticError cancelled */
  async #each(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#task.signal.aborted) throw error;
      this.#task.log(`${id}: ${messageOf(error)}`);
      if (!isTasticError(error)) throw error;
      this.#problems.set(id, problemOf(error));
    }
  }

  #noCopy(what: string): TasticError {
    const [first] = this.#problems.values();
    return new TasticError("storage-failed", `no copy ${what}: ${first?.message ?? ""}`, {
      ...(first?.guidance !== undefined && { guidance: first.guidance }),
    });
  }
}

function withoutCopy(pending: PlaceRecord["pending"], copy: string): PlaceRecord["pending"] {
  return pending
    .map((change) => ({ ...change, copies: change.copies.filter((id) => id !== copy) }))
    .filter(({ copies }) => copies.length > 0);
}

function lostAll(id: string): ProblemRecord {
  return {
    code: "history-lost",
    message: `the repository of ${id} is gone with all its snapshots`,
    guidance: "A new one is made. Find out who removed it; the server's trash may have it still.",
  };
}
