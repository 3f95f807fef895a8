/** Where a server keeps its repositories and all that belongs to them, as `--path` says it. */
import {
  createAuditFile,
  createLocalDocuments,
  createLocalRepositories,
  localModes,
} from "@tastic/rest-server";
import type { AuditLog, DocumentStore, Repositories } from "@tastic/rest-server";
import { join, resolve } from "node:path";
import type { ServeValues } from "./flags.js";

export interface Place {
  readonly repositories: Repositories;
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  /** The folder, undefined for a bucket. */
  readonly folder: string | undefined;
}

export function openPlace({ path, groupAccessibleRepos }: Pick<ServeValues, "path" | "groupAccessibleRepos">): Place {
  const folder = resolve(path);
  const modes = localModes(groupAccessibleRepos);
  const own = join(folder, ".tastic");
  return {
    repositories: createLocalRepositories(folder, { groupAccessible: groupAccessibleRepos }),
    documents: createLocalDocuments(own, modes),
    audit: createAuditFile(join(own, "audit.log"), modes),
    folder,
  };
}
