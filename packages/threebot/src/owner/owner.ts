/** The backup of a 3Bot, put together: what its owner asks for is begun here, and done elsewhere. */
import { resolve } from "node:path";
import { homedir } from "node:os";
import { messageOf } from "@tastic/errors";
import { silentLog, type Log } from "@tastic/rest-server";
import type { Clock } from "@tastic/storage";
import { awayAnswer } from "../copies/answers.js";
import { applyRetention, ownedSnapshots, pinnedTag } from "../copies/merged-snapshots.js";
import { ReadingRoom } from "../copies/reading-room.js";
import { EventHub } from "../runs/event-hub.js";
import { findRecoverable, type RecoverRequest } from "../runs/recover-run.js";
import { preview, type RestoreContext } from "../runs/restore-run.js";
import { checkPaths } from "../runs/restore-places.js";
import { retentionOf } from "../runs/retention.js";
import { Runs } from "../runs/runs.js";
import { Workers } from "../runs/workers.js";
import { Notifier } from "../schedule/notifier.js";
import { Scheduler } from "../schedule/scheduler.js";
import { wallClock } from "../schedule/wall-clock.js";
import { Watchdog } from "../schedule/watchdog.js";
import { Browser } from "./browser.js";
import { Jobs, refuseJobTags } from "./jobs.js";
import { OwnerState, places } from "./owner-state.js";
import { RunStarts } from "./run-starts.js";
import type * as Service from "./service.js";
import { findingOf } from "./findings.js";
import { decide } from "./set-up.js";
import { setUpMarketplace } from "./set-up-marketplace.js";
import { lookAtMinio, setUpMinio } from "./set-up-minio.js";
import { changeSettings, shownSettings, type SettingsChange } from "./settings-change.js";
import { changeSnapshots } from "./snapshot-changes.js";
import { placeStatus, statusOf } from "./status-view.js";

type Place = Service.Place;
type Run = Service.Run;

export interface OwnerOptions {
  /** Where state and secrets are kept; never backed up. */
  readonly stateFolder: string;
  /** What "~" stands for; that of the user if not given. */
  readonly home?: string | undefined;
  /** "https://marketplace.example"; without one, only a Minio can be used. */
  readonly marketplaceUrl?: string | undefined;
  /** Folders that may be backed up and restored to; the home folder if not given. */
  readonly restoreRoots?: readonly string[] | undefined;
  /** Other folders that are never backed up and never restored to. */
  readonly hidden?: readonly string[] | undefined;
  /** The time of day, in milliseconds since 1970. */
  readonly clock?: Clock | undefined;
  /** From 0 to below 1, for what shall not happen everywhere at once. */
  readonly jitter?: (() => number) | undefined;
  /** Milliseconds for which a run tries again what may pass; 2 minutes if not given. */
  readonly retryForMs?: number | undefined;
  readonly log?: Log | undefined;
}

const retryFor = 2 * 60_000;

/** Opens the state, and makes it if it is not there. Nothing is begun before `start`. */
export async function createOwnerService(options: OwnerOptions): Promise<Service.OwnerService> {
  return new Owner(await OwnerState.open(resolve(options.stateFolder)), options);
}

class Owner implements Service.OwnerService {
  readonly #state: OwnerState;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #context: RestoreContext;
  readonly #hub = new EventHub();
  readonly #workers: Workers;
  readonly #runs: Runs;
  readonly #room: ReadingRoom;
  readonly #browser: Browser;
  readonly #notifier: Notifier;
  readonly #watchdog: Watchdog;
  readonly #scheduler: Scheduler;
  readonly #starts: RunStarts;
  readonly #jobs: Jobs;
  readonly #telling = new Set<Promise<void>>();

