/** `profile list`: which profiles there are. */
import { defineCommand } from "../command.js";
import { maskLocation } from "../location.js";
import { tableLines } from "../output/table.js";
import { fatal } from "../text-error.js";

interface Listed {
  readonly name: string;
  /** As it may be shown. */
  readonly repository: string;
  readonly schedules: readonly { readonly command: string; readonly schedule: string }[];
}

export const command = defineCommand({
  usage: "[flags]",
  description: "Lists the profiles of the file, with their repositories and what is to run when.",
  flags: {},
  async run({ output, environment, globals }, { args }) {
    if (args.length > 0) throw fatal("the profile list command expects no arguments, only options");
    const { profilesPath, readProfiles } = await import("../profiles/profiles-file.js");
    const { readProfile } = await import("../profiles/profile.js");
    const file = readProfiles(profilesPath(globals.profilesFile, environment));
    const listed: Listed[] = [];
    for (const profile of Object.keys(file.profiles)) {
      const { flags, commands } = await readProfile(file, profile);
      const schedules = [...commands].flatMap(([name, { schedule }]) =>
        schedule === undefined ? [] : [{ command: name, schedule: schedule.words }],
      );
      const location = flags.get("repo") ?? flags.get("repositoryFile");
      listed.push({
        name: profile,
        repository: typeof location === "string" ? maskLocation(location) : "",
        schedules,
      });
    }
    if (output.json) return output.value(listed);
    const lines = tableLines(
      [
        { title: "Name", cell: ({ name }: Listed) => [name] },
        { title: "Repository", cell: ({ repository }: Listed) => [repository] },
        {
          title: "Schedules",
          cell: ({ schedules }: Listed) =>
            schedules.map(({ command: name, schedule }) => `${name}: ${schedule}`),
        },
      ],
      listed,
    );
    for (const line of lines) output.result(line);
  },
});
