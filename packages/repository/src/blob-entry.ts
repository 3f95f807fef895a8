/**
 * An entry of the blob index: what it is about, and where in its 48 bytes each field is.
 * Packs are entries too, of a kind of their own: a blob's entry names its pack by that pack's entry number.
 */

/** What an entry describes. Blobs of different kinds never share an entry, even with equal bytes. */
export const DATA = 0;
export const TREE = 1;
export const PACK = 2;
export type EntryKind = typeof DATA | typeof TREE | typeof PACK;

/** Where a blob is stored. `uncompressedLength` is 0 for a blob that is stored raw. */
export interface BlobLocation {
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly uncompressedLength: number;
}

/**
 * Words (of 4 bytes) of an entry, and where its fields are. The id fills the first eight; kind and pack share the
 * ninth: two bits, then the entry number of the pack.
 */
export const ENTRY_WORDS = 12;
export const PLACE = 8;
export const OFFSET = 9;
export const LENGTH = 10;
export const UNCOMPRESSED = 11;
/** In place of the pack's number: the blob was claimed, but is not in a pack yet. */
export const PENDING = 0x3fffffff;
