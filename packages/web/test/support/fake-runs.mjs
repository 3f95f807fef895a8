// Runs of the fake service: they are played in a second or so, or are held halfway, and listeners hear of them.
import { hostileNames, snapshotsOf } from "./fake-data.mjs";
import { createState } from "./fake-state.mjs";
import { Refusal } from "./refusal.mjs";

export function tell(state, event) {
  for (const response of state.streams) response.write(`data: ${JSON.stringify(event)}\n\n`);
}

export function runOf(state, id) {
  const run = state.runs.find((candidate) => candidate.id === id);
  if (run === undefined) throw new Refusal(404, "not-found", `there is no run ${id}`);
  return run;
}

export function logOf(run) {
  return [
    `${run.started} ${run.kind} began`,
    `${run.started} opened https://backup1.example/alice/`,
    "18247 files, 1.96 GB, 43 new or changed",
    "could not read /home/alice/\u001B[31m<b>x</b>: permission denied",
    ...hostileNames.map((name) => `could not read /home/alice/${name}: permission denied`),
    ...(run.problem === undefined ? [] : [run.problem.message]),
    `${run.state}`,
  ].join("\n");
}

/** Begins a run that goes on by itself and ends well. */
export function play(state, kind, place, tags = []) {
  const busy = state.runs.find((run) => run.place === place && run.state === "running");
  if (busy !== undefined) return busy;
  const run = {
    id: `run-${++state.nextRun}`,
    kind,
    place,
    by: "owner",
    started: new Date().toISOString(),
    ended: undefined,
    state: "running",
    step: kind === "backup" ? "backup marketplace-1" : "restore",
    progress: { files: 0, bytes: 0, totalFiles: undefined, totalBytes: undefined, remaining: undefined },
    snapshots: [],
    problem: undefined,
    unread: false,
  };
  state.runs.unshift(run);
  const advance = (share) => {
    if (run.state !== "running") return;
    if (share >= 1) {
      state.held.delete(advance);
      end(state, run, "done", tags);
      return;
    }
    run.progress = {
      files: Math.round(18_247 * share),
      bytes: Math.round(1.96e9 * share),
      totalFiles: 18_247,
      totalBytes: 1.96e9,
      remaining: Math.ceil(41 * (1 - share)),
    };
    tell(state, { type: "run", run });
  };
  if (state.runTime === "held") {
    state.held.add(advance);
    advance(0.5);
    return run;
  }
  const ticks = 12;
  let tick = 0;
  const timer = setInterval(() => {
    tick++;
    advance(tick / ticks);
    if (run.state === "running") return;
    clearInterval(timer);
    state.timers.delete(timer);
  }, state.runTime / ticks);
  state.timers.add(timer);
  tell(state, { type: "run", run });
  return run;
}

export function end(state, run, how, tags = []) {
  run.state = how;
  run.ended = new Date().toISOString();
  if (how === "done" && run.kind === "backup") {
    const time = new Date().toISOString();
    const [template] = snapshotsOf(Date.now());
    const owned = {
      ...template,
      id: `f${String(state.nextRun).padStart(63, "0")}`,
      snapshot: { ...template.snapshot, time, tags },
    };
    state.snapshots = [owned, ...state.snapshots];
    run.snapshots = [owned.id];
    const place = state.places[run.place];
    place.lastBackup = time;
    place.overdue = false;
    place.copies = place.copies.map((copy) => ({
      ...copy,
      state: "in-step",
      lastBackup: time,
      behind: 0,
      problem: undefined,
    }));
    state.sizes.push({ time, source: 2_000_000_000, stored: 500_000_000 });
    if (state.days.length > 0) state.days.at(-1).result = "good";
    tell(state, { type: "snapshots", place: run.place });
  }
  if (how === "done" && (run.kind === "restore" || run.kind === "recover"))
    run.report = { created: 12, replaced: 31, left: 18_204, failed: 0, bytes: 38_400_000 };
  if (how === "done" && run.kind === "recover") {
    state.name = "alice";
    state.snapshots = snapshotsOf(state.now);
    const recovered = createState({ now: state.now }).places.marketplace;
    if (run.place === "marketplace") state.places.marketplace = recovered;
    else
      Object.assign(state.places.minio, recovered, { place: "minio", copies: recovered.copies.slice(0, 1) });
  }
  tell(state, { type: "run", run });
}
