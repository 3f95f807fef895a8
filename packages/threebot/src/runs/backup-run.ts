/**
 * One run of a place: unlock, backup, forget, prune, check, for each copy until a step of it fails. The source is read
 * once, into the first copy that can take it; the others get the same snapshot from there, and so do copies that were
 * away for a while.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import type { SnapshotId } from "tastic";
import {
  hasTag,
  incompleteTag,
  jobOf,
  jobTagBegin,
  keyOf,
  safetyTag,
  twinsOf,
  type MergedSnapshot,
} from "../copies/merged-snapshots.js";
import { oneChange, pendingFor, withoutCopy, type TagsChange } from "../owner/pending-changes.js";
import { problemOf } from "../owner/problem.js";
import type { PlaceRecord } from "../owner/state-schemas.js";
import type { BackupAbout, CopyWork } from "./copy-work.js";
import { retentionOf } from "./retention.js";
import { RunCopies, type CopiesContext } from "./run-copies.js";
import type { RunOutcome, RunTask } from "./runs.js";
import { findSources, hasFiles, type Sources } from "./sources.js";

export interface BackupContext extends CopiesContext {
  readonly home: string;
  /** What is never backed up. */
  readonly hidden: readonly string[];
}

export interface BackupRequest {
  /** Undefined for a run that only brings the copies in step. */
  readonly tags: readonly string[] | undefined;
  /** A snapshot of what is there before a restore writes over it: no less than before is expected of it. */
  readonly safety?: boolean;
  /** Instead of those of the settings. */
  readonly paths?: readonly string[];
  /** What is backed up is not the 3Bot itself. */
  readonly job?: BackupJob;
}

export interface BackupJob {
  readonly name: string;
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  /** Far fewer files than the last time are meant. */
  readonly allowLess: boolean;
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

/** @throws TasticError invalid-argument while it is not decided whether to recover */
export function refuseUndecided(place: PlaceRecord, { safety = false }: Pick<BackupRequest, "safety">): void {
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
  readonly #copies: RunCopies;
  #unread = 0;
  /** The keys of the snapshots that this run has made: one, unless a copy could not be given it. */
  readonly #made = new Set<string>();
  /** What an earlier run has made twice, when this one began to bring the copies in step. */
  #twins: ReadonlyMap<string, MergedSnapshot> = new Map();
  #about: BackupAbout | undefined;
  #source = 0;
  /** Bytes that it took in a repository. */
  #added = 0;
  readonly #pruned = new Set<string>();

  constructor(context: BackupContext, task: RunTask, request: BackupRequest, place: PlaceRecord) {
    this.#context = context;
    this.#task = task;
    this.#request = request;
    this.#place = place;
    this.#copies = new RunCopies(context, task, place);
  }

  async conduct(): Promise<RunOutcome> {
    const { state, home, hidden } = this.#context;
    const { tags, job } = this.#request;
    const { paths, excludes } = job ?? { ...(await state.settings()), ...this.#request };
    const sources = tags && (await findSources({ paths, excludes }, home, hidden));
    await this.#copies.connect();
    await this.#copies.lookForLosses();
    if (sources !== undefined) {
      await this.#refuseEmptiness(sources);
      await this.#backup(sources, tags ?? []);
    }
    await this.#bringInStep(sources);
    if (this.#request.safety !== true) await this.#maintain();
    return this.#conclude();
  }

  async end(): Promise<void> {
    await this.#copies.end();
  }

  /** A 3Bot that has lost its data must not push the good snapshots out with empty ones. */
  async #refuseEmptiness(sources: Sources): Promise<void> {
    const { job, safety } = this.#request;
    if (safety === true || (job?.allowLess ?? this.#place.shrinkAllowed)) return;
    const { host } = await this.#context.state.identity();
    const last = this.#ofSeries(host).find(
      ({ snapshot }) => !hasTag(snapshot, safetyTag) && !hasTag(snapshot, incompleteTag),
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
        data: job === undefined ? { problem: "shrunk" } : { problem: "job-shrunk" },
      },
    );
  }

  /** Into the first copy that can take it. */
  async #backup(sources: Sources, tags: readonly string[]): Promise<void> {
    const { state, clock } = this.#context;
    const { host } = await state.identity();
    const lost = await this.#pathsLost(sources, host);
    const isSafety = this.#request.safety === true;
    const job = this.#request.job?.name;
    const isFirst = !isSafety && job === undefined && this.#ofSeries(host).length === 0;
    const all = [
      ...(isFirst ? ["init"] : []),
      ...(job === undefined ? [] : [`${jobTagBegin}${job}`]),
      ...(isSafety ? [safetyTag] : []),
      ...(lost.length > 0 ? [incompleteTag] : []),
      ...tags,
    ];
    if (lost.length > 0) {
      this.#copies.notes.push({
        code: "paths-missing",
        message: `${lost.join(", ")} was in the last snapshot and is not there any more`,
        guidance: "If that is meant, take it out of the paths in the settings.",
      });
    }
    this.#about = { tags: [...new Set(all)], host, job, time: this.#freeTime(clock.now()) };
    for (const work of this.#copies.working) {
      await this.#copies.each(work.id, () => this.#backupTo(work, sources));
      if (this.#made.size > 0) return;
    }
    throw this.#copies.noCopy("could take the backup");
  }

