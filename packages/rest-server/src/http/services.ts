/** What handlers of requests have at hand beside the request. */
import type { StorageFile } from "@tastic/storage";
import type { AuditLog } from "../operations/audit-log.js";
import type { Log } from "../operations/log.js";
import type { Metrics } from "../operations/metrics.js";
import type { LockOwners } from "../operations/lock-owners.js";
import type { Exchange } from "./exchange.js";
import type { HttpSettings } from "./settings.js";

/** Room for one upload, taken from all limits that concern it. */
export interface Reservation {
  /** Takes more. Throws a refusal (507) where a limit would be passed. */
  add(bytes: number): void;
  /** The upload has come to its end: what was taken is used if the object was stored, else given back. */
  settle(stored: boolean): void;
  /** What the client is told of its limits. */
  headers(): Readonly<Record<string, string>>;
}

/** Who may store how much. */
export interface Usage {
  /** Resolves when enough is known of a repository to answer at all. */
  reserve(exchange: Exchange, file: StorageFile): Promise<Reservation>;
  /** An object has gone, into the trash or for good. */
  removed(folders: readonly string[], bytes: number, into: "trash" | "nothing"): void;
}

export interface Services {
  readonly settings: HttpSettings;
  readonly usage: Usage;
  readonly lockOwners: LockOwners;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}
