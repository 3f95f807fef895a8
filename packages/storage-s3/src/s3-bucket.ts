/**
 * A place in a bucket below which many repositories lie, for servers: one storage for each, all over the same
 * connections, and documents beside them.
 */
import type { Storage } from "@tastic/storage";
import { S3Connection } from "./connection.js";
import { Gate } from "./gate.js";
import { formatS3Location } from "./location.js";
import type { S3StorageOptions } from "./options.js";
import { S3Documents } from "./s3-documents.js";
import { S3Storage } from "./s3-storage.js";

export interface S3Bucket {
  /** For people, without secrets. */
  readonly location: string;
  /** Makes the bucket if it is missing. */
  prepare(): Promise<void>;
  /** The storage at `path` below the place; "" is the place itself. Its `close` leaves the others open. */
  open(path: string): Storage;
  /** The documents whose keys begin with `folder` below the place. */
  documents(folder: string): S3Documents;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Nothing is loaded or sent until something is used. Errors: those of `createS3Storage`. */
export function openS3Bucket(options: S3StorageOptions): S3Bucket {
  const { location } = options;
  const { bucket, prefix, endpoint } = location;
  const connection = new S3Connection(options);
  const shared = { connection, gate: new Gate(Math.max(1, options.connections ?? 5)) };
  const below = (path: string): string => [prefix, path].filter((part) => part !== "").join("/");
  const open = (path: string): Storage =>
    new S3Storage({ ...options, location: { ...location, prefix: below(path) } }, shared);
  return {
    location: formatS3Location(location),
    prepare: () => open("").prepare(),
    open,
    documents: (folder) =>
      new S3Documents({
        connection,
        bucket,
        root: `${below(folder)}/`,
        endpoint,
        location: formatS3Location(location),
        listObjectsV1: options.listObjectsV1 === true,
      }),
    close: () => connection.close(),
  };
}
