/**
 * All commands with their flags, as completions and manual pages are made of them.
 */
import { commands, groups } from "../commands.js";
import type { Flags } from "../flags.js";
import { flagName, isShown } from "../flags.js";
import { globalFlags } from "../global-flags.js";
import { isSwitch } from "../parse-flags.js";

export interface DescribedFlag {
  /** With its dashes: "--exclude". */
  readonly long: string;
  /** Likewise: "-e". */
  readonly short: string | undefined;
  /** What stands for the value; undefined for a switch. */
  readonly hint: string | undefined;
  readonly help: string;
}

export interface DescribedCommand {
  /** One word, or that of the group and its own. */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly description: string;
  readonly flags: readonly DescribedFlag[];
}

export interface Described {
  readonly program: string;
  readonly commands: readonly DescribedCommand[];
  /** What each group is for, by name. */
  readonly groups: Readonly<Record<string, string>>;
  readonly globalFlags: readonly DescribedFlag[];
}

export async function describeCommands(program: string): Promise<Described> {
  const described = Object.entries(commands).map(async ([name, entry]) => {
    const { usage, description, flags } = (await entry.load()).command;
    return { name, summary: entry.summary, usage, description, flags: describeFlags(flags) };
  });
  return {
    program,
    commands: await Promise.all(described),
    groups,
    globalFlags: describeFlags(globalFlags),
  };
}

/** Those that are still shown. */
function describeFlags(flags: Flags): DescribedFlag[] {
  return Object.entries(flags)
    .filter(([, flag]) => isShown(flag))
    .map(([key, flag]) => ({
      long: `--${flagName(key)}`,
      short: flag.short === undefined ? undefined : `-${flag.short}`,
      hint: isSwitch(flag) ? undefined : flag.hint,
      help: flag.help,
    }));
}

/** A word that may come next, and what it does. */
export interface DescribedWord {
  readonly word: string;
  readonly help: string;
}

/** What may follow the program, and what may follow each group, by the words in front of it. */
export function nextWords({ commands: all, groups: known }: Described): Map<string, DescribedWord[]> {
  const single = all.filter(({ name }) => !name.includes(" "));
  const next = new Map([
    ["", [...single.map(asWord), ...Object.entries(known).map(([word, help]) => ({ word, help }))]],
  ]);
  for (const group of Object.keys(known)) {
    const members = all.filter(({ name }) => name.startsWith(`${group} `));
    next.set(group, members.map(asWord));
  }
  for (const words of next.values()) words.sort((a, b) => (a.word < b.word ? -1 : 1));
  return next;
}

function asWord({ name, summary }: DescribedCommand): DescribedWord {
  return { word: name.split(" ").at(-1) ?? name, help: summary };
}
