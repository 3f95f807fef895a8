/**
 * What the parts of one restore share.
 */
import type { Repository } from "@tastic/repository";
import type { ExactTimes } from "./exact-times.js";
import type { AttributeRestorer } from "./restore-attributes.js";
import type { RestorePlan } from "./restore-plan.js";
import type { RestoreReport } from "./restore-report.js";
import type { RestoreOptions } from "./restore-types.js";
import type { SafeFolders } from "./safe-path.js";

export interface RestoreContext {
  readonly repository: Repository;
  readonly options: RestoreOptions;
  readonly plan: RestorePlan;
  readonly folders: SafeFolders;
  readonly attributes: AttributeRestorer;
  readonly times: ExactTimes;
  readonly report: RestoreReport;
}
