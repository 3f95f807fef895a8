/**
 * Begins what is due. When that is, is written down, so that it survives the process; what was missed while nothing ran is
 * made up for. Nothing is in a crontab.
 */
import { isTasticError, messageOf } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Clock } from "@tastic/storage";
import { changeJobAt } from "../owner/jobs.js";
import { places, type OwnerState } from "../owner/owner-state.js";
import type { Place, Run } from "../owner/service.js";
import type { PlaceRecord, SettingsRecord } from "../owner/state-schemas.js";
import type { Runs } from "../runs/runs.js";
import { day, hour, nextAttempt, nextMissed, nextRegular } from "./times.js";

/** What the scheduler can begin. */
export interface Work {
  backup(place: Place): Promise<Run>;
  catchUp(place: Place): Promise<Run>;
  job(name: string, place: Place): Promise<Run>;
  drill(place: Place): Promise<Run>;
  /** Does a copy that was away answer? */
  answers(place: Place): Promise<boolean>;
  /** Looks for what is overdue, and tells the owner. */
  watch(): Promise<void>;
}

export interface SchedulerOptions {
  readonly state: OwnerState;
  readonly runs: Runs;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly log: Log;
  readonly work: Work;
}

/** A machine that slept finds out by the clock, at the latest after this time. */
const longestSleep = 10 * 60_000;
const shortestSleep = 1_000;

