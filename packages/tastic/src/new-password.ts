/**
 * The password of a new key, for `key add` and `key passwd`; and the key made of it.
 */
import type { KeyId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import type { Context } from "./command.js";
import type { FlagValues } from "./flags.js";
import { on, text } from "./flags.js";
import { promptForNewPassword, readPasswordFile, refuseEmpty } from "./password.js";
import { plain } from "./text-error.js";

export const newKeyFlags = {
  host: text("name", "the host that the key notes"),
  newInsecureNoPassword: on("let the new password be empty (insecure)"),
  newPasswordFile: text("file", "read the new password from this file"),
  user: text("name", "the user that the key notes"),
};

type NewKeyValues = FlagValues<typeof newKeyFlags>;

/** Adds a key for the new password, and opens the repository with it to see that it works. */
export async function addNewKey(
  { signal }: Context,
  repository: Repository,
  flags: NewKeyValues,
): Promise<{ readonly id: KeyId; readonly reopened: Repository }> {
  const password = await newPassword(flags, signal);
  const id = await repository.addKey(password, {
    ...(flags.user === "" ? {} : { username: flags.user }),
    ...(flags.host === "" ? {} : { hostname: flags.host }),
  });
  try {
    return { id, reopened: await Repository.open(repository.storage, { password, keyHint: id }) };
  } catch (error) {
    await repository.removeKey(id);
    throw error;
  }
}

async function newPassword(flags: NewKeyValues, signal: AbortSignal): Promise<string> {
  const { newInsecureNoPassword, newPasswordFile } = flags;
  if (newInsecureNoPassword && newPasswordFile !== "") {
    throw plain("only either --new-password-file or --new-insecure-no-password may be specified");
  }
  if (newInsecureNoPassword) return "";
  if (newPasswordFile === "")
    return refuseEmpty(await promptForNewPassword("enter new password: ", signal), false);
  const password = readPasswordFile(newPasswordFile, (message) => plain(message));
  if (password !== "") return password;
  throw plain(
    "an empty password is not allowed by default. " +
      "Pass the flag `--new-insecure-no-password` to restic to disable this check",
    { code: "no-password" },
  );
}
