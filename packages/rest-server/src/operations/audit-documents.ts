/** The audit log as documents, for servers that have no disk of their own: what came within a second is one document. */
import { randomBytes } from "node:crypto";
import type { DocumentStore } from "../accounts/documents.js";
import type { AuditEntry, AuditLog } from "./audit-log.js";

const interval = 1_000;

export function createAuditDocuments(documents: DocumentStore, now: () => number = Date.now): AuditLog {
  const instance = randomBytes(6).toString("hex");
  let lines: string[] = [];
  let pending: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, interval).unref());
    const text = lines.join("");
    const time = new Date(now()).toISOString();
    lines = [];
    pending = undefined;
    const name = `audit/${time.replaceAll(":", "-")}-${instance}-${randomBytes(4).toString("hex")}`;
    await documents.write(name, text, undefined);
  };
  return {
    record(entry: AuditEntry): Promise<void> {
      lines.push(`${JSON.stringify({ time: new Date(now()).toISOString(), ...entry })}\n`);
      pending ??= write();
      // What changes who may do what is on record before it is done; a prune does not wait for each object.
      if (entry.event.startsWith("account")) return pending;
      pending.catch(() => undefined);
      return Promise.resolve();
    },
    async close() {
      await pending;
    },
  };
}
