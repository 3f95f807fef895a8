/**
 * The file of profiles: where it is, and what TOML is in it. A file with passwords that others can read is refused, as is
 * one that anybody can change, since it says which programs are run.
 */
import { messageOf, systemErrorCode } from "@tastic/errors";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { TomlError, parse } from "smol-toml";
import type { TomlTable, TomlValue } from "smol-toml";
import type { Environment } from "../environment.js";
import { maskLocation } from "../location.js";
import { fatal } from "../text-error.js";
import { profileError } from "./profile-error.js";
import type { ProfilePlace } from "./profile-error.js";

export interface ProfilesFile {
  readonly place: ProfilePlace;
  /** By name, not looked at yet. */
  readonly profiles: Readonly<Record<string, TomlTable>>;
}

const OTHERS_MAY_READ = 0o044;
const ALL_MAY_WRITE = 0o002;

/** Where profiles are: what the flag says, or TASTIC_PROFILES, or the usual place. Absolute. */
export function profilesPath(given: string, environment: Environment): string {
  if (given !== "") return resolve(given);
  return resolve(environment.get("PROFILES") ?? usualPath(environment.all));
}

/** The file in the folder that the system has for settings. */
export function usualPath(
  variables: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = variables["HOME"] || homedir();
  const roaming = platform === "win32" ? variables["APPDATA"] : undefined;
  const given = variables["XDG_CONFIG_HOME"] ?? "";
  const folder = roaming ?? (isAbsolute(given) ? given : join(home, ".config"));
  return join(folder, "tastic", "profiles.toml");
}

/** @throws TasticError invalid-argument for a file that is not there, is no TOML, or is open to others */
export function readProfiles(path: string): ProfilesFile {
  const text = readText(path);
  const place: ProfilePlace = { file: path, text, keys: [] };
  const tables = parseToml(place);
  const mode = process.platform === "win32" ? 0 : statSync(path).mode;
  if ((mode & ALL_MAY_WRITE) !== 0) {
    throw fatal(`${path}: everybody can change this file, which says which programs are run`, {
      guidance: `Take that away: chmod go-w ${path}`,
    });
  }
  const profiles: Record<string, TomlTable> = {};
  for (const [name, table] of Object.entries(tables)) {
    const named = { ...place, keys: [name] };
    if (!isTable(table)) {
      throw profileError(named, "a profile is a table", `Write its settings below a line [NAME].`);
    }
    if (!/^[\w-]+$/.test(name)) {
      throw profileError(named, "the name of a profile has letters, digits, - and _ only");
    }
    const secret = findSecret(table);
    if (secret !== undefined && (mode & OTHERS_MAY_READ) !== 0) {
      throw profileError(
        { ...named, keys: [name, ...secret] },
        "a secret in a file that others can read",
        `Take that away: chmod 600 ${path} (or use password-file or password-command).`,
      );
    }
    profiles[name] = table;
  }
  return { place, profiles };
}

export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (systemErrorCode(cause) !== "ENOENT")
      throw fatal(`unable to read profiles from ${path}: ${messageOf(cause)}`, { cause });
    throw fatal(`there is no file of profiles at ${path}`, {
      guidance:
        "Write one (docs/profiles.md shows how), or name yours with --profiles-file or TASTIC_PROFILES.",
      cause,
    });
  }
}

function parseToml(place: ProfilePlace): TomlTable {
  try {
    return parse(place.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // What follows the first line shows lines of the file, in which there may be a password; so does the error itself.
    const [first = ""] = error.message.split("\n");
    const reason = first.replace("Invalid TOML document: ", "");
    throw fatal(`${place.file}:${error.line}:${error.column}: this is no TOML: ${reason}`);
  }
}

const SECRET_NAME = /PASS|SECRET|TOKEN|CREDENTIAL|_KEY$|_SAS$/i;
const NAME_OF_PLACE = /_(FILE|COMMAND)$/i;

/** The keys that lead to a secret in plain text. */
function findSecret(table: TomlTable, keys: readonly string[] = []): string[] | undefined {
  for (const [key, value] of Object.entries(table)) {
    const here = [...keys, key];
    if (isSecret(here, value)) return here;
    for (const below of Array.isArray(value) ? value : [value]) {
      if (typeof below === "string" && maskLocation(below) !== below) return here;
      const found = isTable(below) ? findSecret(below, here) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Is this a secret itself? A table is not, what is in it may be. */
export function isSecret(keys: readonly string[], value: TomlValue): boolean {
  if (isTable(value)) return false;
  const key = keys.at(-1) ?? "";
  if (key === "password") return true;
  return keys.at(-2) === "environment" && SECRET_NAME.test(key) && !NAME_OF_PLACE.test(key);
}

/** The same table as it may be shown: without secrets, and without the values of variables, which may be some. */
export function withoutSecrets(table: TomlTable, keys: readonly string[] = []): TomlTable {
  return Object.fromEntries(
    Object.entries(table).map(([key, value]) => {
      const here = [...keys, key];
      const isHidden = keys.at(-1) === "environment" || isSecret(here, value);
      return [key, isHidden ? "***" : shown(value, here)] as const;
    }),
  );
}

function shown(value: TomlValue, keys: readonly string[]): TomlValue {
  if (typeof value === "string") return maskLocation(value);
  if (Array.isArray(value)) return value.map((one) => shown(one, keys));
  return isTable(value) ? withoutSecrets(value, keys) : value;
}
