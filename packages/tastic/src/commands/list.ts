/** `list`: the ids of all objects of a kind. */
import { decodeIndex, idFromBytes } from "@tastic/format";
import type { BlobType, IndexId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import type { FileType } from "@tastic/storage";
import { defineCommand } from "../command.js";
import type { Output } from "../output/output.js";
import { withRepository } from "../open-repository.js";
import { programName } from "../program.js";
import { usageError } from "../text-error.js";

const FILE_TYPES: Readonly<Record<string, FileType>> = {
  packs: "pack",
  index: "index",
  snapshots: "snapshot",
  keys: "key",
  locks: "lock",
};

export const command = defineCommand({
  usage: "[flags] [blobs|packs|index|snapshots|keys|locks]",
  description: "Lists the IDs of all objects of a kind.",
  flags: {},
  async run(context, { args }) {
    const [kind = ""] = args;
    if (args.length !== 1) throw usageError(`accepts 1 arg(s), received ${args.length}`);
    const type = Object.hasOwn(FILE_TYPES, kind) ? FILE_TYPES[kind] : undefined;
    if (type === undefined && kind !== "blobs") {
      throw usageError(`invalid argument ${JSON.stringify(kind)} for "${programName()} list"`);
    }
    const { output } = context;
    // Our own lock would be among the locks.
    await withRepository(context, kind === "locks" ? "none" : "read", async (repository, signal) => {
      if (type === undefined) await listBlobs(repository, output, signal);
      else for await (const { name } of repository.storage.list(type, { signal })) output.result(name);
    });
  },
});

/** Index file by index file, so that a blob in two of them shows twice. */
async function listBlobs(repository: Repository, output: Output, signal: AbortSignal): Promise<void> {
  for (const id of await repository.list<IndexId>("index")) {
    const json = await repository.loadUnpacked("index", id, signal);
    const ignore = (): void => undefined;
    const blob = (blobId: Uint8Array, type: BlobType): void =>
      output.result(`${type} ${idFromBytes(blobId)}`);
    decodeIndex(json, { pack: ignore, blob }, `index ${id}`);
  }
}
