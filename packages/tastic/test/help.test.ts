/** What the help teaches: that each command has an example which works, and that no group names a flag that is none. */
import { expect, test } from "vitest";
import { findCommand } from "../dist/command-name.js";
import { commands } from "../dist/commands.js";
import { flagName, isShown } from "../dist/flags.js";
import { globalFlags } from "../dist/global-flags.js";
import { GLOBAL_GROUPS, HELP_TEXTS } from "../dist/help-texts.js";
import { commandHelp, programHelp } from "../dist/help.js";
import { parseFlags } from "../dist/parse-flags.js";

const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);

/** Words as a shell makes them; the examples have no more than single quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

test.each(shown)(
  "%s: its examples are command lines, its groups hold flags, and the help shows each once",
  async (name) => {
    const { command } = await commands[name]!.load();
    const { examples = [], groups = {} } = HELP_TEXTS[name] ?? {};
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) {
      const found = findCommand(words(line), globalFlags, "tastic");
      expect(found.name).toBe(name);
      parseFlags({ ...globalFlags, ...command.flags }, found.argv);
    }
    const keys = Object.values(groups).flat();
    expect(keys.filter((key) => !Object.hasOwn(command.flags, key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
    const help = commandHelp("tastic", name, command);
    for (const [key, flag] of Object.entries({ ...globalFlags, ...command.flags })) {
      const lines = help
        .split("\n")
        .filter((text) => new RegExp(`^ {2}(-., | {4})--${flagName(key)}( |$)`).test(text));
      expect({ key, lines: lines.length }).toEqual({ key, lines: isShown(flag) ? 1 : 0 });
    }
  },
);

test("the program's help begins with the first steps, and has every global flag", () => {
  const help = programHelp("tastic");
  expect(help.indexOf("tastic init -r")).toBeGreaterThan(0);
  expect(help.indexOf("tastic init -r")).toBeLessThan(help.indexOf("Commands:"));
  const keys = Object.values(GLOBAL_GROUPS).flat();
  expect(keys.filter((key) => !Object.hasOwn(globalFlags, key))).toEqual([]);
  for (const [key, flag] of Object.entries(globalFlags)) {
    if (isShown(flag)) expect(help).toMatch(new RegExp(`--${flagName(key)}( |$)`, "m"));
  }
});
