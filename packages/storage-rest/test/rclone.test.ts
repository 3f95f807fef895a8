/** Our storage through the real rclone. */
import { createRcloneStorage, parseRcloneLocation } from "@tastic/storage-rest";
import { describeWithRclone, rclone } from "../../../test/support/peers.js";
import { storageConformance } from "../../storage/test/conformance.js";

describeWithRclone("through rclone", () => {
  // In rclone's memory, which is each one's own, and where an object is there whole or not at all, as in the stores
  // that rclone is for. On a local disk, rclone shows a file while it is being written.
  storageConformance("rclone:", async () =>
    createRcloneStorage({ location: parseRcloneLocation("rclone::memory:bucket/path"), program: [rclone!] }),
  );
});