  constructor(state: OwnerState, options: OwnerOptions) {
    const { clock = wallClock, log = silentLog, jitter = Math.random } = options;
    const home = resolve(options.home ?? homedir());
    this.#state = state;
    this.#log = log;
    this.#clock = clock;
    this.#context = {
      state,
      clock,
      home,
      hidden: [state.folder, ...(options.hidden ?? []).map((folder) => resolve(folder))],
      roots: options.restoreRoots ?? [home],
      retryForMs: options.retryForMs ?? retryFor,
      marketplaceUrl: options.marketplaceUrl,
      now: () => clock.now(),
    };
    this.#workers = new Workers(state, log);
    this.#runs = new Runs({
      state,
      clock,
      log,
      workers: this.#workers,
      events: this.#hub,
      ended: (run) => this.#ended(run),
      settled: (run) => this.#settled(run),
    });
    this.#room = new ReadingRoom(state, log);
    this.#starts = new RunStarts({
      context: this.#context,
      runs: this.#runs,
      room: this.#room,
      jitter,
      // Who listens is told beside the run, which waits for nobody.
      begun: (run) => {
        this.#watchdog.begun(run).catch((error: unknown) => log.warn(messageOf(error)));
      },
    });
    this.#jobs = new Jobs({
      state,
      home,
      roots: this.#context.roots,
      now: () => clock.now(),
      begin: (job, place, allowLess) => this.#starts.job(job, place, "owner", allowLess),
    });
    this.#browser = new Browser(this.#room, () => clock.now());
    this.#notifier = new Notifier(state, log);
    this.#watchdog = new Watchdog({ state, runs: this.#runs, notifier: this.#notifier, clock, log });
    this.#scheduler = new Scheduler({
      state,
      runs: this.#runs,
      clock,
      jitter,
      log,
      work: {
        backup: (place) => this.#starts.backup(place, "schedule", []),
        catchUp: (place) => this.#starts.inStep("catch-up", place, "schedule"),
        job: async (name, place) => this.#starts.job(await this.#jobs.need(name), place, "schedule", false),
        drill: (place) => this.#starts.drill(place, "schedule"),
        answers: (place) => awayAnswer(state, place),
        watch: () => this.#watchdog.watch(),
      },
    });
  }

  status(): Promise<Service.Status> {
    return statusOf({ state: this.#state, runs: this.#runs, clock: this.#clock });
  }

  async settings(): Promise<Service.Settings> {
    return shownSettings(await this.#state.settings());
  }

  async changeSettings(change: SettingsChange): Promise<Service.Settings> {
    const before = await this.#state.settings();
    const { home, roots } = this.#context;
    if (change.paths !== undefined) await checkPaths(change.paths, home, { roots });
    const record = await changeSettings(this.#state, home, change);
    for (const place of places) {
      if (record.automatic[place] && !before.automatic[place]) await this.#dueNow(place);
    }
    this.#scheduler.poke();
    this.#hub.emit({ type: "status" });
    return shownSettings(record);
  }

  testNotifications(): Promise<void> {
    return this.#notifier.test();
  }

  async setUpMarketplace(request: {
    readonly name: string;
    readonly password: string;
    readonly token?: string | undefined;
  }): Promise<Service.PlaceStatus> {
    await this.#alone("marketplace", () => setUpMarketplace(this.#context, request));
    return this.#changed("marketplace");
  }

  async decide(place: Place, _choice: "keep-this"): Promise<Service.PlaceStatus> {
    await decide(this.#state, place);
    await this.#dueNow(place);
    return this.#changed(place);
  }

  async testMinio(fields: Service.MinioFields): Promise<Service.Finding> {
    try {
      const { finding, opened } = await lookAtMinio(fields);
      await opened?.close();
      return finding;
    } catch (error) {
      this.#log.error(`looking at a Minio: ${messageOf(error)}`);
      return findingOf(error);
    }
  }

  async setUpMinio(fields: Service.MinioFields): Promise<Service.PlaceStatus> {
    await this.#alone("minio", () => setUpMinio(this.#context, fields));
    return this.#changed("minio");
  }

  async setAutomatic(place: Place, on: boolean): Promise<Service.PlaceStatus> {
    const { automatic } = await this.#state.settings();
    await this.changeSettings({ automatic: { ...automatic, [place]: on } });
    return this.#changed(place);
  }

  backup(request: { readonly place: Place; readonly tags?: readonly string[] | undefined }): Promise<Run> {
    return this.#starts.backup(request.place, "owner", request.tags ?? []);
  }

  jobs(): Promise<readonly Service.JobStatus[]> {
    return this.#jobs.list();
  }

  async setJob(job: Service.Job): Promise<Service.JobStatus> {
    const made = await this.#jobs.set(job);
    this.#scheduler.poke();
    return made;
  }

  removeJob(name: string): Promise<void> {
    return this.#jobs.remove(name);
  }

  runJob({
    name,
    allowLess = false,
  }: {
    readonly name: string;
    readonly allowLess?: boolean | undefined;
  }): Promise<readonly Run[]> {
    return this.#jobs.run(name, allowLess);
  }

  drill(place: Place): Promise<Run> {
    return this.#starts.drill(place, "owner");
  }

  maintain(place: Place): Promise<Run> {
    return this.#starts.inStep("maintenance", place, "owner");
  }

  cancel(runId: string): Promise<Run> {
    return this.#runs.cancel(runId);
  }

  run(runId: string): Promise<Run> {
    return this.#runs.get(runId);
  }

  runs(query: { readonly limit: number; readonly before?: string | undefined }): Promise<readonly Run[]> {
    return this.#runs.list(query);
  }

  log(runId: string): Promise<string> {
    return this.#runs.log(runId);
  }

  markRead(runId: string): Promise<Run> {
    return this.#runs.markRead(runId);
  }

  snapshots(place: Place, tags: readonly string[] = []): Promise<readonly Service.OwnedSnapshot[]> {
    return this.#room.read(place, async ({ snapshots }) => {
      const all = ownedSnapshots(snapshots, await retentionOf(this.#state, snapshots, this.#clock.now()));
      if (tags.length === 0) return all;
      return all.filter(({ snapshot }) => tags.some((tag) => snapshot.tags?.includes(tag)));
    });
  }

  async tag(
    place: Place,
    id: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<void> {
    refuseJobTags([...change.add, ...change.remove]);
    await this.#changeSnapshots(place, { ids: [id], forget: false, ...change });
  }

  async pin(place: Place, id: string, pinned: boolean): Promise<void> {
    const [add, remove] = pinned ? [[pinnedTag], []] : [[], [pinnedTag]];
    await this.#changeSnapshots(place, { ids: [id], forget: false, add, remove });
  }

  async forget(place: Place, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#changeSnapshots(place, { ids, forget: true, add: [], remove: [] });
  }

  simulateRetention(place: Place, retention: Service.Retention): Promise<readonly Service.OwnedSnapshot[]> {
    return this.#room.read(place, async ({ snapshots }) => {
      const { host } = await this.#state.identity();
      return ownedSnapshots(snapshots, applyRetention(snapshots, host, retention, this.#clock.now()));
    });
  }

  list(
    place: Place,
    snapshot: string,
    path: string,
    page: { readonly offset: number; readonly limit: number },
  ) {
    return this.#browser.list(place, snapshot, path, page);
  }

  search(place: Place, pattern: string, limit: number): Promise<readonly Service.Version[]> {
    return this.#browser.search(place, pattern, limit);
  }

  versions(place: Place, path: string): Promise<readonly Service.Version[]> {
    return this.#browser.versions(place, path);
  }

  diff(place: Place, older: string, newer: string, limit: number) {
    return this.#browser.diff(place, older, newer, limit);
  }

  read(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#browser.read(place, snapshot, path);
  }

  archive(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#browser.archive(place, snapshot, path);
  }

  previewRestore(request: Service.RestoreRequest): Promise<Service.RestorePreview> {
    return preview(this.#context, this.#room, request);
  }

  restore(request: Service.RestoreRequest): Promise<Run> {
    return this.#starts.restore(request);
  }

  findRecoverable(from: Service.RecoverFrom): Promise<Service.Recoverable> {
    return findRecoverable(this.#context, from);
  }

  recover(request: RecoverRequest): Promise<Run> {
    return this.#starts.recover(request);
  }

  events(signal: AbortSignal): AsyncIterable<Service.OwnerEvent> {
    return this.#hub.listen(signal);
  }

  async start(): Promise<void> {
    await this.#workers.begin();
    await this.#runs.takeUp();
    await this.#scheduler.start();
  }

  async stop(): Promise<void> {
    // First who begins runs, then those that go on.
    await this.#scheduler.stop();
    await this.#runs.stop();
    await Promise.all(this.#telling);
    this.#hub.close();
    await this.#room.close();
    await this.#workers.end();
  }

  /** Does something with a place that no run may be working on. */
  async #alone(place: Place, work: () => Promise<void>): Promise<void> {
    await this.#workers.claim(place, "set-up");
    try {
      await work();
    } finally {
      await this.#workers.release(place, "set-up");
    }
  }

  async #changeSnapshots(place: Place, change: Parameters<typeof changeSnapshots>[3]): Promise<void> {
    await this.#alone(place, () => changeSnapshots(this.#context, this.#log, place, change));
    await this.#changed(place);
  }

  async #ended(run: Run): Promise<void> {
    await this.#room.invalidate(run.place);
    await this.#scheduler.ended(run);
  }

  #settled(run: Run): void {
    this.#hub.emit({ type: "snapshots", place: run.place });
    this.#scheduler.poke();
    const telling = this.#watchdog
      .ended(run)
      .catch((error: unknown) => this.#log.warn(messageOf(error)))
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  async #dueNow(place: Place): Promise<void> {
    if ((await this.#state.place(place)) === undefined) return;
    await this.#state.changePlace(place, { nextBackup: new Date(this.#clock.now()).toISOString() });
  }

  async #changed(place: Place): Promise<Service.PlaceStatus> {
    await this.#room.invalidate(place);
    this.#scheduler.poke();
    this.#hub.emit({ type: "snapshots", place });
    this.#hub.emit({ type: "status" });
    return placeStatus({ state: this.#state, runs: this.#runs, clock: this.#clock }, place);
  }
}
