/** What the tests of backups share: a repository that costs nothing, runs of `backup`, and what they stored. */
import { isTasticError, type ErrorCode, type TasticError } from "@tastic/errors";
import type { BlobType, Node, PackId, Snapshot } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { createMemoryStorage, type FileType, type Storage } from "@tastic/storage";
import { expect } from "vitest";
import { backup, type BackupEvent, type BackupOptions, type BackupResult } from "../dist/index.js";

const PASSWORD = "geheim";
/** A real one, always the same, so that repositories of different tests cut alike. */
const POLYNOMIAL = "3da3358b4dc173";

export interface Run {
  readonly result: BackupResult;
  readonly snapshot: Snapshot;
  readonly events: BackupEvent[];
  /** What the snapshot holds, by path. */
  readonly nodes: ReadonlyMap<string, Node>;
}

export async function newStorage(storage: Storage = createMemoryStorage()): Promise<Storage> {
  await Repository.init(storage, {
    password: PASSWORD,
    scrypt: { N: 16, r: 1, p: 1 },
    chunkerPolynomial: POLYNOMIAL,
  });
  return storage;
}

/** Opens a repository and loads its index, as every command does. */
export async function open(storage: Storage): Promise<Repository> {
  // What tests save cannot be compressed, and trying takes most of the time.
  const options = { password: PASSWORD, packSize: 4 << 20, compression: "off" } as const;
  const repository = await Repository.open(storage, options);
  await repository.loadIndex();
  return repository;
}

/** One backup on a freshly opened repository, without workers if nothing else is said. */
export async function run(storage: Storage, options: Partial<BackupOptions>): Promise<Run> {
  const repository = await open(storage);
  const events: BackupEvent[] = [];
  const result = await backup(repository, {
    targets: [],
    programVersion: "test",
    hostname: "host",
    workers: 0,
    ...options,
    onEvent(event) {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const { snapshotId } = result;
  if (snapshotId === undefined || options.dryRun === true) {
    return { result, events, nodes: new Map(), snapshot: {} as Snapshot };
  }
  const snapshot = await repository.loadSnapshot(snapshotId);
  return { result, snapshot, events, nodes: await nodesOf(await open(storage), snapshot) };
}

/** All nodes of a snapshot, by path. */
export async function nodesOf(repository: Repository, { tree }: Snapshot): Promise<Map<string, Node>> {
  const nodes = new Map<string, Node>();
  const visit = async (id: Snapshot["tree"], above: string): Promise<void> => {
    for (const node of await repository.loadTree(id)) {
      nodes.set(`${above}/${node.name}`, node);
      if (node.subtree !== undefined) await visit(node.subtree, `${above}/${node.name}`);
    }
  };
  await visit(tree, "");
  return nodes;
}

/** The content of a file in a snapshot. */
export async function contentOf(storage: Storage, node: Node | undefined): Promise<Buffer> {
  const repository = await open(storage);
  const parts: Uint8Array[] = [];
  for (const id of node?.content ?? []) parts.push(await repository.loadBlob("data", id));
  return Buffer.concat(parts);
}

/** The ids of all blobs of a kind in all packs, sorted; one that is stored twice is there twice. */
export async function blobsIn(storage: Storage, type: BlobType): Promise<string[]> {
  const repository = await open(storage);
  const ids: string[] = [];
  for await (const { name, size } of storage.list("pack")) {
    for (const entry of await repository.loadPackHeader(name as PackId, size)) {
      if (entry.type === type) ids.push(entry.id);
    }
  }
  return ids.sort();
}

export async function countOf(storage: Storage, type: FileType): Promise<number> {
  const names: string[] = [];
  for await (const { name } of storage.list(type)) names.push(name);
  return names.length;
}

/** The events of one type. */
export function only<T extends BackupEvent["type"]>(
  events: readonly BackupEvent[],
  type: T,
): Extract<BackupEvent, { type: T }>[] {
  return events.filter((event): event is Extract<BackupEvent, { type: T }> => event.type === type);
}

/** What went wrong while archiving, as "path: message". */
export function errorsOf(events: readonly BackupEvent[], during: "archival" | "scan" = "archival"): string[] {
  return only(events, "error")
    .filter((event) => event.during === during)
    .map(({ path, message }) => `${path}: ${message}`);
}

/** Expects the promise to fail with an error of tastic that has this code, and returns the error. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<TasticError> {
  const error: unknown = await promise.then(
    () => "it succeeded",
    (reason: unknown) => reason,
  );
  if (!isTasticError(error)) throw error instanceof Error ? error : new Error(String(error));
  expect(error.code).toBe(code);
  return error;
}
