/**
 * What a profile says, once everything in it is known to make sense: values of flags, and what there is beside flags.
 */
import { messageOf } from "@tastic/errors";
import { homedir } from "node:os";
import { dirname } from "node:path";
import type { TomlTable, TomlValue } from "smol-toml";
import { commands } from "../commands.js";
import type { Flags } from "../flags.js";
import { flagName } from "../flags.js";
import { globalFlags } from "../global-flags.js";
import { readAlsoTo } from "./profile-also-to.js";
import { profileError, unknownKey, within } from "./profile-error.js";
import type { ProfilePlace } from "./profile-error.js";
import { flagTexts, fullPath, meant, textOf, textsOf } from "./profile-values.js";
import type { ProfileReader } from "./profile-values.js";
import { isTable } from "./profiles-file.js";
import type { ProfilesFile } from "./profiles-file.js";
import { parseSchedule } from "./schedule.js";
import type { Schedule } from "./schedule.js";

export interface Hooks {
  /** Lines for the shell, in order. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly onFailure: readonly string[];
}

/** What a profile says of one command. */
export interface CommandSettings {
  /** Values by key of the flag. */
  readonly flags: ReadonlyMap<string, unknown>;
  /** Of `backup`: what is saved. */
  readonly paths: readonly string[];
  readonly hooks: Hooks;
  readonly schedule: Schedule | undefined;
}

export interface Profile {
  readonly name: string;
  readonly flags: ReadonlyMap<string, unknown>;
  /** Passwords in plain text, by the name of the variable that would say the same, without its prefix. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly commands: ReadonlyMap<string, CommandSettings>;
}

/** What is no flag of its own, of any command. */
const COMMAND_KEYS = ["hooks", "schedule"];
const HOOK_KEYS = { before: "before", after: "after", "on-failure": "onFailure" } as const;
/** Keys that say the same. */
const TWICE = [
  ["repository", "repo"],
  ["repository", "repository-file"],
  ["password", "password-file"],
  ["password", "password-command"],
  ["password-file", "password-command"],
] as const;
/** Flags that a profile must not set. */
const NOT_IN_PROFILES = new Set(["help", "profile", "profilesFile"]);

/** @throws TasticError invalid-argument for a profile that is not there, and for anything in it that makes no sense */
export async function readProfile(file: ProfilesFile, name: string): Promise<Profile> {
  const table = Object.hasOwn(file.profiles, name) ? file.profiles[name] : undefined;
  const known = Object.keys(file.profiles);
  if (table === undefined) {
    throw unknownKey({ ...file.place, text: "", keys: [name] }, "profile", known);
  }
  const place = within(file.place, name);
  const reader = { folder: dirname(file.place.file), home: homedir() };
  const flags = new Map<string, unknown>();
  const secrets: Record<string, string> = {};
  let environment: Record<string, string> = {};
  const settings = new Map<string, CommandSettings>();
  for (const [key, value] of Object.entries(table)) {
    const here = within(place, key);
    if (key === "password") secrets["PASSWORD"] = textOf(here, value);
    else if (key === "environment") environment = readEnvironment(here, value);
    else if (isTable(value)) settings.set(key, await readCommand(here, key, value, reader, secrets));
    else
      readFlag(here, key === "repository" ? "repo" : key, value, globalFlags, reader, flags, [
        ...["repository", "password", "environment"],
        ...Object.keys(commands),
      ]);
  }
  for (const [one, other] of TWICE) {
    if (Object.hasOwn(table, one) && Object.hasOwn(table, other))
      throw profileError(within(place, other), `${one} is given, too`, "Leave one of them out.");
  }
  return { name, flags, secrets, environment, commands: settings };
}

async function readCommand(
  place: ProfilePlace,
  name: string,
  table: TomlTable,
  reader: ProfileReader,
  secrets: Record<string, string>,
): Promise<CommandSettings> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const groups = Object.keys(commands).filter((command) => command.startsWith(`${name} `));
    const hint = groups.map((command) => `"${command}"`).join(", ");
    if (groups.length > 0) throw profileError(place, "this is no command", `Commands of it are: ${hint}.`);
    throw unknownKey(place, "command", [...Object.keys(commands), "environment"]);
  }
  const { command } = await entry.load();
  const isBackup = name === "backup";
  const flags = new Map<string, unknown>();
  let hooks: Hooks = { before: [], after: [], onFailure: [] };
  let paths: readonly string[] = [];
  let schedule: Schedule | undefined;
  for (const [key, value] of Object.entries(table)) {
    const here = within(place, key);
    if (key === "hooks") hooks = readHooks(here, value);
    else if (key === "schedule") schedule = parseSchedule(here, textOf(here, value));
    else if (key === "paths" && isBackup) paths = textsOf(here, value).map((path) => fullPath(path, reader));
    else if (key === "also-to" && isBackup) readAlsoTo(here, value, reader, flags, secrets);
    else
      readFlag(here, key, value, command.flags, reader, flags, [
        ...COMMAND_KEYS,
        ...(isBackup ? ["paths"] : []),
      ]);
  }
  return { flags, paths, hooks, schedule };
}

/** @param others what could be meant as well */
function readFlag(
  place: ProfilePlace,
  name: string,
  value: TomlValue,
  flags: Flags,
  reader: ProfileReader,
  into: Map<string, unknown>,
  others: readonly string[],
): void {
  const usable = Object.entries(flags).filter(([key]) => !NOT_IN_PROFILES.has(key));
  const found = usable.find(([key]) => flagName(key) === name);
  if (found === undefined)
    throw unknownKey(place, "key", [...usable.map(([key]) => flagName(key)), ...others]);
  const [key, flag] = found;
  let result: unknown;
  for (const text of flagTexts(place, flag, value)) {
    try {
      result = flag.read(meant(flag, text, reader), result);
    } catch (error) {
      throw profileError(place, messageOf(error).replace(/^Fatal: /, ""));
    }
  }
  // An empty list is a value, too: it says that there are none.
  into.set(key, result ?? flag.initial);
}

function readHooks(place: ProfilePlace, value: TomlValue): Hooks {
  if (!isTable(value)) throw profileError(place, "hooks are a table", "Its keys: before, after, on-failure.");
  const hooks = { before: [] as string[], after: [] as string[], onFailure: [] as string[] };
  for (const [key, lines] of Object.entries(value)) {
    const here = within(place, key);
    if (!Object.hasOwn(HOOK_KEYS, key)) throw unknownKey(here, "hook", Object.keys(HOOK_KEYS));
    hooks[HOOK_KEYS[key as keyof typeof HOOK_KEYS]] = textsOf(here, lines);
  }
  return hooks;
}

function readEnvironment(place: ProfilePlace, value: TomlValue): Record<string, string> {
  if (!isTable(value)) throw profileError(place, "the environment is a table of variables");
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      const here = within(place, name);
      if (!/^[A-Za-z_]\w*$/.test(name)) throw profileError(here, "this is no name of a variable");
      return [name, textOf(here, text)] as const;
    }),
  );
}
