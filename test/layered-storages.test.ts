/** Every storage behind the layers that the command puts around it, retry and cache, is a storage like any other. */
import { randomUUID } from "node:crypto";
import { createCacheStorage, createRetryStorage, openCacheFolder, type Storage } from "@tastic/storage";
import {
  createRcloneStorage,
  createRestStorage,
  parseRcloneLocation,
  parseRestLocation,
} from "@tastic/storage-rest";
import { createS3Storage } from "@tastic/storage-s3";
import { afterAll, beforeAll } from "vitest";
import { storageConformance } from "../packages/storage/test/conformance.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRclone,
  describeWithRestServer,
  newBucketName,
  rclone,
  temporaryFolder,
} from "./support/peers.js";
import { startRestServer, type RestServer } from "./support/rest-server.js";

async function behindLayers(storage: Storage): Promise<Storage> {
  const id = randomUUID().replaceAll("-", "").repeat(2);
  const folder = await openCacheFolder(await temporaryFolder(), id);
  const fail = (message: string): void => {
    throw new Error(message);
  };
  return createCacheStorage(createRetryStorage(storage), folder, { onWarning: fail });
}

describeWithCeph("on Ceph", () => {
  storageConformance("S3, retried and cached,", async () => {
    const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
    const location = { endpoint, useHttps: false, bucket: newBucketName(), prefix: "a/b" };
    const credentials = { kind: "keys", accessKeyId, secretAccessKey } as const;
    return behindLayers(createS3Storage({ location, credentials }));
  });
});

describeWithRestServer("on rest-server", () => {
  let server: RestServer;
  beforeAll(async () => {
    server = await startRestServer();
  });
  afterAll(() => server.stop());
  storageConformance("REST, retried and cached,", () =>
    behindLayers(createRestStorage({ location: parseRestLocation(`rest:${server.url}${randomUUID()}/`) })),
  );
});

describeWithRclone("through rclone", () => {
  storageConformance("rclone's, retried and cached,", () => {
    const location = parseRcloneLocation("rclone::memory:bucket/path");
    return behindLayers(createRcloneStorage({ location, program: [rclone ?? "rclone"] }));
  });
});
