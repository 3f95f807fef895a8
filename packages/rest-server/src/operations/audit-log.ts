/** The audit log: what was deleted, brought back, swept, and what was done to accounts, by whom and when. */
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
