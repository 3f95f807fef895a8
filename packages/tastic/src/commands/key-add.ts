/** `key add`: one more password for the repository. */
import { defineCommand } from "../command.js";
import { addNewKey, newKeyFlags } from "../new-password.js";
import { withRepository } from "../open-repository.js";
import { usageError } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Adds a password: with it, too, everything in the repository can be read.",
  flags: newKeyFlags,
  async run(context, { flags, args }) {
    if (args.length > 0) {
      throw usageError(
        "the key add command expects no arguments, only options - please see `restic help key add` for usage and flags",
      );
    }
    const { id } = await withRepository(context, "append", (repository) =>
      addNewKey(context, repository, flags),
    );
    if (context.output.verbosity > 0) context.output.result(`saved new key with ID ${id}`);
  },
});
