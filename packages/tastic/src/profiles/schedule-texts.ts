/** Schedules as cron (crontab(5)) and systemd (systemd.timer(5), systemd.service(5)) read them. */
import type { Schedule } from "./schedule.js";

export interface Job {
  /** The command: "backup". */
  readonly name: string;
  readonly profile: string;
  readonly schedule: Schedule;
  /** The program and its arguments. */
  readonly words: readonly string[];
}

/** Lines for `crontab -e`. */
export function cronLines(jobs: readonly Job[]): string[] {
  return jobs.map(({ schedule, words }) => {
    // To cron, a percent sign ends the line.
    return `${schedule.cron} ${words.map(shellWord).join(" ").replaceAll("%", "\\%")}`;
  });
}

/** The text of all units, each below a line that says where it goes. */
export function systemdUnits(jobs: readonly Job[]): string[] {
  const units = jobs.map((job) => ({
    ...job,
    unit: `tastic-${job.profile}-${job.name.replaceAll(" ", "-")}`,
  }));
  return [
    ...units.flatMap(({ unit, name, profile, schedule, words }) => [
      `# ~/.config/systemd/user/${unit}.service`,
      "[Unit]",
      `Description=tastic ${name} of the profile ${profile}`,
      "",
      "[Service]",
      "Type=oneshot",
      `ExecStart=${words.map(unitWord).join(" ")}`,
      "",
      `# ~/.config/systemd/user/${unit}.timer`,
      "[Unit]",
      `Description=tastic ${name} of the profile ${profile}: ${schedule.words}`,
      "",
      "[Timer]",
      `OnCalendar=${schedule.calendar}`,
      "# What was missed while the machine was off is made up for.",
      "Persistent=true",
      "",
      "[Install]",
      "WantedBy=timers.target",
      "",
    ]),
    "# Then: systemctl --user daemon-reload",
    ...units.map(({ unit }) => `#       systemctl --user enable --now ${unit}.timer`),
  ];
}

/** One word to a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One word of ExecStart. */
function unitWord(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/["\\]/g, "\\$&")}"`;
}
