/** `mount`: what to do instead, since mounting takes a driver in the kernel that no JavaScript can be. */
import { stat } from "node:fs/promises";
import { DEFAULT_ADDRESS, templateFlags } from "../browse/flags.js";
import { defineCommand } from "../command.js";
import { on, text } from "../flags.js";
import { programName } from "../program.js";
import { snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] mountpoint",
  description:
    "Says how to mount snapshots with what the system has, over WebDAV: this program cannot do what a driver in the kernel\n" +
    "does. The flags are those of restic, which mounts the same repository.",
  flags: {
    allowOther: on("let other users read what is mounted"),
    noDefaultPermissions: on("with --allow-other: whatever the permissions of files say"),
    ownerRoot: on("show everything as belonging to root"),
    ...templateFlags,
    snapshotTemplate: text("template", "how to write times", { deprecated: "use --time-template" }),
    ...snapshotFlags,
  },
  async run(_context, { args: [folder] }) {
    if (folder === undefined) throw fatal("wrong number of parameters");
    const exists = await stat(folder).then(
      () => true,
      () => false,
    );
    if (!exists) throw fatal(`mountpoint ${folder} does not exist`);
    throw fatal("mounting needs a driver in the kernel, which this program has not", {
      code: "unsupported",
      guidance:
        `Run \`${programName()} serve webdav\`, then mount what it shows: ` +
        `\`${mountLine(folder)}\`. With \`serve http\`, a browser will do.`,
    });
  },
});

/** How this system mounts a WebDAV server. */
function mountLine(folder: string): string {
  const url = `http://${DEFAULT_ADDRESS}/`;
  if (process.platform === "win32") return `net use * ${url}`;
  return process.platform === "darwin" ? `mount_webdav ${url} ${folder}` : `mount -t davfs ${url} ${folder}`;
}
