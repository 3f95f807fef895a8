/**
 * What a 3Bot's backup can do for its owner. The page, the HTTP interface, the shell and the command are faces of this;
 * none of them knows how it is done.
 */
import type { Snapshot } from "tastic";

/** Where backups go: to the two servers of the marketplace, or to the owner's own S3 store. */
export type Place = "marketplace" | "minio";

/** A repository that holds the backups of a place; the marketplace has two, which hold the same. */
export interface Copy {
  /** "marketplace-1", "marketplace-2", "minio". */
  readonly id: string;
  readonly place: Place;
  /** Without credentials. */
  readonly url: string;
  readonly lastBackup: string | undefined;
  /** `behind` by snapshots that the other copy has; caught up at the next run. */
  readonly state: "in-step" | "behind" | "unreachable" | "empty" | "unknown";
  readonly behind: number;
  /** When a drill last brought a sample back, bit for bit. */
  readonly proven: string | undefined;
  /** Why it is not as it should be, and what to do. */
  readonly problem: Problem | undefined;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly guidance: string | undefined;
}

/** Times are RFC 3339, sizes bytes, durations seconds. */
export interface PlaceStatus {
  readonly place: Place;
  readonly state: "absent" | "ready" | "recovery-undecided";
  readonly copies: readonly Copy[];
  readonly automatic: boolean;
  readonly lastBackup: string | undefined;
  readonly nextBackup: string | undefined;
  readonly overdue: boolean;
  /** The run that is going on. */
  readonly running: Run | undefined;
}

export interface Status {
  /** The 3Bot's name; undefined before it has one. */
  readonly name: string | undefined;
  /** `unsafe` if nothing holds a backup that is not overdue; `attention` if something is to be mended. */
  readonly verdict: "safe" | "attention" | "unsafe" | "new";
  readonly places: readonly PlaceStatus[];
  /** The last 30 days, oldest first: how the runs of a day ended. */
  readonly days: readonly { readonly day: string; readonly result: "good" | "failed" | "none" }[];
  /** Bytes of what was backed up, and of what that takes in a repository, at each of the last backups. */
  readonly sizes: readonly { readonly time: string; readonly source: number; readonly stored: number }[];
  readonly unreadFailures: number;
}

export type RunKind = "backup" | "job" | "restore" | "recover" | "drill" | "catch-up" | "maintenance";

export interface Run {
  readonly id: string;
  readonly kind: RunKind;
  /** The name of the job that was done. */
  readonly job?: string | undefined;
  readonly place: Place;
  /** What began it: a person, the schedule, or the service itself. */
  readonly by: "owner" | "schedule" | "service";
  readonly started: string;
  readonly ended: string | undefined;
  readonly state: "running" | "done" | "incomplete" | "failed" | "cancelled" | "interrupted";
  /** What it is doing now, or did last: "backup", "forget", "prune", "check"; with the copy. */
  readonly step: string;
  readonly progress: Progress | undefined;
  readonly snapshots: readonly string[];
  /** What a restore or a recovery did so far. */
  readonly report?: RestoreReport | undefined;
  readonly problem: Problem | undefined;
  /** A failure that nobody has looked at yet. */
  readonly unread: boolean;
}

/** Counts files, but for `failed`, which also counts folders and links; `bytes` is what was brought back. */
export interface RestoreReport {
  readonly created: number;
  readonly replaced: number;
  /** The same already, or to be kept. */
  readonly left: number;
  readonly failed: number;
  readonly bytes: number;
}

export interface Progress {
  readonly files: number;
  readonly bytes: number;
  /** Undefined while it is not known. */
  readonly totalFiles: number | undefined;
  readonly totalBytes: number | undefined;
  /** Seconds. */
  readonly remaining: number | undefined;
}

