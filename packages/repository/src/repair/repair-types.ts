/**
 * What a repair of the index or of packs tells while it works.
 */
import type { BlobId } from "@tastic/format";
import type { RemoveEvent } from "../prune/remove-files.js";

/** The steps of a repair. None has all of them. */
export type RepairPhase =
  | "load-index"
  | "list-packs"
  /** Headers of packs that the index does not list as they are. */
  | "read-packs"
  | "salvage"
  /** Reading damaged packs for what is whole in them. */
  | "examine"
  /** Taking blobs from another repository. */
  | "rescue"
  | "index"
  | "remove-index"
  | "remove-packs";

/** What a repair of the index or of packs tells. */
export type RepairEvent =
  | RemoveEvent<RepairPhase>
  /** A blob that is whole nowhere. */
  | { readonly type: "error"; readonly message: string; readonly lostBlob: BlobId }
  /** For those who want to know more. */
  | { readonly type: "detail"; readonly message: string };

/** What all repairs of the index and of packs take. */
export interface RepairOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told what happens on the way. */
  readonly onEvent?: ((event: RepairEvent) => void) | undefined;
}
