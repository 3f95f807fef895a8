/**
 * Finding the command in a command line that may have flags in front of it.
 */
import { commands, groups } from "./commands.js";
import type { Flags } from "./flags.js";
import { flagName } from "./flags.js";
import { isSwitch } from "./parse-flags.js";
import { suggest } from "./suggest.js";
import { usageError } from "./text-error.js";

export interface FoundCommand {
  /** "" where only flags are given, or the name of a group where no command of it is. */
  readonly name: string;
  /** The command line without the command. */
  readonly argv: readonly string[];
}

/** @throws TasticError invalid-argument for a command that does not exist */
export function findCommand(argv: readonly string[], flags: Flags, program: string): FoundCommand {
  const places = operandPlaces(argv, flags);
  const [first, second] = places.map((place) => argv[place]!);
  if (first === undefined) return { name: "", argv };
  if (Object.hasOwn(commands, first)) return { name: first, argv: argv.toSpliced(places[0]!, 1) };
  if (Object.hasOwn(groups, first)) {
    const name = `${first} ${second ?? ""}`;
    if (!Object.hasOwn(commands, name))
      return { name: first, argv: argv.filter((_, at) => !places.includes(at)) };
    return { name, argv: argv.toSpliced(places[1]!, 1).toSpliced(places[0]!, 1) };
  }
  const known = [...new Set(Object.keys(commands).map((name) => name.split(" ")[0]!))];
  const near = suggest(first, known).sort();
  const hint =
    near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}`;
  throw usageError(`unknown command "${first}" for "${program}"${hint}`);
}

/** Where the first two words are that are neither flags nor values of flags that we know. */
function operandPlaces(argv: readonly string[], flags: Flags): number[] {
  const places: number[] = [];
  for (let at = 0; at < argv.length && places.length < 2; at++) {
    const word = argv[at]!;
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-") places.push(at);
    else if (takesNextWord(word, flags)) at++;
  }
  return places;
}

function takesNextWord(word: string, flags: Flags): boolean {
  const all = Object.entries(flags);
  if (word.startsWith("--")) {
    const found = all.find(([key]) => `--${flagName(key)}` === word);
    return found !== undefined && !isSwitch(found[1]);
  }
  for (const [at, letter] of word.split("").entries()) {
    const flag = at === 0 ? undefined : all.find(([, { short }]) => short === letter)?.[1];
    if (flag !== undefined && !isSwitch(flag)) return at === word.length - 1;
  }
  return false;
}
