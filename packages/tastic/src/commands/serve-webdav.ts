/** `serve webdav`: snapshots as folders that Linux, macOS and Windows mount with what they have. */
import { browseFlags, DEFAULT_ADDRESS } from "../browse/flags.js";
import { serveSnapshots } from "../browse/run.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    `Shows snapshots as folders over WebDAV, for reading, in the place of a mount: at http://${DEFAULT_ADDRESS}/ unless told\n` +
    "otherwise, with snapshots by id, time, host and tag. Beyond this machine a password is asked for.",
  flags: browseFlags,
  run: (context, invocation) => serveSnapshots(context, invocation, "webdav"),
});
