/** Storages in buckets of the tests' Ceph cluster. */
import { createS3Storage, type S3StorageOptions } from "@tastic/storage-s3";
import { cephAccess, newBucketName } from "../../../test/support/peers.js";

/** Options for a bucket that does not exist yet, with changes. */
export async function cephOptions(changes: Partial<S3StorageOptions> = {}): Promise<S3StorageOptions> {
  const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
  return {
    location: { endpoint, useHttps: false, bucket: newBucketName(), prefix: "" },
    credentials: { kind: "keys", accessKeyId, secretAccessKey },
    ...changes,
  };
}

/** A storage in a bucket that does not exist yet. */
export async function cephStorage(changes: Partial<S3StorageOptions> = {}) {
  return createS3Storage(await cephOptions(changes));
}
