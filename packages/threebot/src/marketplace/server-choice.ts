/** Where the backups of a 3Bot are: which two of the backup servers a new one gets, spread evenly, and the same ones whenever it is asked. */
import { createHash } from "node:crypto";
import { TasticError } from "@tastic/errors";
import type { BackupServer } from "./backup-server.js";
import type { BackupPlaces } from "./protocol.js";
import type { ThreebotRecord } from "./record.js";

const atServers = 2;

export function checkServers(servers: readonly BackupServer[]): void {
  if (new Set(servers.map(({ id }) => id)).size === servers.length && servers.length >= atServers) return;
  throw new TasticError("invalid-argument", "a marketplace needs two backup servers or more", {
    guidance: "Give each an id of its own, and let them be different machines.",
  });
}

export function chooseServers(name: string, servers: readonly BackupServer[]): readonly BackupServer[] {
  const rank = ({ id }: BackupServer): string => createHash("sha256").update(`${id}\n${name}`).digest("hex");
  return [...servers].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, atServers);
}

/** Without a server that is not configured any more. */
export function placesOf({ name, copies }: ThreebotRecord, servers: readonly BackupServer[]): BackupPlaces {
  const urls = copies.flatMap(({ server, secret }) => {
    const found = servers.find(({ id }) => id === server);
    if (found === undefined) return [];
    return [{ url: `${found.url}${name}/`, account: name, ...(secret !== undefined && { server }) }];
  });
  return { name, copies: urls };
}
