/** `serve http`: snapshots as pages, for a browser. */
import { browseFlags, DEFAULT_ADDRESS } from "../browse/flags.js";
import { serveSnapshots } from "../browse/run.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    `Shows snapshots to a browser, at http://${DEFAULT_ADDRESS}/ unless told otherwise: folders as pages, files to look at and\n` +
    "to download, folders as zip or tar. Beyond this machine a password is asked for.",
  flags: browseFlags,
  run: (context, invocation) => serveSnapshots(context, invocation, "http"),
});
