/**
 * Help: of the program, of a group of commands, of one command.
 */
import type { Command } from "./command.js";
import { commands, groups } from "./commands.js";
import type { Flag, Flags } from "./flags.js";
import { flagName, isShown } from "./flags.js";
import { globalFlags } from "./global-flags.js";
import { isSwitch } from "./parse-flags.js";

export const EXIT_CODES = `Exit codes: 0 done, 1 failed, 3 done but something could not be read, 10 no repository,
11 repository locked, 12 wrong password, 130 interrupted.`;

/** Help of the whole program. */
export function programHelp(program: string): string {
  const single = Object.entries(commands).filter(
    ([name, { hidden }]) => !name.includes(" ") && hidden !== true,
  );
  const all = [...single.map(([name, { summary }]) => [name, summary]), ...Object.entries(groups)];
  return join(
    `${program} makes encrypted backups of files and folders, in repositories that restic reads and writes too.`,
    `Usage:\n  ${program} [command]`,
    `Commands:\n${columns(all)}`,
    EXIT_CODES,
    `Flags:\n${flagTable(globalFlags)}`,
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
  const own = flagTable(command.flags);
  return join(
    command.description,
    EXIT_CODES,
    `Usage:\n  ${program} ${name} ${command.usage}`,
    ...(own === "" ? [] : [`Flags:\n${own}`]),
    `Flags of every command:\n${flagTable(globalFlags)}`,
  );
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
