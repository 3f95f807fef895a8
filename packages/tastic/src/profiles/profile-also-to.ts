/**
 * `also-to` in a profile: locations as after the flag, or tables that say with each what opens it.
 */
import type { TomlValue } from "smol-toml";
import { profileError, unknownKey, within } from "./profile-error.js";
import type { ProfilePlace } from "./profile-error.js";
import { fullLocation, fullPath, textOf } from "./profile-values.js";
import type { ProfileReader } from "./profile-values.js";
import { isTable } from "./profiles-file.js";

/** What belongs to each repository, and the key of the flag that says it. */
const LISTS = {
  "password-file": "alsoToPasswordFile",
  "password-command": "alsoToPasswordCommand",
  "key-hint": "alsoToKeyHint",
} as const;
const KEYS = ["repository", "password", ...Object.keys(LISTS)];

/** Puts into `flags` what `--also-to` and its like would say, and passwords in plain text into `secrets`. */
export function readAlsoTo(
  place: ProfilePlace,
  value: TomlValue,
  reader: ProfileReader,
  flags: Map<string, unknown>,
  secrets: Record<string, string>,
): void {
  const entries = Array.isArray(value) ? value : [value];
  const locations: string[] = [];
  const lists = new Map<string, string[]>();
  for (const [at, entry] of entries.entries()) {
    const table = isTable(entry) ? entry : { repository: textOf(place, entry) };
    const { repository } = table;
    if (repository === undefined) throw profileError(place, "repository is missing", "Say where to copy to.");
    locations.push(fullLocation(textOf(within(place, "repository"), repository), reader));
    for (const [key, text] of Object.entries(table)) {
      const here = within(place, key);
      if (key === "repository") continue;
      if (key === "password") {
        secrets[`ALSO_TO_PASSWORD_${at + 1}`] = textOf(here, text);
        continue;
      }
      if (!Object.hasOwn(LISTS, key)) throw unknownKey(here, "key", KEYS);
      const flag = LISTS[key as keyof typeof LISTS];
      const list = lists.get(flag) ?? entries.map(() => "");
      const said = textOf(here, text);
      list[at] = key === "password-file" ? fullPath(said, reader) : said;
      lists.set(flag, list);
    }
  }
  flags.set("alsoTo", locations);
  for (const [flag, list] of lists) flags.set(flag, list);
}
