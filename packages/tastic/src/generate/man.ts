/** Manual pages in troff (man(7)): one of the program, and one of each command. */
import { EXIT_CODES } from "../help.js";
import { HELP_TEXTS } from "../help-texts.js";
import type { Described, DescribedCommand, DescribedFlag } from "./described-commands.js";

export interface ManualPage {
  /** Of the file: "tastic-key-add.1". */
  readonly name: string;
  readonly text: string;
}

export function manualPages(described: Described): ManualPage[] {
  const { program, commands } = described;
  return [
    { name: `${program}.1`, text: programPage(described) },
    ...commands.map((command) => ({
      name: `${pageName(program, command)}.1`,
      text: commandPage(described, command),
    })),
  ];
}

function programPage({ program, commands, globalFlags }: Described): string {
  const what = "encrypted backups of files and folders, in repositories that restic reads and writes";
  return page(program, what, [
    ["SYNOPSIS", `.B ${escaped(program)}\n[command] [flags]`],
    ["COMMANDS", definitions(commands.map(({ name, summary }) => [escaped(name), summary]))],
    ["OPTIONS", flagList(globalFlags)],
    ["EXIT STATUS", paragraphs(EXIT_CODES)],
    ["SEE ALSO", commands.map((command) => `${escaped(pageName(program, command))}(1)`).join(",\n")],
  ]);
}

function commandPage({ program, globalFlags }: Described, command: DescribedCommand): string {
  const { name, summary, usage, description, flags } = command;
  const { examples: lines = [] } = HELP_TEXTS[name] ?? {};
  const examples = lines.map(([line, does]) => [`\\fB${escaped(`${program} ${line}`)}\\fP`, does] as const);
  return page(pageName(program, command), summary, [
    ["SYNOPSIS", `.B ${escaped(`${program} ${name}`)}\n${escaped(usage)}`],
    ["DESCRIPTION", paragraphs(description)],
    ...(examples.length === 0 ? [] : ([["EXAMPLES", definitions(examples)]] as const)),
    ...(flags.length === 0 ? [] : ([["OPTIONS", flagList(flags)]] as const)),
    ["OPTIONS OF EVERY COMMAND", flagList(globalFlags)],
    ["EXIT STATUS", paragraphs(EXIT_CODES)],
    ["SEE ALSO", `${escaped(program)}(1)`],
  ]);
}

function pageName(program: string, { name }: DescribedCommand): string {
  return `${program}-${name.replaceAll(" ", "-")}`;
}

function page(
  name: string,
  summary: string,
  sections: readonly (readonly [title: string, text: string])[],
): string {
  const head = `.TH "${escaped(name.toUpperCase())}" "1"\n.SH NAME\n${escaped(name)} \\- ${escaped(summary)}\n`;
  return head + sections.map(([title, text]) => `.SH ${title}\n${text}\n`).join("");
}

function flagList(flags: readonly DescribedFlag[]): string {
  return definitions(
    flags.map(({ long, short, hint, help }) => {
      const names = [short, long].flatMap((name) => (name === undefined ? [] : [`\\fB${escaped(name)}\\fP`]));
      return [`${names.join(", ")}${hint === undefined ? "" : ` \\fI${escaped(hint)}\\fP`}`, help];
    }),
  );
}

/** Of terms that are troff already, and plain texts. */
function definitions(entries: readonly (readonly [term: string, text: string])[]): string {
  return entries.map(([term, text]) => `.TP\n${term}\n${escaped(text)}`).join("\n");
}

/** Lines stay as they are, since some are tables. */
function paragraphs(text: string): string {
  return `.nf\n${escaped(text)}\n.fi`;
}

/** Text that troff prints as it is. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^[.']/gm, String.raw`\&$&`);
}
