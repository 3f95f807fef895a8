/**
 * Values in a profile, and what they mean: TOML has types where the command line has texts, and nobody expands `~` in it.
 */
import { join, resolve } from "node:path";
import type { TomlValue } from "smol-toml";
import type { Flag } from "../flags.js";
import { schemeOf } from "../stores/open-storage.js";
import { isSwitch } from "../parse-flags.js";
import { profileError } from "./profile-error.js";
import type { ProfilePlace } from "./profile-error.js";

/** What paths count from. */
export interface ProfileReader {
  /** That of the file of profiles. */
  readonly folder: string;
  readonly home: string;
}

/** What the flag would be given on the command line, one text for each time. */
export function flagTexts(place: ProfilePlace, flag: Flag<unknown>, value: TomlValue): string[] {
  if (isSwitch(flag)) {
    if (flag.counts === true && typeof value === "number") return [String(value)];
    if (typeof value !== "boolean") throw profileError(place, "this is true or false");
    if (flag.counts !== true) return [String(value)];
    return value ? [""] : [];
  }
  if (!Array.isArray(value)) return [textOf(place, value)];
  if (Array.isArray(flag.initial)) return value.map((one) => textOf(place, one));
  throw profileError(place, "this takes a single value");
}

/** A text as it is meant: files and folders as seen from the file of profiles. */
export function meant(flag: Flag<unknown>, text: string, reader: ProfileReader): string {
  if (text === "" || text === "-") return text;
  if (flag.hint === "file" || flag.hint === "directory") return fullPath(text, reader);
  return flag.hint === "repository" ? fullLocation(text, reader) : text;
}

export function fullPath(path: string, { folder, home }: ProfileReader): string {
  return resolve(folder, path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path);
}

/** A local repository as seen from the file of profiles; any other as it is. */
export function fullLocation(location: string, reader: ProfileReader): string {
  if (schemeOf(location) !== "local") return location;
  return fullPath(location.replace(/^local:/, ""), reader);
}

export function textOf(place: ProfilePlace, value: TomlValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw profileError(place, "this is a text", "Put it between double quotes.");
}

/** One text, or several. */
export function textsOf(place: ProfilePlace, value: TomlValue): string[] {
  return Array.isArray(value) ? value.map((one) => textOf(place, one)) : [textOf(place, value)];
}
