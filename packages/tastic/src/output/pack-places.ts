/**
 * What `find --show-pack-id` adds: the pack of each blob that was looked for, and where in it the blob is.
 */
import { idFromBytes, idToBytes, isId, shortId } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { DATA, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import type { WantedBlobs } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { idProblem } from "../id-problem.js";

/** Prints what the index says of the blobs, whether or not they were found. With `--json`, too: as restic does. */
export function printPacksOf({ output }: Context, repository: Repository, wanted: WantedBlobs): void {
  for (const id of wanted.data) for (const line of placeOf(repository, id, "data")) output.result(line);
  for (const id of wanted.trees) for (const line of placeOf(repository, id, "tree")) output.result(line);
}

function placeOf({ index }: Repository, id: string, type: "data" | "tree"): string[] {
  if (!isId(id)) return [`Note: cannot find pack for object '${id}', unable to parse ID: ${idProblem(id)}`];
  const entry = index.find(idToBytes(id), type === "data" ? DATA : TREE);
  if (entry < 0) return [`Object ${type} with type ${shortId(id)} not found in the index`];
  const pack = idFromBytes<PackId>(index.id(index.pack(entry)));
  const plain = index.uncompressedLength(entry);
  return [
    `Object belongs to pack ${pack}`,
    ` ... Pack ${shortId(pack)}: <Blob (${type}) ${shortId(id)}, offset ${index.offset(entry)}, ` +
      `length ${index.length(entry)}, uncompressed length ${plain}>`,
  ];
}
