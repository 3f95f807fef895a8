/** Did every file come back, though one copy of the backups could not be reached? */
import type { Run } from "../api/owner.js";

export function isAllBack({ kind, state, report }: Run): boolean {
  return (kind === "recover" || kind === "restore") && state === "incomplete" && report?.failed === 0;
}
