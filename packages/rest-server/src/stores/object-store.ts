/**
 * What the server needs of the place in which one repository lies: objects that arrive and leave in streams, none of
 * them ever half visible, and a trash that keeps for a while what clients delete. Object names and types are those of
 * "Repository Layout" in restic's design document.
 *
 * Failures are `TasticError`s with the codes that `Storage` in `@tastic/storage` lists.
 */
import type { FileInfo, FileType, StorageFile } from "@tastic/storage";

/** What is known of a stored object without reading it. */
export interface ObjectFacts {
  /** In bytes. */
  readonly size: number;
  /** When it was stored by this machine's clock, in milliseconds since 1970; 0 where the store does not say. */
  readonly modified: number;
}

/** An object that is being read. */
export interface ObjectReader extends ObjectFacts {
  /** The bytes from `start` up to before `end`, in pieces. A piece may be overwritten once the next is asked for. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** An object that is being written. Nobody sees it before `commit` has resolved; then it survives a power failure. */
export interface ObjectWriter {
  /** Takes a piece, which is the writer's from then on. A promise says when there is room for more. */
  write(piece: Uint8Array): Promise<void> | undefined;
  /** Gives the object its name: `exists` where an object has it already, which is left as it is. */
  commit(): Promise<"stored" | "exists">;
  /** Leaves nothing behind. May be called at any time before `commit`, and after it has failed. */
  abort(): Promise<void>;
}

export interface TrashedObject {
  readonly file: StorageFile;
  readonly size: number;
  /** When it was deleted, in milliseconds since 1970. */
  readonly deleted: number;
  /** Who deleted it; "" where nobody logs in. */
  readonly account: string;
  /** Tells apart two that had the same name. */
  readonly key: string;
}

/** What clients have deleted from one repository. */
export interface Trash {
  list(): AsyncIterable<TrashedObject>;
  /** Puts an object back under its name; `exists` where one has that name, and then the trash keeps its own. */
  restore(object: TrashedObject): Promise<"restored" | "exists">;
  /** Removes an object for ever. */
  destroy(object: TrashedObject): Promise<void>;
}

export interface ListOptions {
  /** Are sizes asked for? Without, `size` may be 0. */
  readonly sizes: boolean;
}

/** One repository's objects. */
export interface ObjectStore {
  /** For people, without secrets. */
  readonly location: string;
  /** Makes what a new repository needs; does nothing where it is there. */
  create(): Promise<void>;
  /** @param length the size that the object will have, if that is known */
  begin(file: StorageFile, length: number | undefined): Promise<ObjectWriter>;
  open(file: StorageFile): Promise<ObjectReader>;
  stat(file: StorageFile): Promise<ObjectFacts>;
  /** All objects of a type in batches; what has no object's name is passed over. Nothing where there is no repository. */
  list(type: FileType, options: ListOptions): AsyncIterable<readonly FileInfo[]>;
  /** Removes an object at once; `not-found` where there is none. */
  remove(file: StorageFile): Promise<void>;
  /** Moves an object into the trash; `not-found` where there is none. */
  discard(file: StorageFile, account: string, now: number): Promise<void>;
  /** Removes what is left of uploads that were begun before this time and have not ended: of a server that was killed. */
  removeUnfinished(before: number): Promise<number>;
  /** Removes everything, objects and trash, for ever. May be called again when it was interrupted. */
  erase(): Promise<void>;
  readonly trash: Trash;
}

/** Where repositories are. A repository is named by the folders of its URL, none of which is a file type's. */
export interface Repositories {
  /** For people, without secrets. */
  readonly location: string;
  /** The store of a repository, which need not exist. Costs nothing. */
  open(folders: readonly string[]): ObjectStore;
  /** The names of all repositories that exist, or of those whose first folder is this one. */
  list(first?: string): AsyncIterable<readonly string[]>;
  /** Can objects be reached? Throws why not. */
  probe(): Promise<void>;
}

/** The folder in which the server keeps what is its own, in each repository and beside them. Never served. */
export const ownFolder = ".tastic";
