/**
 * Runs: what the service does that takes a while. Each is recorded with its log from its beginning on, can be watched and
 * cancelled, and never just disappears: what a process was doing when it died is found as interrupted.
 */
import { randomBytes } from "node:crypto";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Clock } from "@tastic/storage";
import type { OwnerState } from "../owner/owner-state.js";
import { problemOf, shownProblem, type ProblemRecord } from "../owner/problem.js";
import type { Place, Progress, RestoreReport, Run, RunKind } from "../owner/service.js";
import type { RunRecord } from "../owner/state-schemas.js";
import type { EventHub } from "./event-hub.js";
import { RunLog } from "./run-log.js";
import type { Workers } from "./workers.js";

/** What the work of a run is given. */
export interface RunTask {
  readonly id: string;
  readonly place: Place;
  readonly by: Run["by"];
  readonly signal: AbortSignal;
  /** What it does next. */
  step(name: string): void;
  progress(progress: Progress): void;
  log(text: string): void;
  made(snapshot: string): void;
  /** What a restore did, in addition to what was told before. */
  restored(more: RestoreReport): void;
}

export interface RunOutcome {
  readonly state: "done" | "incomplete";
  readonly problem?: ProblemRecord | undefined;
}

export interface RunRequest {
  readonly kind: RunKind;
  readonly job?: string | undefined;
  readonly place: Place;
  readonly by: Run["by"];
  /** Reading alone may go on beside another run. */
  readonly alone: boolean;
}

interface Active {
  record: RunRecord;
  progress: Progress | undefined;
  readonly log: RunLog;
  readonly stop: AbortController;
  readonly done: Promise<Run>;
}

export interface RunsOptions {
  readonly state: OwnerState;
  readonly workers: Workers;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each run that is over, before others see that it is. */
  readonly ended?: (run: Run) => Promise<void>;
  /** And once they do. */
  readonly settled?: (run: Run) => void;
}

const maximumRuns = 500;
const progressEvery = 200;

export class Runs {
  readonly #options: RunsOptions;
  readonly #active = new Map<string, Active>();
  /** Ended runs as they were read, which change no more but for being read by the owner. */
  readonly #known = new Map<string, RunRecord>();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** Begins a run. @throws TasticError locked if another one works on the place */
  async begin(request: RunRequest, work: (task: RunTask) => Promise<RunOutcome>): Promise<Run> {
    const { state, workers, clock } = this.#options;
    const { kind, job, place, by, alone } = request;
    const id = `${String(Math.floor(clock.now())).padStart(14, "0")}-${randomBytes(4).toString("hex")}`;
    if (alone) await workers.claim(place, id);
    else await workers.begin();
    const record: RunRecord = {
      id,
      kind,
      ...(job !== undefined && { job }),
      place,
      by,
      started: this.#time(),
      state: "running",
      step: "begin",
      snapshots: [],
      unread: false,
      worker: workers.id,
    };
    try {
      await state.runs.update(id, () => record);
    } catch (error) {
      if (alone) await workers.release(place, id);
      throw error;
    }
    const stop = new AbortController();
    let finish: (run: Run) => void = () => undefined;
    const done = new Promise<Run>((resolve) => (finish = resolve));
    const active: Active = { record, progress: undefined, log: new RunLog(), stop, done };
    this.#active.set(id, active);
    void this.#conduct(active, alone, work).then(finish);
    this.#tell(active);
    return shownRun(record, undefined);
  }

  /** The run's end. */
  async finished(id: string): Promise<Run> {
    return (await this.#active.get(id)?.done) ?? this.get(id);
  }

  /** The run of a place that goes on in this process. */
  running(place: Place): Run | undefined {
    for (const { record, progress } of this.#active.values()) {
      if (record.place === place) return shownRun(record, progress);
    }
    return undefined;
  }

  /** @throws TasticError not-found */
  async get(id: string): Promise<Run> {
    const active = this.#active.get(id);
    return active === undefined
      ? shownRun(await this.#read(id), undefined)
      : shownRun(active.record, active.progress);
  }

  /** Newest first. */
  async list({
    limit,
    before,
  }: {
    readonly limit: number;
    readonly before?: string | undefined;
  }): Promise<Run[]> {
    const names = await this.#names();
    const found: Run[] = [];
    for (const id of names) {
      if (found.length >= limit) break;
      if (before !== undefined && id >= before) continue;
      try {
        found.push(await this.get(id));
      } catch (error) {
        // Removed meanwhile as too old.
        if (!isTasticError(error, "not-found")) throw error;
      }
    }
    return found;
  }

  async log(id: string): Promise<string> {
    const active = this.#active.get(id);
    if (active !== undefined) return active.log.text;
    await this.#read(id);
    return (await this.#options.state.logs.read(id))?.text ?? "";
  }

  async cancel(id: string): Promise<Run> {
    const active = this.#active.get(id);
    if (active === undefined) {
      const run = await this.get(id);
      if (run.state !== "running") return run;
      throw new TasticError("invalid-argument", "the run is another process's", {
        guidance: "Interrupt that process.",
      });
    }
    active.stop.abort(new TasticError("cancelled", "the run was cancelled"));
    return active.done;
  }

  async markRead(id: string): Promise<Run> {
    await this.#read(id);
    const record = await this.#options.state.runs.update(id, (old) => {
      if (old === undefined) throw noRun(id);
      return { ...old, unread: false };
    });
    if (record.state !== "running") this.#known.set(id, record);
    this.#options.events.emit({ type: "status" });
    return this.get(id);
  }

  /** Finds runs whose process is gone. */
  async takeUp(): Promise<void> {
    const { state, workers } = this.#options;
    for (const id of await this.#names()) {
      const record = await state.runs.read(id);
      if (record?.state !== "running" || (await workers.isAlive(record.worker))) continue;
      await state.runs.update(id, (old) => ({
        ...(old ?? record),
        state: "interrupted",
        ended: this.#time(),
        unread: true,
        problem: {
          code: "interrupted",
          message: `the service ended during "${record.step}"`,
          guidance: "Nothing that was backed up is lost; it is done again by itself.",
        },
      }));
    }
    await workers.tidy();
  }

  /** Cancels all, and waits for it. */
  async stop(): Promise<void> {
    const ending = [...this.#active.values()].map(({ stop, done }) => {
      stop.abort(new TasticError("cancelled", "the service is ending"));
      return done;
    });
    await Promise.all(ending);
  }

