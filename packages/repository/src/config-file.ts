/**
 * The config file of a repository: what makes a place in a store one (design.rst, "Repository Format").
 */
import { isIrreducible, parsePolynomial } from "@tastic/chunker";
import { TasticError, isTasticError } from "@tastic/errors";
import type { KeyId } from "@tastic/format";
import type { Storage } from "@tastic/storage";
import { discardKey, listKeyIds } from "./keys.js";

const CONFIG = { type: "config", name: "" } as const;

/** Loads the sealed config. Errors: `no-repository` if there is none; the store's. */
export async function loadConfig(storage: Storage): Promise<Uint8Array> {
  try {
    return await storage.load(CONFIG);
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
    throw new TasticError(
      "no-repository",
      `repository does not exist: unable to open config file: ${error.message}`,
      {
        guidance: `Is there a repository at the following location?\n${storage.location}`,
        cause: error,
      },
    );
  }
}

/**
 * Stores the sealed config of a new repository, which only `key` opens. If that fails, the key is removed again:
 * alone, or beside the config of somebody who was faster, it would be of no use to anyone.
 */
export async function saveConfig(storage: Storage, sealed: Uint8Array, key: KeyId): Promise<void> {
  try {
    await storage.save(CONFIG, sealed);
  } catch (error) {
    if (!(await mayBeStored(storage, sealed))) await discardKey(storage, key);
    throw error;
  }
}

/**
 * Puts a new config in the place of `old`. Where that fails, the old one is put back if nothing is there now.
 * Errors: the store's; `damaged-repository` if there is no config any more, whose `data.config` is the old one in base64.
 */
export async function replaceConfig(storage: Storage, sealed: Uint8Array, old: Uint8Array): Promise<void> {
  try {
    await storage.save(CONFIG, sealed, { replace: true });
  } catch (error) {
    try {
      await storage.stat(CONFIG);
    } catch (missing) {
      if (isTasticError(missing, "not-found")) await putBack(storage, old, error);
    }
    throw error;
  }
}

async function putBack(storage: Storage, old: Uint8Array, cause: unknown): Promise<void> {
  try {
    await storage.save(CONFIG, old);
  } catch {
    throw new TasticError("damaged-repository", "the config file of the repository is gone", {
      guidance: `Write these bytes, which are given here in base64, to its file "config": ${Buffer.from(old).toString("base64")}`,
      data: { config: Buffer.from(old).toString("base64") },
      cause,
    });
  }
}

/** Is the config there, or can we not tell? An answer may be lost after the work was done. */
async function mayBeStored(storage: Storage, sealed: Uint8Array): Promise<boolean> {
  try {
    return Buffer.compare(await storage.load(CONFIG), sealed) === 0;
  } catch (error) {
    return !isTasticError(error, "not-found");
  }
}

/**
 * Refuses a place that has a repository. A half-made or emptied one counts: its keys or snapshots may be all that is
 * left.
 */
export async function refuseExisting(storage: Storage): Promise<void> {
  const guidance = "Choose another location, or use the repository that is there.";
  const refuse = (what: string): never => {
    throw new TasticError("repository-exists", what, { guidance });
  };
  try {
    await storage.stat(CONFIG);
    refuse("config file already exists");
  } catch (error) {
    if (!isTasticError(error, "not-found")) throw error;
  }
  try {
    if ((await listKeyIds(storage)).length > 0) refuse("repository already contains keys");
    for await (const _ of storage.list("snapshot")) refuse("repository already contains snapshots");
  } catch (error) {
    // Not even the bucket is there.
    if (!isTasticError(error, "not-found")) throw error;
  }
}

/** Refuses a polynomial in hexadecimal that does not cut. Errors: `invalid-format`. */
export function checkPolynomial(hex: string): void {
  if (isIrreducible(parsePolynomial(hex))) return;
  throw new TasticError("invalid-format", "invalid chunker polynomial: it is not irreducible", {
    guidance: "The config of the repository was tampered with, or written by a broken tool.",
  });
}
