/**
 * The blobs of packs, for `find --pack`: as the packs' own headers have them, or, of packs that are gone, as the index
 * does.
 */
import { TasticError } from "@tastic/errors";
import { idFromBytes, shortId } from "@tastic/format";
import type { BlobId, PackId } from "@tastic/format";
import { PACK, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { throwIfCancelled } from "../cancellation.js";
import type { WantedBlobs } from "./find-blobs.js";

/** How to collect the blobs of packs. */
export interface PackBlobsOptions {
  readonly signal?: AbortSignal;
  /** Told of packs that only the index knows: restic says so before it goes on. */
  onMissing(packs: readonly PackId[]): void;
}

/**
 * Collects the blobs of packs, which are named by whole ids or their first eight digits. The index must be loaded.
 * @throws TasticError `not-found` for packs that neither the repository nor its index has; those of a damaged header
 */
export async function blobsOfPacks(
  repository: Repository,
  names: readonly string[],
  options: PackBlobsOptions,
): Promise<WantedBlobs> {
  const wanted: WantedBlobs = { data: new Set(), trees: new Set() };
  const open = new Set(names);
  for await (const { name, size } of repository.storage.list("pack", options)) {
    throwIfCancelled(options.signal, "the search");
    if (open.size === 0) break;
    if (!take(open, name)) continue;
    for (const { type, id } of await repository.loadPackHeader(name as PackId, size, options.signal)) {
      (type === "tree" ? wanted.trees : wanted.data).add(id);
    }
  }
  if (open.size > 0) addFromIndex(repository, open, wanted, options);
  if (open.size === 0) return wanted;
  throw new TasticError("not-found", `unable to find pack(s): [${[...open].sort().join(" ")}]`, {
    guidance: "`list packs` shows all packs.",
  });
}

function addFromIndex(
  { index }: Repository,
  open: Set<string>,
  wanted: WantedBlobs,
  options: PackBlobsOptions,
): void {
  const found = new Map<number, PackId>();
  for (const pack of index.packs()) {
    const id = idFromBytes<PackId>(index.id(pack));
    if (take(open, id)) found.set(pack, id);
  }
  if (found.size === 0) return;
  options.onMissing([...found.values()]);
  for (let entry = 0; entry < index.size; entry++) {
    if (index.kind(entry) === PACK || !found.has(index.pack(entry))) continue;
    (index.kind(entry) === TREE ? wanted.trees : wanted.data).add(idFromBytes<BlobId>(index.id(entry)));
  }
}

/** Was the pack asked for? If so, it is no longer. */
function take(open: Set<string>, id: string): boolean {
  const whole = open.delete(id);
  return open.delete(shortId(id as PackId)) || whole;
}
