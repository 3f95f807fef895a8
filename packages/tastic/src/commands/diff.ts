/** `diff`: what differs between two snapshots. */
import { diff, findSnapshot, findSubtree } from "@tastic/snapshots";
import type { StoredSnapshot } from "@tastic/snapshots";
import { isTasticError } from "@tastic/errors";
import type { BlobId } from "@tastic/format";
import { shortId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { defineCommand } from "../command.js";
import { on } from "../flags.js";
import { withIndex } from "../open-repository.js";
import { DiffReporter } from "../output/diff-report.js";
import { fatal, orPlain } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] snapshotID snapshotID",
  description:
    "Shows what differs from the first to the second snapshot. SNAPSHOT:FOLDER is a part of one.\n\n" +
    "  +  was added             -  was removed          T  has another type\n" +
    "  M  has another content   U  has other metadata   ?  another content, although nothing else differs: bit rot?",
  flags: { metadata: on("also show where only metadata differs") },
  async run(context, { flags, args }) {
    const { output } = context;
    await withIndex(context, "read", async (repository, signal) => {
      const [first, second] = args;
      if (first === undefined || second === undefined || args.length > 2) {
        throw fatal("specify two snapshot IDs");
      }
      const before = await findById(repository, first);
      const after = await findById(repository, second);
      output.info(`comparing snapshot ${shortId(before.snapshot.id)} to ${shortId(after.snapshot.id)}:\n`);
      const reporter = new DiffReporter(context);
      const trees = [
        await treeOf(repository, before, signal),
        await treeOf(repository, after, signal),
      ] as const;
      const result = await orPlain(
        diff(repository, ...trees, {
          metadata: flags.metadata,
          signal,
          onEvent: (event) => reporter.onEvent(event),
        }),
      );
      reporter.summary(first, second, result);
    });
  },
});

interface Side {
  readonly snapshot: StoredSnapshot;
  readonly subfolder: string;
}

/** restic knows no "latest" here. */
async function findById(repository: Repository, name: string): Promise<Side> {
  if (/^latest(:|$)/.test(name))
    throw fatal('no matching ID found for prefix "latest"', { code: "not-found" });
  try {
    return await findSnapshot(repository, name);
  } catch (error) {
    if (!isTasticError(error)) throw error;
    throw fatal(error.message, { code: error.code, guidance: error.guidance, cause: error });
  }
}

function treeOf(repository: Repository, { snapshot, subfolder }: Side, signal: AbortSignal): Promise<BlobId> {
  return orPlain(findSubtree(repository, snapshot.tree, subfolder, signal));
}
