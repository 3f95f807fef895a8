/**
 * What a repository needs from the place it is stored in: named objects, each written once, read in ranges,
 * listed and removed. Object types are those of the section "Repository Layout" of restic's design document.
 *
 * A storage knows nothing of what the objects mean. Every failure is a `TasticError`:
 * - `not-found`: there is no such object;
 * - `already-exists`: a config is there already and is not overwritten;
 * - `access-denied`: permissions, a read-only file system or storage;
 * - `no-space`: no room, or a quota is used up;
 * - `invalid-format`: the object is shorter than the range asked for;
 * - `limit-exceeded`: more bytes asked for than `maximumLoadLength`;
 * - `cancelled`: the signal was aborted;
 * - `invalid-argument`: a name that no object can have, a range that is none;
 * - `storage-failed`: anything else, which may pass. `data.throttled` is true where the store asked for fewer requests,
 *   `data.retryAfterMs` says how long it wants to be left alone, `data.permanent` that trying again is of no use.
 * `data` of the error holds the object's `type` and `name`.
 */

/** The kinds of objects. Data and trees are in packs. */
export type FileType = "config" | "key" | "lock" | "snapshot" | "index" | "pack";

/** An object's address. `name` is 64 lowercase hex digits, and "" for the one config. */
export interface StorageFile {
  readonly type: FileType;
  readonly name: string;
}

/** What a listing tells of an object. `size` is in bytes. */
export interface FileInfo {
  readonly name: string;
  readonly size: number;
}

/** `length` bytes from `offset` on, both in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Told of bytes as they move over a network, in pieces as they come. Where a promise is returned, a storage waits for it
 * before it sends or receives more. A storage that tells nothing here works, too, but is paced and watched as a whole;
 * one that will tell says so with 0 bytes when it begins.
 */
export interface Traffic {
  /** Before so many bytes are sent. */
  readonly upload: (bytes: number) => Promise<void> | undefined;
  /** After so many bytes were received. */
  readonly download: (bytes: number) => Promise<void> | undefined;
}

/** What every operation of a storage takes. */
export interface OperationOptions {
  /** Aborting ends the operation with the error `cancelled`; a save then leaves nothing. */
  readonly signal?: AbortSignal | undefined;
  /** For storages that send and receive: whom to tell. */
  readonly traffic?: Traffic | undefined;
  /**
   * For a cache between the caller and the store; storages pass it over. `keep`: this pack holds trees, which are asked
   * for again and again. `renew`: what the cache gave was damaged; it is to be removed, and the store asked.
   */
  readonly cache?: "keep" | "renew" | undefined;
}

/** What saving takes beside that. */
export interface SaveOptions extends OperationOptions {
  /** What a pack holds, for storages that keep what is read seldom elsewhere; not known if not given. */
  readonly holds?: "data" | "tree" | undefined;
  /**
   * Puts a config in the place of the one that is there: in one step, or, where the storage knows none, by removing the old
   * one first. No other type needs it.
   */
  readonly replace?: boolean | undefined;
  /**
   * Called when the storage needs the content no more, though it is not stored yet: from then on its memory may be taken
   * away. What goes wrong after that is not tried again. Not every storage calls it.
   */
  readonly onTaken?: (() => void) | undefined;
}

/**
 * A place where a repository is, or will be. Where no other errors are named, they are those at the head of this
 * file: `access-denied`, `no-space`, `storage-failed`, `cancelled` and so on.
 */
export interface Storage {
  /** Where the objects are, for people; without secrets. */
  readonly location: string;

  /** How many operations at once make sense. */
  readonly connections: number;

  /** Makes the folders that a new repository needs; does nothing where they exist. */
  prepare(): Promise<void>;

  /**
   * Stores all bytes or nothing; they survive a power failure from the moment it resolves, as far as the storage
   * can promise that. Nobody ever sees a part of an object.
   *
   * A config that exists is not overwritten (`already-exists`) unless `replace` says so. Any other name is the hash of the content, so
   * that saving it again replaces bytes with the same bytes, as in restic's own local and S3 storages.
   *
   * @param content the bytes, or pieces of them in order; must not change until the promise settles, or `onTaken` was called
   */
  save(file: StorageFile, content: Uint8Array | readonly Uint8Array[], options?: SaveOptions): Promise<void>;

  /**
   * The bytes of an object, or exactly those of a range of it: a range that ends beyond the object is an error
   * (`invalid-format`), never a shorter answer. The array is the caller's, on an `ArrayBuffer` of its own.
   */
  load(file: StorageFile, range?: ByteRange, options?: OperationOptions): Promise<Uint8Array<ArrayBuffer>>;

  /** The size of an object; `not-found` where there is none. */
  stat(file: StorageFile, options?: OperationOptions): Promise<FileInfo>;

  /**
   * All objects of a type, in no particular order. What does not have an object's name is passed over, as are
   * objects that are removed meanwhile; a missing folder is an empty one, but a missing bucket is an error
   * (`not-found`). Objects saved meanwhile may be missing.
   */
  list(type: FileType, options?: OperationOptions): AsyncIterable<FileInfo>;

  /** Removes an object; `not-found` where there is none. */
  remove(file: StorageFile, options?: OperationOptions): Promise<void>;

  /** Lets go of connections and the like. The storage is not used afterwards. */
  close(): Promise<void>;
}
