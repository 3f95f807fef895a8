/** Where a server keeps its repositories and all that belongs to them, as `--path` says it. */
import {
  createAuditDocuments,
  createAuditFile,
  createLocalDocuments,
  createLocalRepositories,
  createStorageRepositories,
  localModes,
} from "@tastic/rest-server";
import type { AuditLog, DocumentStore, Repositories } from "@tastic/rest-server";
import { join, resolve } from "node:path";
import type { Context } from "../command.js";
import type { ServeValues } from "./flags.js";

export interface Place {
  readonly repositories: Repositories;
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  /** The folder, undefined for a bucket. */
  readonly folder: string | undefined;
}

/** The server's own folder, as in a repository. */
const own = ".tastic";
/** So many requests to a bucket run at once. */
const bucketConnections = 64;

export async function openPlace(context: Context, flags: ServeValues): Promise<Place> {
  return flags.path.startsWith("s3:") ? openBucket(context, flags.path) : openFolder(flags);
}

function openFolder({ path, groupAccessibleRepos }: ServeValues): Place {
  const folder = resolve(path);
  const modes = localModes(groupAccessibleRepos);
  return {
    repositories: createLocalRepositories(folder, { groupAccessible: groupAccessibleRepos }),
    documents: createLocalDocuments(join(folder, own), modes),
    audit: createAuditFile(join(folder, own, "audit.log"), modes),
    folder,
  };
}

/** A gateway: everything is in the bucket, and any number of servers may stand before it. */
async function openBucket({ environment, globals }: Context, path: string): Promise<Place> {
  const { openS3Bucket, parseS3Location, s3OptionsFrom } = await import("@tastic/storage-s3");
  const extended = Object.fromEntries(
    globals.option.map((option) => [option.split("=")[0] ?? "", option.slice(option.indexOf("=") + 1)]),
  );
  const settings = s3OptionsFrom({ environment: environment.all, extended });
  const bucket = openS3Bucket({
    ...settings,
    connections: settings.connections ?? bucketConnections,
    location: parseS3Location(path),
  });
  await bucket.prepare();
  const documents = bucket.documents(own);
  return {
    repositories: createStorageRepositories({
      location: bucket.location,
      open: (below) => bucket.open(below),
      documents,
    }),
    documents,
    audit: createAuditDocuments(documents),
    folder: undefined,
  };
}
