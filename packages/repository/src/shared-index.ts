/**
 * The memory behind a blob index, which all threads share: two growing pieces, one of entries behind a header, one of
 * slots.
 */
import { TasticError } from "@tastic/errors";
import { ENTRY_WORDS } from "./blob-entry.js";
import { MAX_PAGES, PAGE, growTo } from "./shared-memory.js";

/** What other threads need to attach to an index: structured-cloneable. */
export interface SharedBlobIndex {
  readonly entries: WebAssembly.Memory;
  readonly slots: WebAssembly.Memory;
}

/** The first page of the entries' memory is the header. */
export const HEADER_WORDS = PAGE / 4;
export const LOCK = 0;
export const COUNT = 1;
export const SLOT_COUNT = 2;
export const PACK_COUNT = 3;

/** What fits behind the header. */
export const MAX_ENTRIES = Math.floor(((MAX_PAGES - 1) * PAGE) / (ENTRY_WORDS * 4));

/** Makes room for `count` entries in all, if `words` are not enough for them. Errors: `limit-exceeded`. */
export function growEntries({ entries }: SharedBlobIndex, count: number, words: number): void {
  const end = HEADER_WORDS + count * ENTRY_WORDS;
  if (end <= words) return;
  if (count > MAX_ENTRIES) {
    throw new TasticError("limit-exceeded", `the index holds more than ${MAX_ENTRIES} blobs`, {
      guidance: "Split the backup over several repositories.",
    });
  }
  growTo(entries, end * 4);
}