/** A snapshot over all copies of a place. */
export interface OwnedSnapshot {
  /** The id in the first copy that has it. */
  readonly id: string;
  readonly snapshot: Snapshot;
  readonly copies: readonly string[];
  readonly pinned: boolean;
  /** Restored from it are all paths that were to be backed up. */
  readonly complete: boolean;
  /** The job whose it is; undefined for what is recovered of the 3Bot itself. */
  readonly job: string | undefined;
  /** Why the retention keeps it: "last 1", "daily 3"; empty if it would not. */
  readonly kept: readonly string[];
}

export interface MinioFields {
  /** "https://minio.example:9000". */
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of the repository: the owner's choice, which nobody can recover. */
  readonly password: string;
  readonly bucket?: string | undefined;
  readonly prefix?: string | undefined;
}

export interface Finding {
  readonly found: "new" | "existing" | "wrong-password" | "wrong-keys" | "unreachable" | "refused";
  readonly snapshots: number;
  readonly newest: string | undefined;
  readonly problem: Problem | undefined;
}

export interface Recoverable {
  readonly place: Place;
  readonly copies: readonly { readonly url: string; readonly finding: Finding }[];
  /** Newest first, over all copies. */
  readonly snapshots: readonly OwnedSnapshot[];
  readonly newestComplete: string | undefined;
}

export type RecoverFrom =
  | { readonly place: "marketplace"; readonly name: string; readonly password: string }
  | ({ readonly place: "minio" } & MinioFields);

export interface RestoreRequest {
  readonly place: Place;
  /** An id, or "latest" for the newest that is complete. */
  readonly snapshot: string;
  /** Paths in the snapshot; all of it if empty. */
  readonly paths: readonly string[];
  /** A folder, or undefined for where it came from. */
  readonly target: string | undefined;
  readonly existing: "replace" | "replace-older" | "replace-changed" | "keep";
}

export interface RestorePreview {
  readonly create: number;
  readonly replace: number;
  readonly unchanged: number;
  readonly kept: number;
  readonly bytes: number;
  /** The first hundred that would be replaced, by where they are on this machine. */
  readonly replaced: readonly string[];
}

export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly size: number | undefined;
  readonly modified: string | undefined;
  readonly mode: number | undefined;
}

export interface Version {
  readonly snapshot: string;
  readonly time: string;
  readonly entry: Entry;
}

export interface Settings {
  /** Absolute, or below the home folder with "~/". */
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly automatic: Readonly<Record<Place, boolean>>;
  readonly everyHours: number;
  readonly retention: Retention;
  readonly overdueDays: number;
  readonly drillDays: number;
  readonly notifications: Notifications;
}

/** What is backed up besides the 3Bot itself: paths with their own schedule and retention, in one place or in several. */
export interface Job {
  /** Small letters, digits and dashes. Its snapshots have the tag "job:" and the name. */
  readonly name: string;
  /** As those of the settings. */
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly places: readonly Place[];
  /** 0: only when somebody asks for it. */
  readonly everyHours: number;
  readonly retention: Retention;
}

export interface JobStatus extends Job {
  readonly at: readonly {
    readonly place: Place;
    readonly next: string | undefined;
    /** How it ended the last time. */
    readonly last: { readonly run: string; readonly ended: string; readonly state: string } | undefined;
  }[];
}

/** Zero keeps none by that rule. */
export interface Retention {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

export interface Notifications {
  /** "smtps://host:465"; credentials are set apart and never read back. */
  readonly smtpUrl: string | undefined;
  readonly smtpUser: string | undefined;
  readonly smtpPasswordSet: boolean;
  readonly from: string | undefined;
  readonly to: readonly string[];
  readonly webhook: string | undefined;
  /** Pinged after each good run, with /start before and /fail after a bad one. */
  readonly ping: string | undefined;
  readonly weeklyReport: boolean;
}

export type OwnerEvent =
  | { readonly type: "run"; readonly run: Run }
  | { readonly type: "status" }
  | { readonly type: "snapshots"; readonly place: Place };

export interface OwnerService {
  status(): Promise<Status>;
  settings(): Promise<Settings>;
  changeSettings(
    change: Partial<Settings> & { readonly smtpPassword?: string | undefined },
  ): Promise<Settings>;
  testNotifications(): Promise<void>;

