/**
 * What the parts of the walk share: the helpers that they all use, and how they name an object of the source.
 */
import type { Node } from "@tastic/format";
import type { Repository, RepositoryWriter } from "@tastic/repository";
import type { AttributeQueue } from "./attribute-queue.js";
import type { BackupReport } from "./backup-report.js";
import type { ChangeOptions } from "./change-detection.js";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import type { Ingest } from "./ingest.js";
import { describeSystemError } from "./source-error.js";
import type { NodeOptions } from "./source-files.js";
import type { Candidate } from "./source-items.js";
import type { Stop } from "./stop.js";

export interface ArchiverParts {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
  readonly ingest: Ingest;
  readonly excludes: ExcludeRules | undefined;
  readonly attributes: AttributeQueue | undefined;
  readonly report: BackupReport;
  readonly nodes: NodeOptions;
  readonly changes: ChangeOptions;
  readonly stop: Stop;
}

/** An object of the source and where it stands in the snapshot. */
export interface Item extends Candidate {
  /** Its path in the snapshot. */
  readonly snapshotPath: string;
  /** What stood there in the parent snapshot. */
  readonly previous: Node | undefined;
}

/** Runs a call to the system; what fails is reported, and left out of the snapshot. */
export function attempt<T>(report: BackupReport, path: string, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    report.error("archival", path, describeSystemError(error, path));
    return undefined;
  }
}
