/** What the owner sees at a glance, out of what is written down: no server is asked for it. */
import type { Clock } from "@tastic/storage";
import type { CopyAccess } from "../copies/copy-store.js";
import { shownUrl } from "../copies/copy-store.js";
import type { Runs } from "../runs/runs.js";
import { day } from "../schedule/times.js";
import { places, type OwnerState } from "./owner-state.js";
import { shownProblem } from "./problem.js";
import type { Copy, Place, PlaceStatus, Run, Status } from "./service.js";
import type { PlaceRecord, SettingsRecord } from "./state-schemas.js";

const shownDays = 30;
const mostRuns = 500;

export interface StatusContext {
  readonly state: OwnerState;
  readonly runs: Runs;
  readonly clock: Clock;
}

export async function statusOf(context: StatusContext): Promise<Status> {
  const { state, runs } = context;
  const all = await Promise.all(places.map((place) => placeStatus(context, place)));
  const latest = await runs.list({ limit: mostRuns });
  const unreadFailures = latest.filter(({ unread }) => unread).length;
  const records = await Promise.all(places.map((place) => state.place(place)));
  const { name } = await state.identity();
  return {
    name,
    verdict: verdictOf(all, unreadFailures),
    places: all,
    days: daysOf(latest, context.clock.now()),
    sizes: records.find((record) => record !== undefined && record.sizes.length > 0)?.sizes ?? [],
    unreadFailures,
  };
}

function verdictOf(all: readonly PlaceStatus[], unreadFailures: number): Status["verdict"] {
  const set = all.filter(({ state }) => state !== "absent");
  if (set.length === 0) return "new";
  const holds = set.some(
    ({ state, lastBackup, overdue }) => state === "ready" && lastBackup !== undefined && !overdue,
  );
  if (!holds)
    return set.every(({ lastBackup, overdue }) => lastBackup === undefined && !overdue)
      ? "attention"
      : "unsafe";
  const mended = set.every(
    ({ state, overdue, copies }) =>
      state === "ready" &&
      !overdue &&
      copies.every((copy) => copy.problem === undefined && copy.behind === 0),
  );
  return mended && unreadFailures === 0 ? "safe" : "attention";
}

export async function placeStatus({ state, runs, clock }: StatusContext, place: Place): Promise<PlaceStatus> {
  const [record, settings] = [await state.place(place), await state.settings()];
  const automatic = settings.automatic[place];
  const running = runs.running(place);
  if (record === undefined) {
    return {
      place,
      state: "absent",
      copies: [],
      automatic,
      lastBackup: undefined,
      nextBackup: undefined,
      overdue: false,
      running,
    };
  }
  return {
    place,
    state: record.state,
    copies: await Promise.all(state.accesses(record).map((access) => copyOf(state, place, access))),
    automatic,
    lastBackup: record.lastBackup,
    nextBackup: automatic && record.state === "ready" ? record.nextBackup : undefined,
    overdue: isOverdue(record, settings, clock.now()),
    running,
  };
}

/** Also where there never was a backup: then since the place was set up. */
export function isOverdue(
  { lastBackup, since }: PlaceRecord,
  { overdueDays }: SettingsRecord,
  now: number,
): boolean {
  return now - Date.parse(lastBackup ?? since) > overdueDays * day;
}

async function copyOf(state: OwnerState, place: Place, access: CopyAccess): Promise<Copy> {
  const record = await state.copy(access.id);
  return {
    id: access.id,
    place,
    url: shownUrl(access),
    lastBackup: record.lastBackup,
    state: record.state,
    behind: record.behind,
    proven: record.proven,
    problem: shownProblem(record.problem ?? record.drillProblem),
  };
}

function daysOf(runs: readonly Run[], now: number): Status["days"] {
  const results = new Map<string, "good" | "failed">();
  for (const run of runs) {
    if (run.kind !== "backup" || run.state === "running" || run.state === "cancelled") continue;
    const date = run.started.slice(0, 10);
    const good = run.state === "done" || run.state === "incomplete";
    if (good || !results.has(date)) results.set(date, good ? "good" : "failed");
  }
  return Array.from({ length: shownDays }, (_, at) => {
    const date = new Date(now - (shownDays - 1 - at) * day).toISOString().slice(0, 10);
    return { day: date, result: results.get(date) ?? "none" };
  });
}