  /**
   * Sets the marketplace up. If there are backups of this name already, the state is `recovery-undecided`, and nothing is
   * backed up until `decide` was called or a recovery done.
   */
  setUpMarketplace(request: {
    readonly name: string;
    readonly password: string;
    readonly token?: string | undefined;
  }): Promise<PlaceStatus>;
  decide(place: Place, choice: "keep-this"): Promise<PlaceStatus>;
  /** Looks, within 10 seconds, and changes nothing. */
  testMinio(fields: MinioFields): Promise<Finding>;
  /** As `testMinio`, then begins to use it; what worked before stays if it fails. */
  setUpMinio(fields: MinioFields): Promise<PlaceStatus>;
  setAutomatic(place: Place, on: boolean): Promise<PlaceStatus>;

  /** Begins a backup: unlock stale locks, backup, forget, prune, check. */
  backup(request: { readonly place: Place; readonly tags?: readonly string[] | undefined }): Promise<Run>;
  jobs(): Promise<readonly JobStatus[]>;
  /** Makes a job, or changes the one of this name. */
  setJob(job: Job): Promise<JobStatus>;
  /** Its snapshots stay. */
  removeJob(name: string): Promise<void>;
  /**
   * Does a job in all its places now, each as a run of its own; where another run goes on, after that.
   * @param request.allowLess far fewer files than the last time are meant
   */
  runJob(request: {
    readonly name: string;
    readonly allowLess?: boolean | undefined;
  }): Promise<readonly Run[]>;
  drill(place: Place): Promise<Run>;
  /** All that a backup does but the backup: brings the copies in step, forgets, prunes if something is gone, checks. */
  maintain(place: Place): Promise<Run>;
  cancel(runId: string): Promise<Run>;
  run(runId: string): Promise<Run>;
  /** Newest first. */
  runs(query: { readonly limit: number; readonly before?: string | undefined }): Promise<readonly Run[]>;
  log(runId: string): Promise<string>;
  markRead(runId: string): Promise<Run>;

  /** Newest first. */
  snapshots(place: Place, tags?: readonly string[]): Promise<readonly OwnedSnapshot[]>;
  tag(
    place: Place,
    id: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<void>;
  pin(place: Place, id: string, pinned: boolean): Promise<void>;
  forget(place: Place, ids: readonly string[]): Promise<void>;
  /** What each snapshot would be kept for. */
  simulateRetention(place: Place, retention: Retention): Promise<readonly OwnedSnapshot[]>;

  list(
    place: Place,
    snapshot: string,
    path: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly total: number; readonly entries: readonly Entry[] }>;
  search(place: Place, pattern: string, limit: number): Promise<readonly Version[]>;
  versions(place: Place, path: string): Promise<readonly Version[]>;
  diff(
    place: Place,
    older: string,
    newer: string,
    limit: number,
  ): Promise<readonly { readonly path: string; readonly change: "added" | "removed" | "changed" }[]>;
  /** The content of a file. */
  read(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>>;
  /** A folder as a zip file. */
  archive(place: Place, snapshot: string, path: string): Promise<AsyncIterable<Uint8Array>>;

  previewRestore(request: RestoreRequest): Promise<RestorePreview>;
  /** In place, a safety snapshot is made before. */
  restore(request: RestoreRequest): Promise<Run>;
  /** What can be recovered with a name and a password, or with the fields of a store. */
  findRecoverable(from: RecoverFrom): Promise<Recoverable>;
  /** Brings it back to where it came from, or into `target`, and goes on backing up to there. */
  recover(request: {
    readonly from: RecoverFrom;
    readonly snapshot?: string | undefined;
    readonly target?: string | undefined;
  }): Promise<Run>;

  /** Until `signal` aborts. */
  events(signal: AbortSignal): AsyncIterable<OwnerEvent>;
  /** Begins the schedule, and takes up what was interrupted. */
  start(): Promise<void>;
  stop(): Promise<void>;
}
