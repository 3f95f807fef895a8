/** The shape of what a 3Bot's backup remembers. What begins with "sealed:" is opened with the key file. */
import * as v from "valibot";

const time = v.string();
const sealed = v.pipe(v.string(), v.startsWith("sealed:"));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const problemRecord = v.object({
  code: v.string(),
  message: v.string(),
  guidance: v.optional(v.string()),
});

export const identityRecord = v.object({
  name: v.optional(v.string()),
  /** What its snapshots have for a host, wherever the 3Bot runs. */
  host: v.string(),
  /** Has it backed up, recovered, or been told to go on as it is? */
  used: v.boolean(),
  /** When the weekly report is due. */
  reportDue: v.optional(time),
});

export const retentionRecord = v.object({
  last: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
});

export const settingsRecord = v.object({
  paths: v.array(v.string()),
  excludes: v.array(v.string()),
  automatic: v.object({ marketplace: v.boolean(), minio: v.boolean() }),
  everyHours: v.pipe(v.number(), v.minValue(1), v.maxValue(24 * 31)),
  retention: retentionRecord,
  overdueDays: v.pipe(v.number(), v.minValue(1), v.maxValue(365)),
  drillDays: v.pipe(v.number(), v.minValue(0), v.maxValue(365)),
  notifications: v.object({
    smtpUrl: v.optional(v.string()),
    smtpUser: v.optional(v.string()),
    smtpPassword: v.optional(sealed),
    from: v.optional(v.string()),
    to: v.array(v.string()),
    webhook: v.optional(v.string()),
    ping: v.optional(v.string()),
    weeklyReport: v.boolean(),
  }),
});

const marketplaceTarget = v.object({
  kind: v.literal("marketplace"),
  copies: v.array(
    v.object({ id: v.string(), url: v.string(), account: v.string(), server: v.optional(v.string()) }),
  ),
  loginSecret: sealed,
});
const minioTarget = v.object({
  kind: v.literal("minio"),
  url: v.string(),
  bucket: v.string(),
  prefix: v.string(),
  accessKey: v.string(),
  secretKey: sealed,
});

/** What is to be done in copies that could not be reached when it was asked for. */
export const pendingChange = v.object({
  key: v.string(),
  copies: v.array(v.string()),
  forget: v.boolean(),
  add: v.array(v.string()),
  remove: v.array(v.string()),
});

export const placeRecord = v.object({
  state: v.picklist(["ready", "recovery-undecided"]),
  since: time,
  target: v.variant("kind", [marketplaceTarget, minioTarget]),
  /** Of the repositories. */
  password: sealed,
  nextBackup: v.optional(time),
  nextCatchUp: v.optional(time),
  nextDrill: v.optional(time),
  lastBackup: v.optional(time),
  /** In a row. */
  failures: count,
  catchUpFailures: count,
  /** The owner has said that less than before is meant. */
  shrinkAllowed: v.boolean(),
  pending: v.array(pendingChange),
  sizes: v.array(v.object({ time, source: count, stored: count })),
  /** When the owner was last told of what goes on failing, or of what is overdue. */
  failureTold: v.optional(time),
  overdueTold: v.optional(time),
});

export const copyRecord = v.object({
  repositoryId: v.optional(v.string()),
  lastBackup: v.optional(time),
  proven: v.optional(time),
  state: v.picklist(["in-step", "behind", "unreachable", "empty", "unknown"]),
  behind: count,
  problem: v.optional(problemRecord),
  /** What the last drill found, until another one finds it mended. */
  drillProblem: v.optional(problemRecord),
  /** The snapshots that were there when we last looked: what is missing since was not removed by us. */
  known: v.array(v.string()),
  pruneDue: v.boolean(),
  /** Bytes of the repository, as the last prune counted them. */
  stored: count,
});

export const jobRecord = v.object({
  name: v.string(),
  paths: v.array(v.string()),
  excludes: v.array(v.string()),
  /** 0: only when somebody asks for it. */
  everyHours: v.pipe(v.number(), v.minValue(0), v.maxValue(24 * 366)),
  retention: retentionRecord,
  at: v.array(
    v.object({
      place: v.picklist(["marketplace", "minio"]),
      next: v.optional(time),
      /** In a row. */
      failures: count,
      last: v.optional(v.object({ run: v.string(), ended: time, state: v.string() })),
    }),
  ),
});

/** All jobs in one: their names may be used again. */
export const jobsRecord = v.object({ jobs: v.array(jobRecord) });

export const runRecord = v.object({
  id: v.string(),
  kind: v.picklist(["backup", "job", "restore", "recover", "drill", "catch-up", "maintenance"]),
  /** The name of the job. */
  job: v.optional(v.string()),
  place: v.picklist(["marketplace", "minio"]),
  by: v.picklist(["owner", "schedule", "service"]),
  started: time,
  ended: v.optional(time),
  state: v.picklist(["running", "done", "incomplete", "failed", "cancelled", "interrupted"]),
  step: v.string(),
  snapshots: v.array(v.string()),
  report: v.optional(v.object({ created: count, replaced: count, left: count, failed: count, bytes: count })),
  problem: v.optional(problemRecord),
  unread: v.boolean(),
  /** The process that does it. */
  worker: v.string(),
});

export const logRecord = v.object({ text: v.string() });

/** A process of this service that works on runs. */
export const workerRecord = v.object({ pid: count, beat: time });

/** Who works on a place. */
export const claimRecord = v.object({ worker: v.optional(v.string()), run: v.optional(v.string()) });

export type IdentityRecord = v.InferOutput<typeof identityRecord>;
export type SettingsRecord = v.InferOutput<typeof settingsRecord>;
export type PlaceRecord = v.InferOutput<typeof placeRecord>;
export type CopyRecord = v.InferOutput<typeof copyRecord>;
export type JobRecord = v.InferOutput<typeof jobRecord>;
export type RunRecord = v.InferOutput<typeof runRecord>;
export type PendingChange = v.InferOutput<typeof pendingChange>;
