/** The profile that a command about profiles is asked for, by its argument or by `-P`. */
import type { Context } from "../command.js";
import { fatal } from "../text-error.js";
import type { Profile } from "./profile.js";
import type { ProfilesFile } from "./profiles-file.js";

/** @throws TasticError invalid-argument where none is named, or two, and for profiles that make no sense */
export async function chosenProfile(
  { globals, environment }: Context,
  args: readonly string[],
): Promise<{ readonly file: ProfilesFile; readonly profile: Profile }> {
  const names = [...args, ...(globals.profile === "" ? [] : [globals.profile])];
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw fatal("name one profile", { guidance: "`profile list` shows which there are." });
  }
  const { profilesPath, readProfiles } = await import("./profiles-file.js");
  const { readProfile } = await import("./profile.js");
  const file = readProfiles(profilesPath(globals.profilesFile, environment));
  return { file, profile: await readProfile(file, name) };
}
