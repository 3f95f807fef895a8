/** Flags of a command: read by Node's own parser, and described in one place for its help. */
import { parseArgs } from "node:util";
import { messageOf, TasticError } from "@tastic/errors";

export interface Flag {
  /** What stands for the value in the help: "FILE"; a switch has none. */
  readonly value?: string;
  readonly help: string;
  /** May be given several times. */
  readonly many?: boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

export interface FlagValues<Names extends string> {
  text(name: Names): string | undefined;
  texts(name: Names): readonly string[];
  isOn(name: Names): boolean;
}

/** @throws TasticError invalid-argument */
export function parseFlags<F extends Flags>(args: readonly string[], flags: F): FlagValues<keyof F & string> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, many = false }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), multiple: many },
    ]),
  );
  let values: Readonly<Record<string, unknown>>;
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }));
  } catch (cause) {
    throw new TasticError("invalid-argument", messageOf(cause), {
      guidance: "See 3bot-backup --help.",
      cause,
    });
  }
  const texts = (name: string): string[] =>
    [values[name] ?? []].flat().filter((value): value is string => typeof value === "string");
  return { text: (name) => texts(name)[0], texts, isOn: (name) => values[name] === true };
}

export function helpOfFlags(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { value, help }]): [string, string] => [
    `  --${name}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, help]) => left.padEnd(width) + help).join("\n");
}
