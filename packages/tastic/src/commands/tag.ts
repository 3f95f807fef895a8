/** `tag`: changing the tags of snapshots. */
import { checkTagChange, parseTagList, tagSnapshots } from "@tastic/snapshots";
import type { TagEvent } from "@tastic/snapshots";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { list } from "../flags.js";
import { withRepository } from "../open-repository.js";
import { filterOf, findNamedSnapshots, snapshotFlags } from "../snapshot-flags.js";
import { plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] [snapshotID ...]",
  description:
    "Changes the tags of the snapshots that are named or match the flags, or of all. Each gets a new ID, and remembers its\nfirst.",
  flags: {
    add: list("tags", "add these tags, separated by commas (may be repeated)"),
    remove: list("tags", "remove these tags, separated by commas (may be repeated)"),
    set: list("tags", "have these tags and no others, separated by commas (may be repeated)"),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const { output } = context;
    const { set, add, remove } = flags;
    checkTagChange({ set: set.length > 0 ? set : undefined, add, remove });
    const change = { add: tagsOf(add), remove: tagsOf(remove), ...(set.length > 0 && { set: tagsOf(set) }) };
    // An empty tag is none, so there may be nothing left to do.
    const hasTags = Object.values(change).some((tags) => tags.length > 0);
    output.info("create exclusive lock for repository");
    await withRepository(context, "exclusive", async (repository, signal) => {
      const snapshots = await findNamedSnapshots(context, repository, args, filterOf(flags));
      const { changed, failed } = hasTags
        ? await tagSnapshots(repository, snapshots, change, {
            signal,
            onEvent: (event) => printEvent(context, event),
          })
        : { changed: 0, failed: 0 };
      if (output.json) output.value({ message_type: "summary", changed_snapshots: changed });
      else output.info(changed === 0 ? "no snapshots were modified" : `modified ${changed} snapshots`);
      if (failed > 0) throw plain("failed to modify one or more snapshots", { code: "storage-failed" });
    });
  },
});

function tagsOf(texts: readonly string[]): string[] {
  return texts.flatMap(parseTagList).filter((tag) => tag !== "");
}

function printEvent({ output }: Context, event: TagEvent): void {
  if (event.type === "error") {
    const { id, newId, message } = event;
    output.error(`unable to modify the tags for snapshot ID "${id}", ignoring: ${message}`);
    if (newId !== undefined) output.error(`its successor ${newId} was saved and stands beside it`);
  } else if (output.json) {
    output.value({ message_type: "changed", old_snapshot_id: event.oldId, new_snapshot_id: event.newId });
  } else {
    output.verbose(`old snapshot ID: ${event.oldId} -> new snapshot ID: ${event.newId}`);
  }
}
