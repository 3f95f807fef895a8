/** Which two of the backup servers a new 3Bot gets: spread evenly, and the same ones whenever it is asked. */
import { createHash } from "node:crypto";
import { TasticError } from "@tastic/errors";
import type { BackupServer } from "./backup-server.js";

const copies = 2;

export function checkServers(servers: readonly BackupServer[]): void {
  if (new Set(servers.map(({ id }) => id)).size === servers.length && servers.length >= copies) return;
  throw new TasticError("invalid-argument", "a marketplace needs two backup servers or more", {
    guidance: "Give each an id of its own, and let them be different machines.",
  });
}

export function chooseServers(name: string, servers: readonly BackupServer[]): readonly BackupServer[] {
  const rank = ({ id }: BackupServer): string => createHash("sha256").update(`${id}\n${name}`).digest("hex");
  return [...servers].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, copies);
}