  /** No two runs have the same time, though the clock be set back: by it, what one run has made twice is known. */
  #freeTime(now: number): number {
    const taken = new Set(this.#copies.merged().map(({ time }) => time));
    let free = now;
    while (taken.has(free)) free += 1;
    return free;
  }

  async #backupTo(work: CopyWork, sources: Sources): Promise<void> {
    if (this.#about === undefined) return;
    const { id, unread, bytes, added } = await work.backup(sources, this.#about);
    this.#made.add(id);
    this.#unread = Math.max(this.#unread, unread);
    this.#source = bytes;
    this.#added = added;
  }

  /** The snapshots of this 3Bot, or of the job that is done, newest first. */
  #ofSeries(host: string): MergedSnapshot[] {
    const job = this.#request.job?.name;
    return this.#copies
      .merged()
      .filter(({ snapshot }) => snapshot.hostname === host && jobOf(snapshot) === job);
  }

  /** Paths of the settings that the last snapshot has, and that are gone. */
  async #pathsLost(sources: Sources, host: string): Promise<string[]> {
    const last = this.#ofSeries(host).find(({ snapshot }) => !hasTag(snapshot, safetyTag));
    return sources.missing.filter((path) => last?.snapshot.paths.includes(path) ?? false);
  }

  /** Brings to each copy what others have and it shall have. */
  async #bringInStep(sources: Sources | undefined): Promise<void> {
    this.#twins = twinsOf(this.#copies.merged());
    const { remove } = await this.#retention();
    const unwanted = new Set([...remove.map(({ key }) => key), ...this.#twins.keys()]);
    for (const { key, forget } of this.#place.pending) if (forget) unwanted.add(key);
    for (const work of this.#copies.working) {
      await this.#copies.each(work.id, async () => {
        const failure = await this.#copyFromOthers(work, unwanted);
        if (failure === undefined) return;
        // Which of the two copies is to blame shows below; this one gets its backup in any case.
        this.#copies.notes.push(problemOf(failure));
        await work.restart();
        if (sources !== undefined && !this.#hasGot(work)) await this.#backupTo(work, sources);
      });
    }
  }

  /** Returns why it could not be done, if it could not. */
  async #copyFromOthers(work: CopyWork, unwanted: ReadonlySet<string>): Promise<unknown> {
    for (const source of this.#copies.working) {
      if (source === work) continue;
      const wanted = this.#copies
        .merged()
        .filter(
          ({ key, inCopies }) => inCopies.has(source.id) && !inCopies.has(work.id) && !unwanted.has(key),
        );
      try {
        await work.copyFrom(source, wanted);
      } catch (error) {
        if (this.#task.signal.aborted || !isTasticError(error)) throw error;
        this.#task.log(`from ${source.id} to ${work.id}: ${error.message}`);
        return error;
      }
    }
    return undefined;
  }

  #hasGot(work: CopyWork): boolean {
    return this.#copies.merged().some(({ key, inCopies }) => this.#made.has(key) && inCopies.has(work.id));
  }

  /** Forget, prune, check. */
  async #maintain(): Promise<void> {
    const { state } = this.#context;
    const { remove } = await this.#retention();
    for (const work of this.#copies.working) {
      await this.#copies.each(work.id, async () => {
        const { forget, tags } = this.#changesOf(work, remove);
        // First: a run that ends in the middle must not take its own work for somebody else's.
        const gone = new Set(forget);
        const kept = work.snapshots.filter(({ id }) => !gone.has(id)).map(keyOf);
        await state.changeCopy(work.id, (old) => ({ known: old.known.filter((key) => kept.includes(key)) }));
        await work.change({ forget, tags });
        await state.changePlace(this.#task.place, (old) => ({ pending: withoutCopy(old.pending, work.id) }));
        if (forget.length > 0) await state.changeCopy(work.id, { pruneDue: true });
        if ((await state.copy(work.id)).pruneDue) {
          const stored = await work.prune();
          await state.changeCopy(work.id, { pruneDue: false, stored });
          this.#pruned.add(work.id);
        }
        const { drillProblem } = await state.copy(work.id);
        await work.check(drillProblem !== undefined);
        if (drillProblem !== undefined) await state.changeCopy(work.id, { drillProblem: undefined });
      });
    }
    await this.#mend();
  }

  /** Makes a copy that is damaged whole from one that came through all of the run. */
  async #mend(): Promise<void> {
    const { state } = this.#context;
    const [good] = this.#copies.working;
    if (good === undefined) return;
    for (const [id, problem] of [...this.#copies.problems]) {
      const work = this.#copies.works.get(id);
      if (work === undefined || problem.code !== "damaged-repository") continue;
      const both = this.#copies.merged().filter(({ inCopies }) => inCopies.has(id) && inCopies.has(good.id));
      // What this run has made in a copy that then was found damaged may lack what is damaged; the good one has its own.
      const doubtful = this.#copies
        .merged()
        .filter(({ key, inCopies }) => this.#made.has(key) && !inCopies.has(good.id));
      // If we end in between, nobody has taken away what is not there.
      await state.changeCopy(id, { known: [] });
      this.#copies.problems.delete(id);
      await this.#copies.each(id, async () => {
        await work.mendFrom(good, both, this.#hasGot(good) ? doubtful : []);
        await state.changeCopy(id, { drillProblem: undefined });
        this.#copies.notes.push({
          code: "mended",
          message: `${id} was damaged, and is whole again from ${good.id}: ${problem.message}`,
          guidance: "Have the disk of that server looked at.",
        });
      });
    }
  }

  #changesOf(work: CopyWork, remove: readonly MergedSnapshot[]) {
    const forget = new Set<SnapshotId>();
    const tags: (TagsChange & { readonly snapshot: SnapshotId })[] = [];
    const idsOf = (one: MergedSnapshot): SnapshotId[] => one.inCopies.get(work.id)?.map(({ id }) => id) ?? [];
    for (const one of remove) for (const id of idsOf(one)) forget.add(id);
    const all = this.#copies.merged();
    // What the other copy has of the same run is here now.
    for (const one of all) {
      const twin = this.#twins.get(one.key);
      const here = all.find(({ key }) => key === twin?.key)?.inCopies.has(work.id) ?? false;
      if (here) for (const id of idsOf(one)) forget.add(id);
    }
    for (const one of all) {
      const ids = idsOf(one);
      // The last is the newer one: a change of tags was interrupted between storing it and removing the other.
      for (const id of ids.slice(0, -1)) forget.add(id);
      const pending = pendingFor(one.key, work.id, this.#place.pending);
      if (pending.forget) for (const id of ids) forget.add(id);
      const marks = this.#unread > 0 && this.#made.has(one.key) ? [{ add: [incompleteTag], remove: [] }] : [];
      const snapshot = ids.at(-1);
      const change = oneChange([...pending.tags, ...marks]);
      if (snapshot !== undefined && change !== undefined && !forget.has(snapshot))
        tags.push({ snapshot, ...change });
    }
    return { forget: [...forget], tags };
  }

  async #conclude(): Promise<RunOutcome> {
    const { state, clock } = this.#context;
    const now = new Date(clock.now()).toISOString();
    const merged = this.#copies.merged();
    for (const access of this.#copies.accesses) await this.#record(access.id, merged, now);
    const isOfThreebot = this.#request.safety !== true && this.#request.job === undefined;
    if (this.#made.size > 0 && isOfThreebot) {
      const stored = Math.max(
        0,
        ...(await Promise.all(this.#copies.accesses.map(({ id }) => state.copy(id)))).map((c) => c.stored),
      );
      await state.changePlace(this.#task.place, (old) => ({
        lastBackup: now,
        shrinkAllowed: false,
        sizes: [...old.sizes, { time: now, source: this.#source, stored }].slice(-keptSizes),
      }));
      await state.changeIdentity({ used: true });
    }
    const [first] = [...this.#copies.problems.values(), ...this.#copies.notes];
    if (this.#unread > 0) {
      const problem = {
        code: "incomplete",
        message: `${this.#unread} files or folders could not be read`,
        guidance: "The log of the run names them.",
      };
      return { state: "incomplete", problem: first ?? problem };
    }
    if (this.#copies.problems.size === this.#copies.accesses.length)
      throw this.#copies.noCopy("came through the run");
    return first === undefined ? { state: "done" } : { state: "incomplete", problem: first };
  }

  async #record(id: string, merged: readonly MergedSnapshot[], now: string): Promise<void> {
    const { state } = this.#context;
    const work = this.#copies.works.get(id);
    const problem = this.#copies.problems.get(id);
    if (work === undefined) {
      const { known } = await state.copy(id);
      const behind = merged.filter(
        ({ inCopies }) => ![...inCopies.values()].flat().some((one) => known.includes(keyOf(one))),
      ).length;
      await state.changeCopy(id, { state: "unreachable", problem, behind });
      return;
    }
    const has = merged.filter(({ inCopies }) => inCopies.has(id));
    const behind = merged.length - has.length;
    const gotIt = this.#hasGot(work);
    // Between two prunes, which count, what was added is added.
    const added = gotIt && !this.#pruned.has(id) ? this.#added : 0;
    await state.changeCopy(id, (old) => ({
      repositoryId: work.repository.config.id,
      stored: old.stored + added,
      state: behind > 0 ? "behind" : has.length === 0 ? "empty" : "in-step",
      behind,
      problem,
      known: [...new Set(work.snapshots.map(keyOf))],
      ...(gotIt && this.#request.job === undefined && { lastBackup: now }),
    }));
  }

  async #retention() {
    const { state, clock } = this.#context;
    return retentionOf(
      state,
      this.#copies.merged().filter(({ key }) => !this.#twins.has(key)),
      clock.now(),
    );
  }
}
