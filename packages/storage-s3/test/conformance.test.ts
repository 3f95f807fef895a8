import { createS3Storage } from "@tastic/storage-s3";
import { describeWithCeph } from "../../../test/support/peers.js";
import { storageConformance } from "../../storage/test/conformance.js";
import { cephOptions } from "./ceph.js";

describeWithCeph("Ceph", () => {
  storageConformance("S3", async () => {
    const { location, ...options } = await cephOptions();
    return createS3Storage({ ...options, location: { ...location, prefix: "some/where" } });
  });
});
