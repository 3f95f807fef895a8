export { createAttributeTool, NO_ATTRIBUTE_TOOL } from "./attributes/extended-attributes.js";
export type { AttributeTool } from "./attributes/extended-attributes.js";
export { backup, DEFAULT_WORKERS } from "./backup/backup.js";
export type { BackupEvent, BackupOptions, BackupProgress, BackupResult } from "./backup/backup-types.js";
export { WalkAhead } from "./backup/walk-ahead.js";
export type { WalkAheadOptions } from "./backup/walk-ahead.js";
export { SnapshotBrowser } from "./browse/snapshot-browser.js";
export type {
  BrowsedFile,
  BrowsedFolder,
  BrowsedItem,
  BrowsedOther,
  BrowserOptions,
} from "./browse/snapshot-browser.js";
export { DEFAULT_TEMPLATES } from "./browse/snapshot-folders.js";
export type { FolderTemplates, SnapshotFolder } from "./browse/snapshot-folders.js";
export { check } from "./check/check.js";
export { hireCheckers } from "./check/check-data.js";
export type { CheckCrew } from "./check/check-data.js";
export type {
  CheckEvent,
  CheckOptions,
  CheckPhase,
  CheckResult,
  ReadSelection,
} from "./check/check-types.js";
export { copy } from "./copy/copy.js";
export type { CopyAmount, CopyEvent, CopyOptions, CopyResult } from "./copy/copy-types.js";
export { diff } from "./diff/diff.js";
export type { DiffAmount, DiffEvent, DiffOptions, DiffResult } from "./diff/diff-types.js";
export { dump } from "./dump/dump.js";
export type { ArchiveFormat, DumpOptions } from "./dump/dump.js";
export {
  formatCalendarDuration,
  formatClockDuration,
  parseCalendarDuration,
  parseClockDuration,
} from "./durations.js";
export type { CalendarDuration } from "./durations.js";
export { createExcludeRules } from "./patterns/exclude-rules.js";
export type { ExcludeOptions, ExcludeRules, SourceItem } from "./patterns/exclude-rules.js";
export { readFilesFrom } from "./patterns/files-from.js";
export type { FilesFromOptions } from "./patterns/files-from.js";
export { find, isInTime } from "./find/find.js";
export { findBlobs } from "./find/find-blobs.js";
export { findVersions } from "./find/find-versions.js";
export type { FileVersion, FindVersionsOptions, PathHistory, VersionChange } from "./find/find-versions.js";
export type { WantedBlobs } from "./find/find-blobs.js";
export type {
  FindBlobsEvent,
  FindBlobsOptions,
  FindEvent,
  FindOptions,
  ModificationTimes,
  UnreadableTree,
} from "./find/find-types.js";
export { blobsOfPacks } from "./find/pack-blobs.js";
export type { PackBlobsOptions } from "./find/pack-blobs.js";
export { applyPolicy } from "./forget/apply-policy.js";
export type { DatedSnapshot, KeepReason, PolicyResult } from "./forget/apply-policy.js";
export { forget } from "./forget/forget.js";
export type { ForgetEvent, ForgetGroup, ForgetOptions, ForgetResult, ForgetStore } from "./forget/forget.js";
export { checkPolicy, describePolicy, isEmptyPolicy } from "./forget/keep-policy.js";
export type { KeepCount, KeepCounter, KeepPolicy, Period } from "./forget/keep-policy.js";
export { removeSnapshots } from "./forget/remove-snapshots.js";
export type { RemovalEvent, RemovalOptions, RemovalStorage } from "./forget/remove-snapshots.js";
export { findNode, findSubtree, splitPath } from "./find-tree.js";
export { walkTree } from "./ls.js";
export type { WalkedNode, WalkOptions } from "./ls.js";
export { loadPatterns } from "./patterns/pattern-sources.js";
export type { Environment, PatternSources } from "./patterns/pattern-sources.js";
export { parsePatterns } from "./patterns/patterns.js";
export type { PatternList, PatternOptions } from "./patterns/patterns.js";
export { PathLookup } from "./path-lookup.js";
export { prune } from "./prune/prune.js";
export type { PruneOptions } from "./prune/prune.js";
export { recover } from "./recover/recover.js";
export type { RecoverEvent, RecoverOptions } from "./recover/recover.js";
export { repairSnapshots } from "./repair/repair-snapshots.js";
export type { RepairSnapshotsEvent, RepairSnapshotsOptions } from "./repair/repair-snapshots.js";
export { rewriteSnapshots } from "./rewrite/rewrite.js";
export type { RewriteEvent, RewriteOptions } from "./rewrite/rewrite.js";
export type { ReplaceEvent, SnapshotChange } from "./rewrite/replace-snapshot.js";
export { restore } from "./restore/restore.js";
export { hireWriters } from "./restore/restore-files.js";
export type { RestoreCrew } from "./restore/restore-files.js";
export { excludeFilter, includeFilter } from "./restore/restore-filter.js";
export type { PatternFilter, PatternSelection } from "./restore/restore-filter.js";
export type {
  OverwriteMode,
  RestoreEvent,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from "./restore/restore-types.js";
export { formatBytes, formatPercent, parseSize } from "./sizes.js";
export {
  createSnapshotFilter,
  describeFilter,
  isEmptyFilter,
  matchesFilter,
  parseTagList,
} from "./snapshot-filter.js";
export type { SnapshotFilter } from "./snapshot-filter.js";
export {
  describeGroupKey,
  encodeGroupKey,
  formatGroupHeader,
  GROUP_BY_HOST_AND_PATHS,
  groupSnapshots,
  isGrouping,
  latestPerGroup,
  latestPerHostAndPaths,
  parseGroupBy,
} from "./snapshot-groups.js";
export type { GroupBy, SnapshotGroup, SnapshotGroupKey } from "./snapshot-groups.js";
export {
  findLatest,
  findSnapshot,
  findSnapshots,
  listSnapshots,
  resolveIdPrefix,
  splitSnapshotId,
} from "./snapshot-lookup.js";
export type { SnapshotStore } from "./snapshot-lookup.js";
export { stats } from "./stats/stats.js";
export type {
  CompressionStats,
  StatsMode,
  StatsOptions,
  StatsProgress,
  StatsResult,
} from "./stats/stats-types.js";
export type { StoredSnapshot } from "./stored-snapshot.js";
export { changeTags, checkTagChange, tagSnapshots } from "./tag.js";
export type { TagChange, TagEvent, TagOptions, TagResult } from "./tag.js";
export { formatDuration, parseLocalTime } from "./times.js";
export { createUserNames, loadUserNames } from "./users.js";
export type { UserIds, UserNames } from "./users.js";
