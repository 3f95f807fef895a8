/** `repair packs`: saving what can be saved of damaged packs. */
import { systemErrorCode, TasticError } from "@tastic/errors";
import { parseId } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { repairPacks } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { open } from "node:fs/promises";
import { defineCommand } from "../command.js";
import { indexBar, withRepository } from "../open-repository.js";
import { RepairReporter } from "../output/repair-report.js";
import { say } from "../output/say.js";
import { programName } from "../program.js";
import { fatal, orPlain, plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[packIDs...]",
  description:
    "Moves what is whole in damaged packs to new ones, and removes them. Copies of the damaged packs are put into the\ncurrent folder first.",
  flags: {},
  async run(context, { args }) {
    const ids = new Set(args.map(readPackId));
    if (ids.size === 0) throw fatal("no ids specified");
    const { output } = context;
    await withRepository(context, "exclusive", async (repository, signal) => {
      const reporter = new RepairReporter(context);
      const bar = indexBar(context);
      try {
        await repairPacks(repository, [...ids], {
          signal,
          onIndexProgress: (done, total) => bar.update(done, total),
          onEvent: (event) => reporter.onEvent(event),
          async beforeRepair() {
            bar.finish();
            say(output, 1, "saving backup copies of pack files to current folder");
            for (const id of ids) await orPlain(saveCopy(repository, id, signal));
          },
        });
      } finally {
        bar.stop();
        reporter.stop();
      }
      reporter.summary("packs");
    });
    output.error(
      `\nUse \`${programName()} repair snapshots --forget\` to remove the corrupted data blobs from all snapshots`,
    );
  },
});

/** @throws TasticError invalid-argument, in restic's words */
function readPackId(text: string): PackId {
  if (text.length !== 64) throw plain(`invalid length for ID: ${JSON.stringify(text)}`);
  try {
    return parseId<PackId>(text.toLowerCase(), "pack");
  } catch (error) {
    throw plain(`invalid ID: ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Puts a pack as it is into the current folder. Nothing is overwritten, and all is on the disk before this ends. */
async function saveCopy({ storage }: Repository, id: PackId, signal: AbortSignal): Promise<void> {
  const bytes = await storage.load({ type: "pack", name: id }, undefined, { signal });
  const path = `pack-${id}`;
  try {
    const file = await open(path, "wx", 0o666);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const isThere = systemErrorCode(error) === "EEXIST";
    throw new TasticError(
      isThere ? "already-exists" : "storage-failed",
      isThere ? `open ${path}: file exists` : `${path} could not be written`,
      {
        guidance:
          "Nothing was changed. Run this in a folder that has room for the packs and no copies of them yet.",
        cause: error,
      },
    );
  }
}
