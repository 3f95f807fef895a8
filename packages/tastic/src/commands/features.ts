/** `features`: restic's feature flags, and what they mean here. */
import { defineCommand } from "../command.js";
import { features } from "../features.js";
import { tableLines } from "../output/table.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags]",
  description:
    'Lists the feature flags, which the variable RESTIC_FEATURES sets: "name=true,other=false".\n' +
    "An alpha feature is off unless it is set, a beta feature on; a stable one is always on.",
  flags: {},
  async run({ output }, { args }) {
    if (args.length > 0) throw fatal("the feature command expects no arguments");
    output.result("All Feature Flags:");
    const lines = tableLines(
      [
        { title: "Name", cell: ({ name }) => [name] },
        { title: "Type", cell: ({ type }) => [type] },
        { title: "Default", cell: ({ type }) => [String(type !== "alpha")] },
        { title: "Description", cell: ({ description }) => [description] },
      ],
      features,
    );
    for (const line of lines) output.result(line);
  },
});
