/** Storages in buckets of the tests' Ceph cluster. */
import { PutBucketAclCommand, PutObjectAclCommand, S3Client } from "@aws-sdk/client-s3";
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

/** Lets everybody into a bucket, and to one object in it, if a key is given. */
export async function openToAll(
  Bucket: string,
  ACL: "public-read" | "public-read-write",
  Key?: string,
): Promise<void> {
  const { endpoint, ...credentials } = await cephAccess();
  const url = `http://${endpoint}`;
  const client = new S3Client({ region: "us-east-1", endpoint: url, credentials, forcePathStyle: true });
  await client.send(new PutBucketAclCommand({ Bucket, ACL }));
  if (Key !== undefined) await client.send(new PutObjectAclCommand({ Bucket, Key, ACL }));
  client.destroy();
}
