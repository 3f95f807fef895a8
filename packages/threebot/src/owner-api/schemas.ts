/**
 * The shapes of what the interface answers: for its description, and to let nothing through that is not in them. The
 * types are those of `owner/service.ts`; a test holds the two against each other.
 */
import * as v from "valibot";

const text = v.string();
const texts = v.array(v.string());
const count = v.number();
const maybeText = v.optional(v.string());
const maybeCount = v.optional(v.number());

export const placeSchema = v.picklist(["marketplace", "minio"]);

export const problemSchema = v.object({ code: text, message: text, guidance: maybeText });
const maybeProblem = v.optional(problemSchema);

export const progressSchema = v.object({
  files: count,
  bytes: count,
  totalFiles: maybeCount,
  totalBytes: maybeCount,
  remaining: maybeCount,
});

export const restoreReportSchema = v.object({
  created: count,
  replaced: count,
  left: count,
  failed: count,
  bytes: count,
});

export const runSchema = v.object({
  id: text,
  kind: v.picklist(["backup", "job", "restore", "recover", "drill", "catch-up", "maintenance"]),
  job: maybeText,
  place: placeSchema,
  by: v.picklist(["owner", "schedule", "service"]),
  started: text,
  ended: maybeText,
  state: v.picklist(["running", "done", "incomplete", "failed", "cancelled", "interrupted"]),
  step: text,
  progress: v.optional(progressSchema),
  snapshots: texts,
  report: v.optional(restoreReportSchema),
  problem: maybeProblem,
  unread: v.boolean(),
});

export const copySchema = v.object({
  id: text,
  place: placeSchema,
  url: text,
  lastBackup: maybeText,
  state: v.picklist(["in-step", "behind", "unreachable", "empty", "unknown"]),
  behind: count,
  proven: maybeText,
  problem: maybeProblem,
});

export const placeStatusSchema = v.object({
  place: placeSchema,
  state: v.picklist(["absent", "ready", "recovery-undecided"]),
  copies: v.array(copySchema),
  automatic: v.boolean(),
  lastBackup: maybeText,
  nextBackup: maybeText,
  overdue: v.boolean(),
  running: v.optional(runSchema),
});

export const statusSchema = v.object({
  name: maybeText,
  verdict: v.picklist(["safe", "attention", "unsafe", "new"]),
  places: v.array(placeStatusSchema),
  days: v.array(v.object({ day: text, result: v.picklist(["good", "failed", "none"]) })),
  sizes: v.array(v.object({ time: text, source: count, stored: count })),
  unreadFailures: count,
});

export const retentionSchema = v.object({
  last: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
});

export const settingsSchema = v.object({
  paths: texts,
  excludes: texts,
  automatic: v.object({ marketplace: v.boolean(), minio: v.boolean() }),
  everyHours: count,
  retention: retentionSchema,
  overdueDays: count,
  drillDays: count,
  notifications: v.object({
    smtpUrl: maybeText,
    smtpUser: maybeText,
    smtpPasswordSet: v.boolean(),
    from: maybeText,
    to: texts,
    webhook: maybeText,
    ping: maybeText,
    weeklyReport: v.boolean(),
  }),
});

export const findingSchema = v.object({
  found: v.picklist(["new", "existing", "wrong-password", "wrong-keys", "unreachable", "refused"]),
  snapshots: count,
  newest: maybeText,
  problem: maybeProblem,
});

/** As the engine has it, with restic's names in camel case. */
export const snapshotSchema = v.object({
  time: text,
  parent: maybeText,
  tree: text,
  paths: texts,
  hostname: maybeText,
  username: maybeText,
  uid: maybeCount,
  gid: maybeCount,
  excludes: v.optional(texts),
  tags: v.optional(texts),
  original: maybeText,
  programVersion: maybeText,
  summary: v.optional(
    v.object({
      backupStart: text,
      backupEnd: text,
      filesNew: count,
      filesChanged: count,
      filesUnmodified: count,
      dirsNew: count,
      dirsChanged: count,
      dirsUnmodified: count,
      dataBlobs: count,
      treeBlobs: count,
      dataAdded: count,
      dataAddedPacked: count,
      totalFilesProcessed: count,
      totalBytesProcessed: count,
    }),
  ),
});

export const ownedSnapshotSchema = v.object({
  id: text,
  snapshot: snapshotSchema,
  copies: texts,
  pinned: v.boolean(),
  complete: v.boolean(),
  job: maybeText,
  kept: texts,
});

export const snapshotsSchema = v.object({ snapshots: v.array(ownedSnapshotSchema) });

export const jobSchema = v.object({
  name: text,
  paths: texts,
  excludes: texts,
  places: v.array(placeSchema),
  everyHours: v.number(),
  retention: retentionSchema,
  at: v.array(
    v.object({
      place: placeSchema,
      next: maybeText,
      last: v.optional(v.object({ run: text, ended: text, state: text })),
    }),
  ),
});

export const recoverableSchema = v.object({
  place: placeSchema,
  copies: v.array(v.object({ url: text, finding: findingSchema })),
  snapshots: v.array(ownedSnapshotSchema),
  newestComplete: maybeText,
});

export const restorePreviewSchema = v.object({
  create: count,
  replace: count,
  unchanged: count,
  kept: count,
  bytes: count,
  replaced: texts,
});

export const entrySchema = v.object({
  name: text,
  path: text,
  type: text,
  size: maybeCount,
  modified: maybeText,
  mode: maybeCount,
});

export const versionSchema = v.object({ snapshot: text, time: text, entry: entrySchema });

export const ownerEventSchema = v.variant("type", [
  v.object({ type: v.literal("run"), run: runSchema }),
  v.object({ type: v.literal("status") }),
  v.object({ type: v.literal("snapshots"), place: placeSchema }),
]);

export const nothing = v.object({});