type Due = "nextBackup" | "nextCatchUp" | "nextDrill";

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  #poked = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#makeUp();
    this.#loop ??= this.#run();
  }

  /** Something has changed: look at once what is due. */
  poke(): void {
    this.#poked.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.poke();
    await this.#loop;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.#isStopping) {
      this.#poked = new AbortController();
      let wait = longestSleep;
      try {
        await this.tick();
        wait = (await this.#nextDue()) - clock.now();
      } catch (error) {
        log.error(`the schedule: ${messageOf(error)}`);
      }
      await clock.sleep(Math.min(Math.max(wait, shortestSleep), longestSleep), this.#poked.signal);
    }
  }

  /** Begins all that is due. Resolves when it has begun. */
  async tick(): Promise<void> {
    for (const place of places) {
      const record = await this.#options.state.place(place);
      if (record?.state !== "ready" || this.#isStopping) continue;
      const settings = await this.#options.state.settings();
      if (this.#options.runs.running(place) !== undefined) continue;
      if (settings.automatic[place] && this.#isDue(record.nextBackup)) await this.#begin(place, "nextBackup");
      else if (this.#isDue(record.nextCatchUp)) await this.#begin(place, "nextCatchUp");
      else if (await this.#beginJob(place)) continue;
      else if (settings.drillDays > 0 && this.#isDue(record.nextDrill)) await this.#begin(place, "nextDrill");
    }
    await this.#options.work.watch();
  }

  /** Says when it is due again after a run. */
  async ended(run: Run): Promise<void> {
    const { state } = this.#options;
    const [record, settings] = [await state.place(run.place), await state.settings()];
    if (record === undefined) return;
    const now = this.#options.clock.now();
    // What was cancelled because the service ends is still due when it begins again.
    if (run.state === "cancelled" && this.#isStopping) return;
    if (run.job !== undefined) await this.#afterJob(run, run.job, now);
    const change = { ...(await this.#afterRun(run, record, settings, now)) };
    if (Object.keys(change).length > 0) await state.changePlace(run.place, change);
  }

  async #afterRun(
    run: Run,
    record: PlaceRecord,
    settings: SettingsRecord,
    now: number,
  ): Promise<Partial<PlaceRecord>> {
    const { jitter } = this.#options;
    const every = settings.everyHours * hour;
    const good = run.state === "done" || run.state === "incomplete";
    switch (run.kind) {
      case "backup": {
        const failures = good || run.state === "cancelled" ? 0 : record.failures + 1;
        const next =
          failures === 0 ? nextRegular(now, every, jitter) : nextAttempt(now, failures, every, jitter);
        const first = settings.drillDays > 0 && good && record.nextDrill === undefined;
        return {
          failures,
          nextBackup: text(next),
          ...(await this.#catchUpAfter(run, record, now)),
          ...(first && { nextDrill: text(now + jitter() * day) }),
        };
      }
      case "catch-up":
      case "job":
        return this.#catchUpAfter(run, record, now);
      case "drill":
        // One that found something wrong is done again soon: that it was mended has to be seen.
        return {
          nextDrill: text(
            nextRegular(
              now,
              good ? settings.drillDays * day : Math.min(day, settings.drillDays * day),
              jitter,
            ),
          ),
        };
      default:
        return {};
    }
  }

  /** A copy that is not in step is tried again without waiting for the next day. */
  async #catchUpAfter(run: Run, record: PlaceRecord, now: number): Promise<Partial<PlaceRecord>> {
    const { state, jitter } = this.#options;
    const copies = record.target.kind === "minio" ? [] : record.target.copies;
    const states = await Promise.all(copies.map(({ id }) => state.copy(id)));
    const isBehind = states.some((copy) => copy.state === "behind" || copy.state === "unreachable");
    if (!isBehind) return { catchUpFailures: 0, nextCatchUp: undefined };
    const catchUpFailures = run.kind === "catch-up" ? record.catchUpFailures + 1 : 1;
    return { catchUpFailures, nextCatchUp: text(nextAttempt(now, catchUpFailures, day, jitter)) };
  }

  async #afterJob(run: Run, name: string, now: number): Promise<void> {
    const { state, jitter } = this.#options;
    const job = (await state.jobs()).find((one) => one.name === name);
    const at = job?.at.find(({ place }) => place === run.place);
    if (job === undefined || at === undefined) return;
    const failures = run.state === "failed" ? at.failures + 1 : 0;
    const every = job.everyHours * hour;
    const next =
      every === 0
        ? undefined
        : failures === 0
          ? nextRegular(now, every, jitter)
          : nextAttempt(now, failures, every, jitter);
    await changeJobAt(state, name, run.place, {
      failures,
      next: next === undefined ? undefined : text(next),
      last: { run: run.id, ended: run.ended ?? text(now), state: run.state },
    });
  }

  /** Begins a job that is due there. @returns whether one was due */
  async #beginJob(place: Place): Promise<boolean> {
    const { state, clock, work, log } = this.#options;
    const jobs = await state.jobs();
    const due = jobs.find(({ at }) => at.some((one) => one.place === place && this.#isDue(one.next)));
    if (due === undefined) return false;
    try {
      await work.job(due.name, place);
    } catch (error) {
      log.warn(`the job ${due.name} at ${place}: ${messageOf(error)}`);
      await changeJobAt(state, due.name, place, { next: text(clock.now() + waitAfter(error)) });
    }
    return true;
  }

  async #begin(place: Place, due: Due): Promise<void> {
    const { work, state, clock, jitter, log } = this.#options;
    try {
      if (due === "nextCatchUp" && !(await work.answers(place))) {
        await state.changePlace(place, (old) => ({
          catchUpFailures: old.catchUpFailures + 1,
          nextCatchUp: text(nextAttempt(clock.now(), old.catchUpFailures + 1, day, jitter)),
        }));
        return;
      }
      if (due === "nextBackup") await work.backup(place);
      else if (due === "nextCatchUp") await work.catchUp(place);
      else await work.drill(place);
    } catch (error) {
      log.warn(`${place}: ${messageOf(error)}`);
      await state.changePlace(place, { [due]: text(clock.now() + waitAfter(error)) });
    }
  }

  /** What should have been while nothing ran. */
  async #makeUp(): Promise<void> {
    const { state, clock, jitter } = this.#options;
    const now = clock.now();
    const every = (await state.settings()).everyHours * hour;
    for (const place of places) {
      const record = await state.place(place);
      if (record === undefined) continue;
      // A drill comes after the backup that was missed.
      if (this.#isDue(record.nextDrill))
        await state.changePlace(place, { nextDrill: text(nextMissed(now, every, jitter) + hour) });
      const next = record.nextBackup === undefined ? now : Date.parse(record.nextBackup);
      // The very first is not put off.
      if (next > now || record.lastBackup === undefined) continue;
      await state.changePlace(place, { nextBackup: text(nextMissed(now, every, jitter)) });
    }
    for (const { name, everyHours, at } of await state.jobs()) {
      for (const { place, next, last } of at) {
        if (last === undefined || !this.#isDue(next)) continue;
        await changeJobAt(state, name, place, { next: text(nextMissed(now, everyHours * hour, jitter)) });
      }
    }
  }

  async #nextDue(): Promise<number> {
    const { state, clock, runs } = this.#options;
    const settings = await state.settings();
    const times: number[] = [clock.now() + longestSleep];
    const jobs = (await state.jobs()).flatMap(({ at }) => at);
    for (const place of places) {
      const record = await state.place(place);
      if (record?.state !== "ready" || runs.running(place) !== undefined) continue;
      const due = [
        settings.automatic[place] ? record.nextBackup : undefined,
        record.nextCatchUp,
        ...jobs.filter((at) => at.place === place).map(({ next }) => next),
        settings.drillDays > 0 ? record.nextDrill : undefined,
      ];
      for (const time of due) if (time !== undefined) times.push(Date.parse(time));
    }
    return Math.min(...times);
  }

  #isDue(time: string | undefined): boolean {
    return time !== undefined && Date.parse(time) <= this.#options.clock.now();
  }
}

/** Another process works on it, or it cannot even begin: later, rather than again and again. In milliseconds. */
function waitAfter(error: unknown): number {
  return isTasticError(error, "locked") ? 60_000 : 5 * 60_000;
}

function text(time: number): string {
  return new Date(time).toISOString();
}
