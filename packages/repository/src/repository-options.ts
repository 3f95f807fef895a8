/**
 * How a repository is made and opened.
 */
import { TasticError } from "@tastic/errors";
import type { CompressionMode } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import type { KeyOwner } from "./keys.js";

/** Sizes of packs, in bytes; the default is restic's. */
export const MIN_PACK_SIZE = 4 << 20;
export const DEFAULT_PACK_SIZE = 16 << 20;
export const MAX_PACK_SIZE = 128 << 20;
/** How new packs are made. */
export interface RepositoryOptions {
  readonly compression?: CompressionMode;
  /** Bytes, from `MIN_PACK_SIZE` to `MAX_PACK_SIZE`. */
  readonly packSize?: number;
  /**
   * Deal the chunks of files out over two open packs at random. A store whose owner wants to know whether it holds a file
   * that he has learns less from the lengths of packs. Takes the memory of one more pack for each thread. Off by default.
   */
  readonly scatter?: boolean;
  /** Open and hash each blob again before it is stored. On by default. */
  readonly verify?: boolean;
}

/** How a repository is opened. */
export interface OpenOptions extends RepositoryOptions {
  readonly password: string;
  /**
   * Puts a layer around the storage once the repository's id is known, which is in its encrypted config: a cache has one
   * folder for each repository. Its errors are those of opening.
   */
  readonly layer?: (storage: Storage, repositoryId: string) => Storage | Promise<Storage>;
  /** The beginning of the id of the key to try first. */
  readonly keyHint?: string;
}

/** How a repository is made. */
export interface InitOptions extends RepositoryOptions, KeyOwner {
  readonly password: string;
  /** Format version; 2 by default. */
  readonly version?: 1 | 2;
  /** Hexadecimal; a random irreducible one by default. Two repositories with the same one cut files alike. */
  readonly chunkerPolynomial?: string;
}

/** Refuses a pack size that restic would not have either. Errors: `invalid-argument`. */
export function checkPackSize(size: number): number {
  if (size >= MIN_PACK_SIZE && size <= MAX_PACK_SIZE) return size;
  const reason =
    size > MAX_PACK_SIZE
      ? "pack size larger than limit of 128 MiB"
      : "pack size smaller than minimum of 4 MiB";
  throw new TasticError("invalid-argument", reason, { guidance: "Choose a size from 4 to 128 MiB." });
}
