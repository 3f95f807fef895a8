/**
 * What a command's flags look like to the rest of the program: an object of typed descriptions, from which the
 * parser makes an object of values with the same keys. The key `excludeFile` is the flag `--exclude-file`.
 */
import { TasticError } from "@tastic/errors";
import { parseSize } from "@tastic/snapshots";

export interface Flag<T> {
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in the help; a flag without one is a switch. */
  readonly hint?: string;
  readonly help: string;
  /** The value when neither the flag nor its variable is given. */
  readonly initial: T;
  /** The variable that stands in for the flag, without its prefix: `HOST` for `RESTIC_HOST` and `TASTIC_HOST`. */
  readonly variable?: string;
  /** A switch that counts how often it is given; its value may also be written, as in `--verbose=2`. */
  readonly counts?: boolean;
  /** What to use instead: the flag is accepted, but not shown in the help. */
  readonly deprecated?: string;
  /** Accepted, but not shown in the help. */
  readonly hidden?: boolean;
  /** Makes a value of text; `previous` is that of the same flag given before. Throws what is wrong with the text. */
  read(text: string, previous: T | undefined): T;
}

/** Any set of flags. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of a set of flags. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

type About<T> = Partial<Omit<Flag<T>, "help" | "read">>;

export function on(help: string, about: About<boolean> = {}): Flag<boolean> {
  return { initial: false, ...about, help, read: readBoolean };
}

/** A switch that may be given several times. */
export function count(help: string, about: About<number> = {}): Flag<number> {
  return {
    initial: 0,
    ...about,
    counts: true,
    help,
    read: (given, previous = 0) => (given === "" ? previous + 1 : readInteger(given)),
  };
}

export function text(hint: string, help: string, about: About<string> = {}): Flag<string> {
  return { initial: "", ...about, hint, help, read: (given) => given };
}

/** A flag that may be given several times, each with one value. */
export function list(
  hint: string,
  help: string,
  about: About<readonly string[]> = {},
): Flag<readonly string[]> {
  return { initial: [], ...about, hint, help, read: (given, previous = []) => [...previous, given] };
}

/** A flag whose value some function makes of the text; its errors become those of the flag. */
export function parsed<T>(
  hint: string,
  help: string,
  initial: T,
  read: (text: string) => T,
  about: About<T> = {},
): Flag<T> {
  return { initial, ...about, hint, help, read: (given) => read(given) };
}

export function integer(hint: string, help: string, initial = 0, about: About<number> = {}): Flag<number> {
  return parsed(hint, help, initial, readInteger, about);
}

/** A whole number that is not negative. */
export function natural(hint: string, help: string, initial = 0, about: About<number> = {}): Flag<number> {
  return parsed(hint, help, initial, readNatural, about);
}

/** A number of bytes, with or without a unit. */
export function size(
  hint: string,
  help: string,
  about: About<number | undefined> = {},
): Flag<number | undefined> {
  return parsed<number | undefined>(hint, help, undefined, parseSize, about);
}

/** One of a few words. `what` names them in the error: "overwrite behavior". */
export function choice<T extends string>(
  hint: string,
  help: string,
  words: readonly T[],
  initial: T,
  what: string,
  about: About<T> & { readonly aliases?: Readonly<Record<string, T>>; readonly shown?: string } = {},
): Flag<T> {
  const { aliases = {}, shown = words.join("|"), ...rest } = about;
  const read = (given: string): T => {
    const word =
      words.find((one) => one === given) ?? (Object.hasOwn(aliases, given) ? aliases[given] : undefined);
    if (word !== undefined) return word;
    throw new TasticError("invalid-argument", `invalid ${what} "${given}", must be one of (${shown})`);
  };
  return parsed(hint, help, initial, read, rest);
}

// The words of Go's parsers, since scripts may look for them.
export function readBoolean(given: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(given)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(given)) return false;
  throw new TasticError("invalid-argument", `strconv.ParseBool: parsing "${given}": invalid syntax`);
}

export function readInteger(given: string): number {
  return readNumber(given, "ParseInt", /^[+-]?\d+$/);
}

export function readNatural(given: string): number {
  return readNumber(given, "ParseUint", /^\d+$/);
}

function readNumber(given: string, parser: string, form: RegExp): number {
  const fail = (why: string): TasticError =>
    new TasticError("invalid-argument", `strconv.${parser}: parsing "${given}": ${why}`);
  if (!form.test(given)) throw fail("invalid syntax");
  const value = Number(given);
  if (!Number.isSafeInteger(value)) throw fail("value out of range");
  return value;
}

/** Is it shown in the help, and completed? */
export function isShown({ deprecated, hidden = false }: Flag<unknown>): boolean {
  return deprecated === undefined && !hidden;
}

/** The name on the command line of the flag with this key: `excludeFile` is `exclude-file`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
