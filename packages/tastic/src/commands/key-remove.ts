/** `key remove`: a password that opens the repository no more. */
import { listKeyIds } from "@tastic/repository";
import { resolveIdPrefix } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import { withRepository } from "../open-repository.js";
import { orPlain, usageError } from "../text-error.js";

export const command = defineCommand({
  usage: "[ID] [flags]",
  description: "Removes a key. The one that the repository was opened with cannot be removed.",
  flags: {},
  async run(context, { args }) {
    const [prefix] = args;
    if (prefix === undefined || args.length > 1)
      throw usageError("key remove expects one argument as the key id");
    await withRepository(context, "exclusive", async (repository) => {
      const id = await orPlain(listKeyIds(repository.storage).then((ids) => resolveIdPrefix(ids, prefix)));
      await repository.removeKey(id);
      if (context.output.verbosity > 0) context.output.result(`removed key ${id}`);
    });
  },
});
