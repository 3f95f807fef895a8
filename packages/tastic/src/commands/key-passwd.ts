/** `key passwd`: another password in place of the one in use. */
import { describeKey } from "@tastic/repository";
import { defineCommand } from "../command.js";
import { addNewKey, newKeyFlags } from "../new-password.js";
import { withRepository } from "../open-repository.js";
import { formatFullTime } from "../output/local-time.js";
import { usageError } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Changes the password that the repository was opened with. Other passwords stay.",
  flags: newKeyFlags,
  async run(context, { flags, args }) {
    if (args.length > 0) {
      throw usageError(
        "the key passwd command expects no arguments, only options - please see `restic help key passwd` for usage and flags",
      );
    }
    await withRepository(context, "exclusive", async (repository) => {
      const { id, reopened } = await addNewKey(context, repository, flags);
      await reopened.removeKey(repository.keyId);
      const { username, hostname, created } = await describeKey(repository.storage, repository.crypto, id);
      if (context.output.verbosity > 0) {
        context.output.result(
          `saved new key as <Key of ${username}@${hostname}, created on ${formatFullTime(created)}>`,
        );
      }
    });
  },
});
