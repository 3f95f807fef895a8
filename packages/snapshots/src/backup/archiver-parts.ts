/**
 * What the parts that archive share: the helpers that they all use.
 */
import type { Repository, RepositoryWriter } from "@tastic/repository";
import type { BackupReport } from "./backup-report.js";
import type { ChangeOptions } from "./change-detection.js";
import type { Ingest } from "./ingest.js";
import { describeSystemError } from "./source-error.js";
import type { WalkProblem } from "./source-walk.js";
import type { Stop } from "./stop.js";
import type { WalkAhead } from "./walk-ahead.js";

export interface ArchiverParts {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
  readonly ingest: Ingest;
  readonly walk: WalkAhead;
  readonly report: BackupReport;
  readonly changes: ChangeOptions;
  readonly stop: Stop;
  /** See `Archiving`. */
  readonly held: Promise<void> | undefined;
}

/** Reports what the walk could not take along. */
export function reportProblem(report: BackupReport, problem: WalkProblem): void {
  const { path } = problem;
  if ("warning" in problem) report.warning(problem.warning, path);
  else report.error("archival", path, describeSystemError(problem.error, path));
}
