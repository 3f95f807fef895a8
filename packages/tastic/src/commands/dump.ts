/** `dump`: a file of a snapshot, or a folder as an archive, to standard output or a file. */
import { dump, findSnapshot, findSubtree } from "@tastic/snapshots";
import type { ArchiveFormat } from "@tastic/snapshots";
import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { defineCommand } from "../command.js";
import { text } from "../flags.js";
import { withIndex } from "../open-repository.js";
import { filterOf, findOrFail, snapshotFlags } from "../snapshot-flags.js";
import { systemErrorText } from "../system-error-text.js";
import { fatal, orPlain, plain } from "../text-error.js";

export const command = defineCommand({
  usage: "[flags] snapshotID file",
  description:
    'Prints a file of a snapshot, or a folder as a tar or zip archive; "/" is the whole snapshot.\nSNAPSHOT:FOLDER takes the folder for the root.',
  flags: {
    archive: text("format", "what a folder becomes: tar or zip", { short: "a", initial: "tar" }),
    target: text("path", "write to this file", { short: "t" }),
    ...snapshotFlags,
  },
  async run(context, { flags, args }) {
    const [name, path] = args;
    if (name === undefined || path === undefined || args.length > 2)
      throw fatal("no file and no snapshot ID specified");
    const archive = archiveFormat(flags.archive);
    await withIndex(context, "read", async (repository, signal) => {
      const { snapshot, subfolder } = await findOrFail(findSnapshot(repository, name, filterOf(flags)));
      const treeId = await orPlain(findSubtree(repository, snapshot.tree, subfolder, signal));
      context.output.flush();
      const writeTo = (stream: Writable): Promise<void> =>
        dump(repository, { treeId }, path, stream, { archive, signal });
      if (flags.target === "") await writeTo(process.stdout);
      else await withFile(flags.target, writeTo);
    });
  },
});

function archiveFormat(given: string): ArchiveFormat {
  if (given === "tar" || given === "zip") return given;
  throw plain(`unknown archive format ${JSON.stringify(given)}`, { guidance: "Choose tar or zip." });
}

async function withFile(path: string, write: (stream: Writable) => Promise<void>): Promise<void> {
  const file = await open(path, "w").catch((error: unknown) => {
    throw plain(`cannot dump to file: open ${path}: ${systemErrorText(error)}`, { cause: error });
  });
  const stream = file.createWriteStream();
  await write(stream);
  stream.end();
  await finished(stream);
}
