/** A completion for fish: commands and their flags with what they do, else files. */
import { nextWords } from "./described-commands.js";
import type { Described, DescribedFlag } from "./described-commands.js";

export function fishCompletion(described: Described): string {
  const { program, commands, groups, globalFlags } = described;
  const lines = [`# fish completion for ${program}`];
  const next = nextWords(described);
  const names = [...next.values()].flat().map(({ word }) => word);
  for (const [before, words] of next) {
    const condition =
      before === ""
        ? "__fish_use_subcommand"
        : `${seen(before)}; and not ${seen(...words.map(({ word }) => word))}`;
    for (const { word, help } of words) {
      lines.push(`complete -c ${program} -f -n ${quoted(condition)} -a ${word} -d ${quoted(help)}`);
    }
  }
  for (const { name, flags } of commands) {
    const words = name.split(" ");
    const isAlsoMember = words.length === 1 && names.filter((other) => other === name).length > 1;
    const condition =
      words.map((word) => seen(word)).join("; and ") +
      (isAlsoMember ? `; and not ${seen(...Object.keys(groups))}` : "");
    for (const flag of flags) {
      lines.push(`complete -c ${program} -n ${quoted(condition)} ${flagArguments(flag)}`);
    }
  }
  for (const flag of globalFlags) lines.push(`complete -c ${program} ${flagArguments(flag)}`);
  return `${lines.join("\n")}\n`;
}

function seen(...words: readonly string[]): string {
  return `__fish_seen_subcommand_from ${words.join(" ")}`;
}

function flagArguments({ long, short, hint, help }: DescribedFlag): string {
  return [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(hint === undefined ? [] : ["-r"]),
    `-d ${quoted(help)}`,
  ].join(" ");
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
