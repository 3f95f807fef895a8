/** Looks after what nobody looks at: backups that fail again and again, backups that never come, and a report each week. */
import { messageOf } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { Clock } from "@tastic/storage";
import { places, type OwnerState } from "../owner/owner-state.js";
import type { Place, Run } from "../owner/service.js";
import { isOverdue, statusOf } from "../owner/status-view.js";
import type { Runs } from "../runs/runs.js";
import type { Notifier } from "./notifier.js";
import { day } from "./times.js";

export interface WatchdogOptions {
  readonly state: OwnerState;
  readonly runs: Runs;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of what goes on being wrong, the owner is told once a day. */
const tellEvery = day - 60_000;

export class Watchdog {
  readonly #options: WatchdogOptions;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  async begun(run: Run): Promise<void> {
    if (run.kind === "backup") await this.#options.notifier.ping("begin");
  }

  async ended(run: Run): Promise<void> {
    const { notifier, state, clock } = this.#options;
    const bad = run.state === "failed" || run.state === "interrupted";
    const text = run.problem === undefined ? "" : `${run.problem.message}\n${run.problem.guidance ?? ""}`;
    if (run.kind === "backup" && run.state !== "cancelled") await notifier.ping(bad ? "bad" : "good", text);
    const place = await state.place(run.place);
    if (run.problem === undefined || run.state === "cancelled") {
      // The next failure is a new one.
      if (run.kind === "backup" && run.state === "done" && place?.failureTold !== undefined)
        await state.changePlace(run.place, { failureTold: undefined });
      return;
    }
    const told = place?.failureTold;
    // What the owner has begun, the owner sees.
    if (run.by === "owner" || (told !== undefined && clock.now() - Date.parse(told) < tellEvery)) return;
    const name = await this.#name();
    await notifier.tell({
      event: bad ? "failed" : "incomplete",
      subject: `${name}: the ${run.kind} to ${run.place} ${bad ? "failed" : "was not complete"}`,
      text: `${text}\n\nIt was at the step "${run.step}".\n`,
    });
    if (place !== undefined) await state.changePlace(run.place, { failureTold: this.#time() });
  }

  /** Tells of what is overdue, and reports when a week is over. */
  async watch(): Promise<void> {
    for (const place of places) await this.#watchPlace(place);
    await this.#report();
  }

  async #watchPlace(place: Place): Promise<void> {
    const { state, clock, notifier, log } = this.#options;
    const [record, settings] = [await state.place(place), await state.settings()];
    if (record === undefined) return;
    const now = clock.now();
    if (!isOverdue(record, settings, now)) {
      if (record.overdueTold !== undefined) await state.changePlace(place, { overdueTold: undefined });
      return;
    }
    if (record.overdueTold !== undefined && now - Date.parse(record.overdueTold) < tellEvery) return;
    await state.changePlace(place, { overdueTold: this.#time() });
    const { lastBackup, since } = record;
    const days = Math.floor((now - Date.parse(lastBackup ?? since)) / day);
    const what =
      lastBackup === undefined
        ? `There never was a backup to ${place}, which was set up ${days} days ago.`
        : `The last backup to ${place} was ${days} days ago, at ${lastBackup}.`;
    log.warn(what);
    const undecided =
      record.state === "recovery-undecided" ? "\nIt waits for a decision: recover, or go on as it is.\n" : "";
    await notifier.tell({
      event: "overdue",
      subject: `${await this.#name()}: backups are overdue`,
      text: `${what}\n${undecided}\nOpen the page of your 3Bot's backup to see why.\n`,
    });
  }

  async #report(): Promise<void> {
    const { state, clock, notifier, log } = this.#options;
    const [identity, settings] = [await state.identity(), await state.settings()];
    if (!settings.notifications.weeklyReport) return;
    const now = clock.now();
    const { reportDue } = identity;
    if (reportDue !== undefined && Date.parse(reportDue) > now) return;
    await state.changeIdentity({ reportDue: new Date(now + 7 * day).toISOString() });
    if (reportDue === undefined) return;
    try {
      await notifier.tell(await this.#reportText());
    } catch (error) {
      log.warn(`the weekly report: ${messageOf(error)}`);
    }
  }

  async #reportText() {
    const { state, runs, clock } = this.#options;
    const status = await statusOf({ state, runs, clock });
    const name = await this.#name();
    const lines = status.places.flatMap((place) =>
      place.state === "absent"
        ? []
        : [
            `${place.place}: last backup ${place.lastBackup ?? "never"}${place.overdue ? ", overdue" : ""}`,
            ...place.copies.map(
              (copy) =>
                `  ${copy.id}: ${copy.state}, proven restorable ${copy.proven ?? "never"}` +
                (copy.problem === undefined ? "" : `; ${copy.problem.message}`),
            ),
          ],
    );
    const week = status.days.slice(-7);
    const good = week.filter(({ result }) => result === "good").length;
    return {
      event: "report",
      subject: `${name}: the week's backups, ${good} of ${week.length} days`,
      text: `${lines.join("\n")}\n`,
    };
  }

  async #name(): Promise<string> {
    const { name, host } = await this.#options.state.identity();
    return name ?? host;
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
