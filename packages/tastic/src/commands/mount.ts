/** `mount`: what to do instead, since mounting takes a driver in the kernel that no JavaScript can be. */
import { stat } from "node:fs/promises";
import { defineCommand } from "../command.js";
import { list, on, text } from "../flags.js";
import { programName } from "../program.js";
import { snapshotFlags } from "../snapshot-flags.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] mountpoint",
  description:
    "Says how to look into snapshots without mounting them: this program cannot do what a driver in the kernel does.\n" +
    "The flags are those of restic, which mounts the same repository.",
  flags: {
    allowOther: on("let other users read what is mounted"),
    noDefaultPermissions: on("with --allow-other: whatever the permissions of files say"),
    ownerRoot: on("show everything as belonging to root"),
    pathTemplate: list("template", "how to name the folders of snapshots (may be repeated)"),
    snapshotTemplate: text("template", "how to write times", { deprecated: "use --time-template" }),
    timeTemplate: text("template", "how to write times", { initial: "2006-01-02T15:04:05Z07:00" }),
    ...snapshotFlags,
  },
  async run(_context, { args: [folder] }) {
    if (folder === undefined) throw fatal("wrong number of parameters");
    const exists = await stat(folder).then(
      () => true,
      () => false,
    );
    if (!exists) throw fatal(`mountpoint ${folder} does not exist`);
    const program = programName();
    throw fatal("mounting needs a driver in the kernel, which this program has not", {
      code: "unsupported",
      guidance:
        `Look with \`${program} ls\` and \`${program} find\`, take files out with \`${program} dump\` and ` +
        `\`${program} restore\`; or let restic mount the same repository.`,
    });
  },
});
