/**
 * The copies of a place during a run: which are open, on which something has failed, and what is wrong although the work
 * goes on.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Clock } from "@tastic/storage";
import type { CopyAccess } from "../copies/copy-store.js";
import { isOfTheFuture, keyOf, mergeSnapshots, type MergedSnapshot } from "../copies/merged-snapshots.js";
import { initCopy, isAbsent, openCopy, type OpenOptions } from "../copies/opened-copy.js";
import type { OwnerState } from "../owner/owner-state.js";
import { problemOf, type ProblemRecord } from "../owner/problem.js";
import type { PlaceRecord } from "../owner/state-schemas.js";
import { CopyWork } from "./copy-work.js";
import type { RunTask } from "./runs.js";

export interface CopiesContext {
  readonly state: OwnerState;
  readonly clock: Clock;
  /** Milliseconds for which a store's failures are tried again. */
  readonly retryForMs: number;
  /** Copies that did not answer a moment ago, and for which nobody is to wait again. */
  readonly away?: ReadonlySet<string>;
}

/** In milliseconds. */
const retryAwayFor = 1_000;

export class RunCopies {
  readonly accesses: readonly CopyAccess[];
  readonly works = new Map<string, CopyWork>();
  /** Why the work on a copy ended early. */
  readonly problems = new Map<string, ProblemRecord>();
  /** What is wrong although the work went on. */
  readonly notes: ProblemRecord[] = [];
  readonly #context: CopiesContext;
  readonly #task: RunTask;

  constructor(context: CopiesContext, task: RunTask, place: PlaceRecord) {
    this.#context = context;
    this.#task = task;
    this.accesses = context.state.accesses(place);
  }

  /** Opens each copy, and makes it anew where nothing is left of it. @throws if none can be reached */
  async connect(): Promise<void> {
    const absent: CopyAccess[] = [];
    for (const access of this.accesses) {
      this.#task.step(`open ${access.id}`);
      await this.each(access.id, async () => {
        try {
          const open = this.#open(access.id);
          await this.#enter(new CopyWork(await openCopy(access, open), { task: this.#task, open }));
        } catch (error) {
          if (!isAbsent(error)) throw error;
          absent.push(access);
        }
      });
    }
    for (const access of absent) {
      await this.each(access.id, async () => {
        const wasThere = (await this.#context.state.copy(access.id)).repositoryId !== undefined;
        const like = this.working[0]?.repository;
        this.#task.log(
          `${access.id}: there is no repository${wasThere ? " any more" : ""}; a new one is made`,
        );
        if (wasThere && like === undefined) this.notes.push(lostAll(access.id));
        const open = this.#open(access.id);
        const opened = await initCopy(access, open, like);
        await this.#enter(new CopyWork(opened, { task: this.#task, open }));
      });
    }
    if (this.working.length === 0) throw this.noCopy("can be reached");
  }

  async #enter(work: CopyWork): Promise<void> {
    this.works.set(work.id, work);
    await work.begin();
  }

  /** What was there at the last run and is gone, although we did not remove it, was removed by somebody else. */
  async lookForLosses(): Promise<void> {
    const future = this.merged().filter(({ time }) => isOfTheFuture(time, this.#context.clock.now()));
    if (future.length > 0) {
      this.notes.push({
        code: "snapshots-of-the-future",
        message: `${future.length} snapshots claim to be of the future, the first of ${future[0]?.snapshot.time}`,
        guidance:
          "Check this machine's clock. If it is right, find out who made them; retention leaves them alone.",
      });
    }
    for (const work of this.working) {
      const { known, repositoryId } = await this.#context.state.copy(work.id);
      const there = new Set(work.snapshots.map(keyOf));
      const lost = known.filter((key) => !there.has(key));
      if (lost.length === 0 || repositoryId !== work.repository.config.id) continue;
      this.#task.log(`${work.id}: ${lost.length} snapshots are gone that were there at the last run`);
      this.notes.push({
        code: "snapshots-lost",
        message: `${lost.length} snapshots of ${work.id} are gone, and not by our doing`,
        guidance:
          "What the other copy has of them is brought back. Find out who can remove things there; the server's trash may have the rest.",
      });
    }
  }

  async end(): Promise<void> {
    for (const work of this.works.values()) await work.end();
  }

  /** Newest first. */
  merged(): MergedSnapshot[] {
    return mergeSnapshots([...this.works.values()].map(({ id, snapshots }) => ({ id, snapshots })));
  }

  /** Copies on which nothing has failed yet, in the order in which they count. */
  get working(): CopyWork[] {
    return this.accesses.flatMap(({ id }) => (this.problems.has(id) ? [] : (this.works.get(id) ?? [])));
  }

  #open(id: string): OpenOptions {
    const task = this.#task;
    const { retryForMs, away } = this.#context;
    return {
      retryForMs: away?.has(id) === true ? Math.min(retryForMs, retryAwayFor) : retryForMs,
      signal: task.signal,
      onNotice(notice) {
        if (notice.kind === "waiting")
          task.log(`${notice.call} failed, trying again: ${notice.error.message}`);
      },
    };
  }

  /** Does a part of the work on a copy. That it fails ends the work on this one. @throws TasticError cancelled */
  async each(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#task.signal.aborted) throw error;
      this.#task.log(`${id}: ${messageOf(error)}`);
      if (!isTasticError(error)) throw error;
      this.problems.set(id, problemOf(error));
    }
  }

  noCopy(what: string): TasticError {
    const [first] = this.problems.values();
    return new TasticError("storage-failed", `no copy ${what}: ${first?.message ?? ""}`, {
      ...(first?.guidance !== undefined && { guidance: first.guidance }),
    });
  }
}

function lostAll(id: string): ProblemRecord {
  return {
    code: "history-lost",
    message: `the repository of ${id} is gone with all its snapshots`,
    guidance: "A new one is made. Find out who removed it; the server's trash may have it still.",
  };
}
