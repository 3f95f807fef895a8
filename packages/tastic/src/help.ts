/**
 * Help: of the program, of a group of commands, of one command.
 */
import type { Command } from "./command.js";
import { commands, groups } from "./commands.js";
import type { Flag, Flags } from "./flags.js";
import { flagName, isShown } from "./flags.js";
import { globalFlags } from "./global-flags.js";
import { GLOBAL_GROUPS, HELP_TEXTS } from "./help-texts.js";
import type { HelpText } from "./help-texts.js";
import { isSwitch } from "./parse-flags.js";

export const EXIT_CODES = `Exit codes: 0 done, 1 failed, 3 done but something could not be read, 10 no repository,
11 repository locked, 12 wrong password, 130 interrupted.`;

/** For who has never used it. */
const FIRST_STEPS = [
  ["init -r /mnt/usb/backup", "make a repository"],
  ["backup -r /mnt/usb/backup ~/work", "save a folder"],
  ["snapshots -r /mnt/usb/backup", "see what is saved"],
  ["restore -r /mnt/usb/backup latest --target /tmp/back", "bring it back"],
] as const;

/** Help of the whole program. */
export function programHelp(program: string): string {
  const single = Object.entries(commands).filter(
    ([name, { hidden }]) => !name.includes(" ") && hidden !== true,
  );
  const all = [...single.map(([name, { summary }]) => [name, summary]), ...Object.entries(groups)];
  return join(
    `${program} makes encrypted backups of files and folders, in repositories that restic reads and writes too.`,
    `Usage:\n  ${program} [command]`,
    `The first steps:\n${exampleTable(program, FIRST_STEPS)}`,
    `Commands:\n${columns(all)}`,
    EXIT_CODES,
    ...flagTables(globalFlags, GLOBAL_GROUPS, "Flags", "Other flags"),
    `Use "${program} [command] --help" for more about a command.`,
  );
}

/** Help of a group such as `key`. */
export function groupHelp(program: string, group: string): string {
  const members = Object.entries(commands).filter(([name]) => name.startsWith(`${group} `));
  return join(
    `${groups[group] ?? ""}.`,
    `Usage:\n  ${program} ${group} [command]`,
    `Commands:\n${columns(members.map(([name, { summary }]) => [name.slice(group.length + 1), summary]))}`,
    `Use "${program} ${group} [command] --help" for more about a command.`,
  );
}

/** Help of one command. */
export function commandHelp(program: string, name: string, command: Command): string {
  const { examples = [], groups: own = {} } = HELP_TEXTS[name] ?? {};
  const hasGroups = Object.keys(own).length > 0;
  return join(
    command.description,
    `Usage:\n  ${program} ${name} ${command.usage}`,
    ...(examples.length === 0 ? [] : [`Examples:\n${exampleTable(program, examples)}`]),
    ...flagTables(command.flags, own, "", hasGroups ? "Other flags" : "Flags"),
    ...flagTables(globalFlags, GLOBAL_GROUPS, "Flags of every command", "Flags of every command: others"),
    EXIT_CODES,
  );
}

function exampleTable(program: string, examples: HelpText["examples"]): string {
  return columns(examples.map(([line, does]) => [`${program} ${line}`, does]));
}

/** A table for each group that has flags to show, and one for the rest. */
function flagTables(
  flags: Flags,
  titled: NonNullable<HelpText["groups"]>,
  title: string,
  rest: string,
): string[] {
  const grouped = new Set(Object.values(titled).flat());
  const pick = (wanted: (key: string) => boolean): Flags =>
    Object.fromEntries(Object.entries(flags).filter(([key]) => wanted(key)));
  return [
    ...Object.entries(titled).map(
      ([name, keys]) =>
        [title === "" ? name : `${title}: ${lowered(name)}`, pick((key) => keys.includes(key))] as const,
    ),
    [rest, pick((key) => !grouped.has(key))] as const,
  ].flatMap(([name, some]) => {
    const table = flagTable(some);
    return table === "" ? [] : [`${name}:\n${table}`];
  });
}

function lowered(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function join(...parts: string[]): string {
  return `\n${parts.join("\n\n")}`;
}

function flagTable(flags: Flags): string {
  const shown = Object.entries(flags).filter(([, flag]) => isShown(flag));
  return columns(shown.map(([key, flag]) => [nameColumn(key, flag), helpColumn(flag)]));
}

function nameColumn(key: string, flag: Flag<unknown>): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return `${short}--${flagName(key)}${isSwitch(flag) ? "" : ` ${flag.hint}`}`;
}

function helpColumn({ help, variable }: Flag<unknown>): string {
  return variable === undefined ? help : `${help} (default: $RESTIC_${variable})`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(0, ...rows.map(([first = ""]) => first.length));
  return rows.map(([first = "", second = ""]) => `  ${first.padEnd(width)}  ${second}`.trimEnd()).join("\n");
}
