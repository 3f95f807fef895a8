/** `unlock`: removing locks that nobody is behind any more. */
import { removeLocks } from "@tastic/repository";
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { withRepository } from "../open-repository.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Removes locks of processes that are gone, or that were not renewed for half an hour.",
  flags: { removeAll: on("remove all locks, also those that are in use") },
  async run(context, { flags }) {
    const removed = await withRepository(context, "none", ({ lockStore }) =>
      removeLocks(lockStore, flags.removeAll),
    );
    if (removed > 0) context.output.info(`successfully removed ${removed} locks`);
  },
});
