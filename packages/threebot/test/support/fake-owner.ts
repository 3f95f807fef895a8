/**
 * A 3Bot's backup that only remembers: what faces are tested with. Files are those that a test puts there; a run goes on
 * until the test ends it, or ends at once.
 */
import { TasticError } from "@tastic/errors";
import type {
  Entry,
  Finding,
  Job,
  JobStatus,
  MinioFields,
  OwnedSnapshot,
  OwnerEvent,
  OwnerService,
  Place,
  PlaceStatus,
  Recoverable,
  RecoverFrom,
  RestorePreview,
  RestoreRequest,
  Retention,
  Run,
  RunKind,
  Settings,
  Status,
  Version,
} from "@tastic/threebot";

type SettingsChange = Parameters<OwnerService["changeSettings"]>[0];

/** Secrets that the service holds: none may ever come out. */
export const canary = {
  smtpPassword: "canary-smtp-7f3a",
  minioSecret: "canary-minio-91bd",
  repositoryPassword: "canary-repository-55e0",
};

const time = "2026-03-01T10:00:00Z";

export class FakeOwner implements OwnerService {
  /** Names of methods with what they were called with. */
  readonly calls: [string, ...unknown[]][] = [];
  readonly files = new Map<string, Uint8Array>();
  readonly states = new Map<Place, PlaceStatus["state"]>([
    ["marketplace", "absent"],
    ["minio", "absent"],
  ]);
  readonly automatic = new Map<Place, boolean>();
  readonly owned = new Map<Place, OwnedSnapshot[]>([
    ["marketplace", []],
    ["minio", []],
  ]);
  readonly allJobs = new Map<string, JobStatus>();
  readonly allRuns = new Map<string, Run>();
  /** Runs go on until `end`. */
  slow = false;
  /** What the next call of any method throws. */
  failure: Error | undefined;
  name: string | undefined = "alice";
  #settings: Settings = {
    paths: ["~/.config/jumpscale"],
    excludes: [],
    automatic: { marketplace: true, minio: false },
    everyHours: 24,
    retention: { last: 20, daily: 7, weekly: 5, monthly: 12, yearly: 0 },
    overdueDays: 2,
    drillDays: 7,
    notifications: {
      smtpUrl: "smtps://mail.example:465",
      smtpUser: "alice",
      smtpPasswordSet: true,
      from: undefined,
      to: [],
      webhook: "https://hooks.example/1",
      ping: undefined,
      weeklyReport: false,
    },
  };
  readonly #listeners = new Set<(event: OwnerEvent) => void>();
  #counter = 0;

  /** Adds a snapshot as the newest. */
  add(
    place: Place,
    more: Partial<OwnedSnapshot["snapshot"]> & { complete?: boolean; job?: string } = {},
  ): OwnedSnapshot {
    const list = this.owned.get(place)!;
    const number = ++this.#counter;
    const id = number.toString(16).padStart(2, "0").repeat(32);
    const { complete = true, job, ...fields } = more;
    const snapshot = {
      time: new Date(Date.parse(time) + number * 3_600_000).toISOString(),
      tree: "ab".repeat(32),
      paths: ["/home/alice/.config/jumpscale"],
      hostname: "alice-home",
      username: "alice",
      uid: 1000,
      gid: 1000,
      tags: ["init", String(1_770_000_000 + number)],
      ...fields,
    } as OwnedSnapshot["snapshot"];
    const owned = {
      id,
      snapshot,
      copies: ["minio"],
      pinned: false,
      complete,
      job,
      kept: ["last 1"],
    };
    list.unshift(owned);
    return owned;
  }

  /** Ends a run, and tells of it. */
  end(id: string, end: Partial<Run> = {}): Run {
    return this.#put({ ...this.allRuns.get(id)!, ended: time, state: "done", ...end });
  }

  tell(event: OwnerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  get listening(): number {
    return this.#listeners.size;
  }

  status(): Promise<Status> {
    this.#called("status");
    return Promise.resolve({
      name: this.name,
      verdict: "safe",
      places: [this.#place("marketplace"), this.#place("minio")],
      days: [{ day: "2026-03-01", result: "good" }],
      sizes: [{ time, source: 10, stored: 5 }],
      unreadFailures: 0,
      // What a service might add by mistake.
      ...{ internal: canary },
    });
  }

  settings(): Promise<Settings> {
    this.#called("settings");
    const notifications = { ...this.#settings.notifications, smtpPassword: canary.smtpPassword };
    return Promise.resolve({ ...this.#settings, notifications });
  }

  changeSettings(change: SettingsChange): Promise<Settings> {
    this.#called("changeSettings", change);
    this.#settings = { ...this.#settings, ...change };
    return this.settings();
  }

  testNotifications(): Promise<void> {
    this.#called("testNotifications");
    return Promise.resolve();
  }

  setUpMarketplace(request: Parameters<OwnerService["setUpMarketplace"]>[0]): Promise<PlaceStatus> {
    this.#called("setUpMarketplace", request);
    this.states.set("marketplace", "ready");
    this.name = request.name;
    return Promise.resolve(this.#place("marketplace"));
  }

  decide(place: Place, choice: "keep-this"): Promise<PlaceStatus> {
    this.#called("decide", place, choice);
    this.states.set(place, "ready");
    return Promise.resolve(this.#place(place));
  }

  testMinio(fields: MinioFields): Promise<Finding> {
    this.#called("testMinio", fields);
    return Promise.resolve({ found: "new", snapshots: 0, newest: undefined, problem: undefined });
  }

  setUpMinio(fields: MinioFields): Promise<PlaceStatus> {
    this.#called("setUpMinio", fields);
    this.states.set("minio", "ready");
    return Promise.resolve(this.#place("minio"));
  }

  setAutomatic(place: Place, on: boolean): Promise<PlaceStatus> {
    this.#called("setAutomatic", place, on);
    this.automatic.set(place, on);
    return Promise.resolve(this.#place(place));
  }

  backup(request: { readonly place: Place; readonly tags?: readonly string[] | undefined }): Promise<Run> {
    this.#called("backup", request);
    const { id } = this.add(request.place, { tags: [...(request.tags ?? [])] });
    return Promise.resolve(this.#begin("backup", request.place, [id]));
  }

  jobs(): Promise<readonly JobStatus[]> {
    this.#called("jobs");
    return Promise.resolve([...this.allJobs.values()]);
  }

  setJob(job: Job): Promise<JobStatus> {
    this.#called("setJob", job);
    const made = { ...job, at: job.places.map((place) => ({ place, next: time, last: undefined })) };
    this.allJobs.set(job.name, made);
    return Promise.resolve(made);
  }

  removeJob(name: string): Promise<void> {
    this.#called("removeJob", name);
    this.allJobs.delete(name);
    return Promise.resolve();
  }

  runJob(request: {
    readonly name: string;
    readonly allowLess?: boolean | undefined;
  }): Promise<readonly Run[]> {
    this.#called("runJob", request);
    const places = this.allJobs.get(request.name)?.places ?? ["minio"];
    return Promise.resolve(places.map((place) => this.#begin("job", place)));
  }

  maintain(place: Place): Promise<Run> {
    this.#called("maintain", place);
    return Promise.resolve(this.#begin("maintenance", place));
  }

  drill(place: Place): Promise<Run> {
    this.#called("drill", place);
    return Promise.resolve(this.#begin("drill", place));
  }

  cancel(runId: string): Promise<Run> {
    this.#called("cancel", runId);
    return this.run(runId).then(() => this.end(runId, { state: "cancelled" }));
  }

  run(runId: string): Promise<Run> {
    this.#called("run", runId);
    const run = this.allRuns.get(runId);
    return run === undefined
      ? Promise.reject(new TasticError("not-found", "there is no such run"))
      : Promise.resolve(run);
  }

  runs(query: { readonly limit: number; readonly before?: string | undefined }): Promise<readonly Run[]> {
    this.#called("runs", query);
    return Promise.resolve([...this.allRuns.values()].reverse().slice(0, query.limit));
  }

  log(runId: string): Promise<string> {
    this.#called("log", runId);
    return Promise.resolve("backup\nforget\n");
  }

  markRead(runId: string): Promise<Run> {
    this.#called("markRead", runId);
    return this.run(runId);
  }

  snapshots(place: Place, tags?: readonly string[]): Promise<readonly OwnedSnapshot[]> {
    this.#called("snapshots", place, tags);
    const all = this.owned.get(place)!;
    const wanted = (one: OwnedSnapshot): boolean =>
      tags === undefined || tags.some((tag) => one.snapshot.tags?.includes(tag));
    return Promise.resolve(all.filter(wanted));
  }

  tag(
    place: Place,
    id: string,
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<void> {
    this.#called("tag", place, id, change);
    return Promise.resolve();
  }

  pin(place: Place, id: string, pinned: boolean): Promise<void> {
    this.#called("pin", place, id, pinned);
    return Promise.resolve();
  }

  forget(place: Place, ids: readonly string[]): Promise<void> {
    this.#called("forget", place, ids);
    this.owned.set(
      place,
      this.owned.get(place)!.filter(({ id }) => !ids.includes(id)),
    );
    return Promise.resolve();
  }

  simulateRetention(place: Place, retention: Retention): Promise<readonly OwnedSnapshot[]> {
    this.#called("simulateRetention", place, retention);
    const all = this.owned.get(place)!;
    return Promise.resolve(
      all.map((one, i) => ({ ...one, kept: i < retention.last ? [`last ${i + 1}`] : [] })),
    );
  }

  list(
    place: Place,
    snapshot: string,
    path: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly total: number; readonly entries: readonly Entry[] }> {
    this.#called("list", place, snapshot, path, page);
    const below = [...this.files.keys()].filter((one) => one.startsWith(path));
    const entries = below.map((one) => this.#entry(one)).slice(page.offset, page.offset + page.limit);
    return Promise.resolve({ total: below.length, entries });
  }

  search(place: Place, pattern: string, limit: number): Promise<readonly Version[]> {
    this.#called("search", place, pattern, limit);
    return Promise.resolve(this.#versions([...this.files.keys()].filter((one) => one.includes(pattern))));
  }

  versions(place: Place, path: string): Promise<readonly Version[]> {
    this.#called("versions", place, path);
    return Promise.resolve(this.#versions(this.files.has(path) ? [path] : []));
  }

  diff(place: Place, older: string, newer: string, limit: number): ReturnType<OwnerService["diff"]> {
    this.#called("diff", place, older, newer, limit);
    return Promise.resolve([{ path: "/a", change: "added" }]);
  }

  read(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    this.#called("read", place, snapshot, path);
    const content = this.files.get(path);
    if (content === undefined) return Promise.reject(new TasticError("not-found", "there is no such file"));
    return Promise.resolve(inParts(content, () => this.#called("read-ended")));
  }

  archive(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    this.#called("archive", place, snapshot, path);
    return Promise.resolve(inParts(Buffer.from("PK\u0005\u0006"), () => undefined));
  }

  previewRestore(request: RestoreRequest): Promise<RestorePreview> {
    this.#called("previewRestore", request);
    return Promise.resolve({ create: 1, replace: 2, unchanged: 3, kept: 0, bytes: 4, replaced: ["/a"] });
  }

  restore(request: RestoreRequest): Promise<Run> {
    this.#called("restore", request);
    return Promise.resolve(this.#begin("restore", request.place));
  }

  findRecoverable(from: RecoverFrom): Promise<Recoverable> {
    this.#called("findRecoverable", from);
    const snapshots = this.owned.get(from.place)!;
    return Promise.resolve({ place: from.place, copies: [], snapshots, newestComplete: snapshots[0]?.id });
  }

  recover(request: Parameters<OwnerService["recover"]>[0]): Promise<Run> {
    this.#called("recover", request);
    return Promise.resolve(this.#begin("recover", request.from.place));
  }

  async *events(signal: AbortSignal): AsyncGenerator<OwnerEvent, void, undefined> {
    const waiting: OwnerEvent[] = [];
    let wake: () => void = () => undefined;
    const listener = (event: OwnerEvent): void => {
      waiting.push(event);
      wake();
    };
    this.#listeners.add(listener);
    const end = (): void => wake();
    signal.addEventListener("abort", end);
    try {
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  start(): Promise<void> {
    this.#called("start");
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#called("stop");
    return Promise.resolve();
  }

  #called(method: string, ...given: unknown[]): void {
    this.calls.push([method, ...given]);
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #place(place: Place): PlaceStatus {
    return {
      place,
      state: this.states.get(place)!,
      copies: [],
      automatic: this.automatic.get(place) ?? false,
      lastBackup: undefined,
      nextBackup: undefined,
      overdue: false,
      running: [...this.allRuns.values()].find((run) => run.place === place && run.state === "running"),
    };
  }

  #begin(kind: RunKind, place: Place, snapshots: readonly string[] = []): Run {
    const run: Run = {
      id: `run-${++this.#counter}`,
      kind,
      place,
      by: "owner",
      started: time,
      ended: undefined,
      state: "running",
      step: kind,
      progress: { files: 1, bytes: 2, totalFiles: undefined, totalBytes: undefined, remaining: undefined },
      snapshots,
      problem: undefined,
      unread: false,
    };
    this.#put(run);
    if (!this.slow) setImmediate(() => this.end(run.id));
    return run;
  }

  #put(run: Run): Run {
    this.allRuns.set(run.id, run);
    this.tell({ type: "run", run });
    return run;
  }

  #entry(path: string): Entry {
    const size = this.files.get(path)?.length;
    return { name: path.split("/").at(-1) ?? "", path, type: "file", size, modified: time, mode: 0o644 };
  }

  #versions(paths: readonly string[]): Version[] {
    return paths.map((path) => ({ snapshot: "ab".repeat(32), time, entry: this.#entry(path) }));
  }
}

async function* inParts(content: Uint8Array, ended: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let i = 0; i < content.length; i += 65_536) {
      yield content.subarray(i, i + 65_536);
      // As a store does.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    ended();
  }
}
