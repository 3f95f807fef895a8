/**
 * A backup server as the marketplace sees it. Each of its operations may be repeated, after an answer that was lost or a
 * process that was killed, and touches only an account whose password has the hash that the marketplace gave it: of what
 * somebody else has there under the same name nothing is changed.
 */
import { isTasticError } from "@tastic/errors";
import type { RestServer } from "@tastic/rest-server";

export interface AccountWanted {
  readonly name: string;
  /** bcrypt of the secret that logs in there. */
  readonly hash: string;
  /** Of earlier tries, with which the account may have been made. */
  readonly earlier: readonly string[];
}

export interface BackupServer {
  /** Stays the same for ever: records refer to it. */
  readonly id: string;
  /** Where 3Bots reach it, with "/" at the end: "https://backup1.example/". */
  readonly url: string;
  /** Makes the account, or lets it in again. @throws TasticError already-exists if the name is somebody else's there */
  activate(account: AccountWanted): Promise<void>;
  /** Keeps it out from now on, with its data as they are. Does nothing where there is no such account. */
  suspend(account: AccountWanted): Promise<void>;
  /** Removes its data and the account, for ever. Does nothing where there is no such account. */
  erase(account: AccountWanted): Promise<void>;
  /** Is there an account of this name? */
  has(name: string): Promise<boolean>;
  /** The names of all its accounts, also of those that are suspended. */
  names(): Promise<ReadonlySet<string>>;
}

/** What is the same for a server in this process and for one that is reached over its operator's interface. */
export interface ServerOperations {
  provision(
    name: string,
    request: {
      readonly hash: string;
      readonly replaces: readonly string[];
      readonly state: "active" | "suspended";
    },
  ): Promise<unknown>;
  erase(name: string, hash: string): Promise<unknown>;
  remove(name: string): Promise<unknown>;
  get(name: string): Promise<unknown>;
  list(): Promise<readonly { readonly name: string }[]>;
}

class OperatedServer implements BackupServer {
  readonly id: string;
  readonly url: string;
  readonly #operations: ServerOperations;

  constructor(id: string, url: string, operations: ServerOperations) {
    this.id = id;
    this.url = url.endsWith("/") ? url : `${url}/`;
    this.#operations = operations;
  }

  async activate({ name, hash, earlier }: AccountWanted): Promise<void> {
    await this.#operations.provision(name, { hash, replaces: earlier, state: "active" });
  }

  async suspend(account: AccountWanted): Promise<void> {
    await this.#suspend(account);
  }

  async erase(account: AccountWanted): Promise<void> {
    const { name, hash } = account;
    if ((await this.#suspend(account)) === "another's") return;
    // An account that was removed before still has its data erased.
    if ((await settled(this.#operations.erase(name, hash))) === "done")
      await settled(this.#operations.remove(name));
  }

  async has(name: string): Promise<boolean> {
    return (await settled(this.#operations.get(name))) === "done";
  }

  async names(): Promise<ReadonlySet<string>> {
    return new Set((await this.#operations.list()).map(({ name }) => name));
  }

  /** Suspended, it has the hash that `erase` asks for, whichever it was made with. */
  #suspend({ name, hash, earlier }: AccountWanted): Promise<"done" | "none" | "another's"> {
    return settled(this.#operations.provision(name, { hash, replaces: earlier, state: "suspended" }));
  }
}

/** Tells apart the ways in which there may be nothing to do. */
async function settled(work: Promise<unknown>): Promise<"done" | "none" | "another's"> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (isTasticError(error, "not-found")) return "none";
    if (isTasticError(error, "already-exists")) return "another's";
    throw error;
  }
}

export function operatedServer(id: string, url: string, operations: ServerOperations): BackupServer {
  return new OperatedServer(id, url, operations);
}

/** A backup server in this process. */
export function embeddedBackupServer(id: string, url: string, server: RestServer): BackupServer {
  return operatedServer(id, url, {
    provision: (name, request) => server.accounts.provision(name, request),
    erase: (name, hash) => server.eraser.erase(name, hash),
    remove: (name) => server.accounts.remove(name),
    get: (name) => server.accounts.get(name),
    list: () => server.accounts.list(),
  });
}