  async #conduct(active: Active, alone: boolean, work: (task: RunTask) => Promise<RunOutcome>): Promise<Run> {
    const { id, kind, place } = active.record;
    const { workers, log, events, ended, settled } = this.#options;
    let end: Pick<RunRecord, "state" | "problem" | "unread">;
    try {
      const { state, problem } = await work(this.#task(active));
      end = { state, unread: problem !== undefined, ...(problem && { problem }) };
    } catch (error) {
      const cancelled = active.stop.signal.aborted;
      const problem = problemOf(cancelled ? active.stop.signal.reason : error);
      end = { state: cancelled ? "cancelled" : "failed", unread: !cancelled, problem };
      active.log.add(this.#time(), `${end.state}: ${problem.message}`);
      if (!isTasticError(error)) log.error(`run ${id}: ${messageOf(error)}`);
    }
    const record: RunRecord = { ...active.record, ...end, ended: this.#time() };
    active.log.add(this.#time(), `${kind} ended: ${end.state}`);
    try {
      await this.#options.state.logs.update(id, () => ({ text: active.log.text }));
      await this.#options.state.runs.update(id, () => record);
      this.#known.set(id, record);
      if (alone) await workers.release(place, id);
    } catch (error) {
      log.error(`run ${id} could not be recorded: ${messageOf(error)}`);
    }
    const run = shownRun(record, undefined);
    try {
      await ended?.(run);
      await this.#removeOld();
    } catch (error) {
      log.error(`after run ${id}: ${messageOf(error)}`);
    }
    // Whoever sees that it has ended may begin the next.
    this.#active.delete(id);
    settled?.(run);
    events.emit({ type: "run", run });
    events.emit({ type: "status" });
    return run;
  }

  #task(active: Active): RunTask {
    const { id, place, by } = active.record;
    let told = 0;
    return {
      id,
      place,
      by,
      signal: active.stop.signal,
      step: (name) => {
        active.record = { ...active.record, step: name };
        active.progress = undefined;
        active.log.add(this.#time(), name);
        this.#tell(active);
      },
      progress: (progress) => {
        active.progress = progress;
        if (performance.now() - told < progressEvery) return;
        told = performance.now();
        this.#tell(active);
      },
      log: (text) => active.log.add(this.#time(), text),
      made: (snapshot) => {
        active.record = { ...active.record, snapshots: [...active.record.snapshots, snapshot] };
        this.#tell(active);
      },
      restored: (more) => {
        active.record = { ...active.record, report: sumOf(active.record.report, more) };
        this.#tell(active);
      },
    };
  }

  #tell({ record, progress }: Active): void {
    this.#options.events.emit({ type: "run", run: shownRun(record, progress) });
  }

  async #names(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#options.state.runs.names()) names.push(name);
    return names.sort().reverse();
  }

  async #read(id: string): Promise<RunRecord> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (!/^\d{14}-[0-9a-f]{8}$/.test(id)) throw noRun(id);
    const record = await this.#options.state.runs.read(id);
    if (record === undefined) throw noRun(id);
    if (record.state !== "running") this.#known.set(id, record);
    return record;
  }

  async #removeOld(): Promise<void> {
    for (const id of (await this.#names()).slice(maximumRuns)) {
      if (this.#active.has(id)) continue;
      await this.#options.state.logs.remove(id);
      await this.#options.state.runs.remove(id);
      this.#known.delete(id);
    }
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function noRun(id: string): TasticError {
  return new TasticError("not-found", `there is no run ${id.slice(0, 40)}`);
}

function shownRun(record: RunRecord, progress: Progress | undefined): Run {
  const { problem, worker: _, ...shown } = record;
  return { ...shown, ended: record.ended, report: record.report, progress, problem: shownProblem(problem) };
}

function sumOf(before: RestoreReport | undefined, more: RestoreReport): RestoreReport {
  if (before === undefined) return more;
  return {
    created: before.created + more.created,
    replaced: before.replaced + more.replaced,
    left: before.left + more.left,
    failed: before.failed + more.failed,
    bytes: before.bytes + more.bytes,
  };
}
