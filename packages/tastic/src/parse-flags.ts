/**
 * Reading a command line the way restic's own parser (Go's `pflag`) does, with its words for what is wrong: flags may
 * stand anywhere before `--`, short ones may be joined (`-vq`, `-eFOO`), and every flag may have its value after an
 * equals sign, switches too (`--json=false`, `--verbose=2`).
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { Flag, FlagValues, Flags } from "./flags.js";
import { flagName } from "./flags.js";
import { suggest } from "./suggest.js";
import { usageError } from "./text-error.js";

export interface CommandLine<F extends Flags> {
  readonly values: FlagValues<F>;
  /** What is no flag, in order. */
  readonly args: readonly string[];
  /** What to tell about flags that were given. */
  readonly warnings: readonly string[];
  /** The keys of flags that stand on the command line. */
  readonly given: ReadonlySet<string>;
}

/**
 * Parses `argv` (without program and command).
 * @param variable looks up a variable that stands in for a flag that is not given
 * @param onSet is told of each flag on the command line as it is read: those before an error still count
 * @param defaults values by key for flags that are not given; they come before variables
 * @throws TasticError invalid-argument
 */
export function parseFlags<F extends Flags>(
  flags: F,
  argv: readonly string[],
  variable: (name: string) => string | undefined = () => undefined,
  onSet: (key: string, value: unknown) => void = () => undefined,
  defaults: ReadonlyMap<string, unknown> = new Map(),
): CommandLine<F> {
  const given = new Map<string, unknown>();
  const args: string[] = [];
  const warnings: string[] = [];
  const set = (key: string, flag: Flag<unknown>, value: string): void => {
    given.set(key, readValue(flag, nameForPeople(key, flag), value, given.get(key)));
    onSet(key, given.get(key));
    if (flag.deprecated !== undefined) {
      warnings.push(`Flag --${flagName(key)} has been deprecated, ${flag.deprecated}`);
    }
  };

  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const valueOf = (inWord: string | undefined, missing: string): string => {
      const value = inWord ?? argv[++at];
      if (value === undefined) throw usageError(`flag needs an argument: ${missing}`);
      return value;
    };
    if (word === "--") {
      args.push(...argv.slice(at + 1));
      break;
    }
    if (word.startsWith("--")) {
      const { name, value } = splitAtEquals(word.slice(2));
      const [key, flag] = findLong(flags, name);
      set(key, flag, isSwitch(flag) ? (value ?? bareValue(flag)) : valueOf(value, `--${name}`));
    } else if (word.startsWith("-") && word !== "-") {
      for (let letters = word.slice(1); letters !== "";) {
        const letter = letters[0]!;
        const [key, flag] = findShort(flags, letter, letters);
        const rest = letters.slice(1);
        const joined = rest.startsWith("=") && rest.length > 1 ? rest.slice(1) : undefined;
        if (isSwitch(flag)) {
          set(key, flag, joined ?? bareValue(flag));
          letters = joined === undefined ? rest : "";
        } else {
          set(key, flag, valueOf(joined ?? (rest === "" ? undefined : rest), `'${letter}' in -${letters}`));
          letters = "";
        }
      }
    } else {
      args.push(word);
    }
  }

  const values: Record<string, unknown> = {};
  for (const [key, flag] of Object.entries(flags)) {
    const known = [given, defaults].find((some) => some.has(key));
    values[key] = known === undefined ? initialValue(flag, key, variable) : known.get(key);
  }
  return { values: values as FlagValues<F>, args, warnings, given: new Set(given.keys()) };
}

export function isSwitch(flag: Flag<unknown>): boolean {
  return flag.hint === undefined;
}

/** What a switch without a value is read from. */
function bareValue(flag: Flag<unknown>): string {
  return flag.counts === true ? "" : "true";
}

function initialValue(
  flag: Flag<unknown>,
  key: string,
  variable: (name: string) => string | undefined,
): unknown {
  const value = flag.variable === undefined ? undefined : variable(flag.variable);
  if (value === undefined || value === "") return flag.initial;
  try {
    return flag.read(value, undefined);
  } catch (error) {
    // A switch is on where its variable says so, and off otherwise.
    if (isSwitch(flag)) return flag.initial;
    const guidance = error instanceof TasticError ? error.guidance : undefined;
    throw usageError(
      `Fatal: invalid value for RESTIC_${flag.variable} ${JSON.stringify(value)}: ${messageOf(error)}`,
      guidance,
    );
  }
}

function readValue(flag: Flag<unknown>, name: string, value: string, previous: unknown): unknown {
  try {
    return flag.read(value, previous);
  } catch (error) {
    const guidance = error instanceof TasticError ? error.guidance : undefined;
    throw usageError(
      `invalid argument ${JSON.stringify(value)} for "${name}" flag: ${messageOf(error)}`,
      guidance,
    );
  }
}

function nameForPeople(key: string, flag: Flag<unknown>): string {
  return flag.short === undefined ? `--${flagName(key)}` : `-${flag.short}, --${flagName(key)}`;
}

function findLong(flags: Flags, name: string): [string, Flag<unknown>] {
  const found = Object.entries(flags).find(([key]) => flagName(key) === name);
  if (found !== undefined) return found;
  const near = suggest(name, Object.keys(flags).map(flagName))[0];
  throw usageError(`unknown flag: --${name}`, near === undefined ? undefined : `Did you mean --${near}?`);
}

function findShort(flags: Flags, letter: string, letters: string): [string, Flag<unknown>] {
  const found = Object.entries(flags).find(([, flag]) => flag.short === letter);
  if (found !== undefined) return found;
  const long = letters.split("=")[0]!;
  const near = long.length < 3 ? undefined : suggest(long, Object.keys(flags).map(flagName))[0];
  throw usageError(
    `unknown shorthand flag: '${letter}' in -${letters}`,
    near === undefined ? undefined : `Did you mean --${near}?`,
  );
}

function splitAtEquals(word: string): { name: string; value: string | undefined } {
  const at = word.indexOf("=");
  return at === -1
    ? { name: word, value: undefined }
    : { name: word.slice(0, at), value: word.slice(at + 1) };
}
