/** The audit log: what was deleted, brought back, swept, and what was done to accounts, by whom and when. */
import { isTasticError, messageOf } from "@tastic/errors";
import type { Log } from "./log.js";

export interface AuditEntry {
  readonly event: string;
  /** Who did it; "" where nobody logs in, "operator" for the operator. */
  readonly account: string;
  readonly [detail: string]: string | number | boolean | undefined;
}

export interface AuditLog {
  /** Resolves when the entry is on its way to the disk. */
  record(entry: AuditEntry): Promise<void>;
  close(): Promise<void>;
}

export const noAudit: AuditLog = {
  record: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * On a full disk clients must still be able to delete: what the audit log has no room for goes to the server's own log,
 * as an error, with all that the entry says.
 */
export function auditOrLog(audit: AuditLog, log: Log): AuditLog {
  return {
    async record(entry) {
      try {
        await audit.record(entry);
      } catch (error) {
        if (!isTasticError(error, "no-space")) throw error;
        log.error(`NOT IN THE AUDIT LOG: ${messageOf(error)}`, entry);
      }
    },
    close: () => audit.close(),
  };
}
