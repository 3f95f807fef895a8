/** `cat`: an object of the repository, decrypted. */
import { isTasticError, messageOf } from "@tastic/errors";
import { decodeKeyFile, decodeLock, encodeKeyFile, encodeLock, encodeMasterKey, isId } from "@tastic/format";
import type { BlobId, Id, IndexId, LockId, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { findSubtree, resolveIdPrefix, splitSnapshotId } from "@tastic/snapshots";
import type { StorageFile } from "@tastic/storage";
import { defineCommand } from "../command.js";
import type { Context } from "../command.js";
import { idProblem } from "../id-problem.js";
import { loadIndex, withRepository } from "../open-repository.js";
import { goJson } from "../output/go-json.js";
import { storedJson } from "../output/snapshot-json.js";
import { fatal, orPlain } from "../text-error.js";

const KINDS = ["config", "index", "snapshot", "key", "masterkey", "lock", "pack", "blob", "tree"];
const WITHOUT_ID = ["config", "masterkey"];

interface Request {
  readonly context: Context;
  readonly repository: Repository;
  readonly id: string;
  readonly signal: AbortSignal;
}

export const command = defineCommand({
  usage:
    "[flags] [masterkey|config|pack ID|blob ID|snapshot ID|index ID|key ID|lock ID|tree snapshot:subfolder]",
  description: "Prints an object of the repository as it is, decrypted and decompressed.",
  flags: {},
  async run(context, { args }) {
    const [kind, id] = args;
    if (kind === undefined) throw fatal("type not specified");
    const print = Object.hasOwn(printers, kind) ? printers[kind] : undefined;
    if (print === undefined) {
      throw fatal(`invalid type ${JSON.stringify(kind)}, must be one of [${KINDS.join("|")}]`);
    }
    if (id === undefined && !WITHOUT_ID.includes(kind)) throw fatal("ID not specified");
    await withRepository(context, "read", (repository, signal) =>
      print({ context, repository, id: id ?? "", signal }),
    );
  },
});

const printers: Readonly<Record<string, (request: Request) => Promise<void>>> = {
  async config({ context, repository }) {
    const { version, id, chunkerPolynomial } = repository.config;
    context.output.result(goJson({ version, id, chunker_polynomial: chunkerPolynomial }, "  "));
  },

  async masterkey({ context, repository }) {
    context.output.result(indented(encodeMasterKey(repository.masterKey)));
  },

  async key({ context, repository, id, signal }) {
    const keyId = wholeId(id);
    const bytes = await load(repository, { type: "key", name: keyId }, signal);
    context.output.result(indented(encodeKeyFile(decodeKeyFile(bytes, `key ${keyId}`))));
  },

  async lock({ context, repository, id, signal }) {
    const lockId = wholeId<LockId>(id);
    const json = await repository.loadUnpacked("lock", lockId, signal);
    context.output.result(indented(encodeLock(decodeLock(json, `lock ${lockId}`))));
  },

  async index({ context, repository, id, signal }) {
    await context.output.bytes(await repository.loadUnpacked("index", wholeId<IndexId>(id), signal));
  },

  async snapshot({ context, repository, id }) {
    // A subfolder may be named, but means nothing.
    const { id: name } = splitSnapshotId(id);
    const snapshot = await repository.loadSnapshot(await snapshotId(repository, name));
    context.output.result(indented(Buffer.from(storedJson(snapshot))));
  },

  async pack({ context, repository, id, signal }) {
    const packId = wholeId(id);
    const bytes = await load(repository, { type: "pack", name: packId }, signal);
    const hash = repository.crypto.sha256Hex(bytes);
    if (hash !== packId)
      context.output.error(`Warning: hash of data does not match ID, want\n  ${packId}\ngot:\n  ${hash}`);
    await context.output.bytes(bytes);
  },

  async blob({ context, repository, id, signal }) {
    const blobId = wholeId<BlobId>(id);
    await loadIndex(context, repository, signal);
    for (const type of ["data", "tree"] as const) {
      try {
        await context.output.bytes(await repository.loadBlob(type, blobId, signal));
        return;
      } catch (error) {
        if (!isTasticError(error, "blob-not-found")) throw error;
      }
    }
    throw fatal("blob not found", { code: "blob-not-found" });
  },

  async tree({ context, repository, id, signal }) {
    const { id: name, subfolder } = splitSnapshotId(id);
    const { tree } = await repository.loadSnapshot(await snapshotId(repository, name));
    await loadIndex(context, repository, signal);
    const folder = await orPlain(findSubtree(repository, tree, subfolder, signal));
    await context.output.bytes(await repository.loadBlob("tree", folder, signal));
  },
};

function wholeId<T extends Id>(text: string): T {
  if (isId(text)) return text as unknown as T;
  throw fatal(`unable to parse ID: ${idProblem(text)}`, {
    guidance: "`list` shows the whole IDs of all objects.",
  });
}

async function snapshotId(repository: Repository, text: string): Promise<SnapshotId> {
  if (isId(text)) return text as SnapshotId;
  try {
    return resolveIdPrefix(await repository.list<SnapshotId>("snapshot"), text);
  } catch (error) {
    if (!isTasticError(error)) throw error;
    throw fatal(`could not find snapshot: ${messageOf(error)}`, {
      code: error.code,
      guidance: error.guidance,
    });
  }
}

function load(repository: Repository, file: StorageFile, signal: AbortSignal): Promise<Uint8Array> {
  return repository.storage.load(file, undefined, { signal });
}

function indented(json: Uint8Array): string {
  return goJson(JSON.parse(Buffer.from(json).toString()), "  ");
}
