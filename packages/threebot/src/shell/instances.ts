/** What the original called its repositories; the two of the marketplace hold the same. */
import type { Place } from "../owner/service.js";

export const instances: ReadonlyMap<string, Place> = new Map([
  ["minio_backup", "minio"],
  ["config_backup_1", "marketplace"],
  ["config_backup_2", "marketplace"],
  ["marketplace", "marketplace"],
]);
