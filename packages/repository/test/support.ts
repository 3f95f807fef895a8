/** What several tests share: repositories that cost nothing to open, blobs, listings, and expected errors. */
import { nodeCrypto } from "@tastic/crypto";
import { isTasticError, type ErrorCode, type TasticError } from "@tastic/errors";
import { idFromBytes, type BlobId, type BlobType } from "@tastic/format";
import { Repository, type InitOptions, type RepositoryWriter } from "@tastic/repository";
import { createMemoryStorage, type FileType, type Storage, type StorageFile } from "@tastic/storage";
import { expect } from "vitest";

export const password = "geheim";
/** The cheapest parameters that there are. */
export const scrypt = { N: 2, r: 1, p: 1 };
export const config: StorageFile = { type: "config", name: "" };

/** A new repository, in memory if no storage is given. */
export function makeRepository(
  storage: Storage = createMemoryStorage(),
  options: Partial<InitOptions> = {},
): Promise<Repository> {
  return Repository.init(storage, { password, scrypt, ...options });
}

/** Opens a repository and loads its index, as every command does. */
export async function reopen(storage: Storage): Promise<Repository> {
  const repository = await Repository.open(storage, { password });
  await repository.loadIndex();
  return repository;
}

/** Adds a blob; returns its id. */
export async function addBlob(writer: RepositoryWriter, type: BlobType, bytes: Uint8Array): Promise<BlobId> {
  const id = nodeCrypto.sha256(bytes);
  await writer.add(type, id, bytes);
  return idFromBytes<BlobId>(id);
}

/** The names of all objects of a type. */
export async function namesOf(storage: Storage, type: FileType): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(type)) names.push(name);
  return names.sort();
}

/** Puts other bytes in the place of an object. */
export async function replace(storage: Storage, file: StorageFile, bytes: Uint8Array): Promise<void> {
  await storage.remove(file);
  await storage.save(file, bytes);
}

/** Expects the promise to fail with an error of tastic that has this code, and returns the error. */
export async function failure(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<TasticError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return checked(error, codes);
}

/** The same for what is thrown at once. */
export function thrown(action: () => unknown, ...codes: ErrorCode[]): TasticError {
  let error: unknown;
  try {
    action();
  } catch (reason) {
    error = reason;
  }
  return checked(error, codes);
}

function checked(error: unknown, codes: readonly ErrorCode[]): TasticError {
  if (!isTasticError(error)) throw new Error(`expected ${codes.join(" or ")}`, { cause: error });
  expect(codes, error.message).toContain(error.code);
  return error;
}

/** Every `step`-th number below `length`, and the last ones. */
export function sampled(length: number, step: number): number[] {
  return Array.from({ length }, (_, i) => i).filter((i) => i % step === 0 || i >= length - 20);
}
