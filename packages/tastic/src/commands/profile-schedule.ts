/** `profile schedule`: the schedules of a profile, for cron or systemd. Nothing is installed. */
import { resolve } from "node:path";
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { chosenProfile } from "../profiles/chosen-profile.js";
import { fatal } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] NAME",
  description:
    "Prints what cron or systemd needs to be told to run the commands of a profile that have a schedule. Nothing is\n" +
    "installed: put the lines where they belong.",
  flags: {
    cron: on("lines for a crontab (the default)"),
    systemd: on("units for systemd, a service and a timer for each command"),
  },
  async run(context, { flags, args }) {
    const { output, environment, globals } = context;
    if (flags.cron && flags.systemd) throw fatal("--cron and --systemd are mutually exclusive");
    const { file, profile } = await chosenProfile(context, args);
    const { cronLines, systemdUnits } = await import("../profiles/schedule-texts.js");
    const isUsual = globals.profilesFile === "" && environment.get("PROFILES") === undefined;
    const program = [process.execPath, resolve(process.argv[1] ?? "tastic")];
    const jobs = [...profile.commands].flatMap(([name, { schedule }]) => {
      if (schedule === undefined) return [];
      const which = isUsual ? [] : ["--profiles-file", file.place.file];
      return [
        {
          name,
          profile: profile.name,
          schedule,
          words: [...program, ...which, "-P", profile.name, ...name.split(" ")],
        },
      ];
    });
    if (output.json) {
      output.value(
        jobs.map(({ name, schedule, words }) => ({
          command: name,
          schedule: schedule.words,
          cron: schedule.cron,
          on_calendar: schedule.calendar,
          command_line: words,
        })),
      );
      return;
    }
    if (jobs.length === 0) {
      throw fatal(`the profile ${profile.name} has no schedule`, {
        guidance: `Write one: schedule = "daily 03:00" below [${profile.name}.backup].`,
      });
    }
    for (const line of flags.systemd ? systemdUnits(jobs) : cronLines(jobs)) output.result(line);
  },
});
