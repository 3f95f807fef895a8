/**
 * The accounts of a server: made, verified, suspended, removed and limited here, kept as documents that any number of
 * servers may share. A change made at one is seen by the others within seconds.
 */
import { TasticError } from "@tastic/errors";
import { BoundedMap } from "../bounded-map.js";
import type { Credential } from "../auth/basic-authentication.js";
import type { Passwords } from "../auth/passwords.js";
import { Turns } from "../http/turns.js";
import type { AuditLog } from "../operations/audit-log.js";
import { checkAccountName, checkPolicy, parseRecord, publicAccount } from "./account.js";
import type { Account, AccountPolicy, AccountRecord } from "./account.js";
import { updateDocument, type DocumentStore } from "./documents.js";

export interface AccountsOptions {
  readonly documents: DocumentStore;
  readonly passwords: Passwords;
  readonly audit: AuditLog;
  /** So long, in milliseconds, what was read is believed. */
  readonly remember?: number;
  /** Is called after each change, with all records, removed ones too. */
  readonly changed?: (records: readonly AccountRecord[]) => Promise<void>;
  readonly now?: () => number;
}

export interface Provision {
  /** bcrypt. */
  readonly hash: string;
  /** Hashes that the account may have from earlier tries. */
  readonly replaces?: readonly string[];
  readonly state?: "active" | "suspended";
}

/** Names that are no accounts are remembered, too: an htpasswd file may have most of them. */
interface Remembered {
  readonly record: AccountRecord | undefined;
  readonly until: number;
}

const folder = "accounts";
const bcryptHash = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
const maximumRemembered = 10_000;

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #remembered = new BoundedMap<string, Remembered>(maximumRemembered);
  readonly #mirroring = new Turns(1);

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** @throws TasticError already-exists, invalid-argument */
  async create(name: string, password: string, policy: AccountPolicy = {}): Promise<Account> {
    checkAccountName(name);
    checkPolicy(policy);
    const hash = await this.#options.passwords.hash(password);
    return this.#change(name, "account-created", (old) => {
      if (old !== undefined && old.state !== "removed") {
        throw new TasticError("already-exists", `there is an account ${name} already`, { data: { name } });
      }
      return {
        ...policy,
        name,
        state: "active",
        password: hash,
        created: this.#time(),
        changed: this.#time(),
      };
    });
  }

  /**
   * For a service that keeps accounts on several servers, and hashes passwords itself: makes an account, or brings it to
   * this state, if it has this hash or one of `replaces`. So the same again changes nothing, and nobody else's account of
   * the name is touched. An account that is not there is made only to be active.
   * @throws TasticError already-exists for an account with another password; not-found, invalid-argument
   */
  async provision(name: string, { hash, replaces = [], state = "active" }: Provision): Promise<Account> {
    if (!bcryptHash.test(hash)) throw new TasticError("invalid-argument", "the hash is not one of bcrypt");
    return this.#change(name, "account-provisioned", (old) => {
      const there = old === undefined || old.state === "removed" ? undefined : old;
      if (there === undefined) {
        if (state !== "active") throw noAccount(name);
        return { name, state, password: hash, created: this.#time(), changed: this.#time() };
      }
      if (![hash, ...replaces].includes(there.password)) {
        throw new TasticError("already-exists", `there is an account ${name} with another password`, {
          data: { name },
        });
      }
      if (there.state === state && there.password === hash) return there;
      return { ...there, state, password: hash, changed: this.#time() };
    });
  }

  /**
   * Throws unless the account can log in no longer, and, if a hash is given, it is the one with this hash.
   * @throws TasticError not-found, already-exists for one that is active or has another password
   */
  async checkClosed(name: string, hash?: string): Promise<void> {
    const record = await this.#read(name);
    if (record === undefined) throw noAccount(name);
    if (hash !== undefined && record.password !== hash)
      throw new TasticError("already-exists", `the account ${name} has another password`, { data: { name } });
    if (record.state === "active") {
      throw new TasticError("already-exists", `the account ${name} is active`, {
        guidance: "Suspend it first.",
        data: { name },
      });
    }
  }

  /** Is this the password of an account that is not suspended? */
  async verify(name: string, password: string): Promise<boolean> {
    const record = await this.#read(name);
    return record?.state === "active" && (await this.#options.passwords.same(password, record.password));
  }

  suspend(name: string): Promise<Account> {
    return this.#changeExisting(name, "account-suspended", (old) => ({ ...old, state: "suspended" }));
  }

  resume(name: string): Promise<Account> {
    return this.#changeExisting(name, "account-resumed", (old) => ({ ...old, state: "active" }));
  }

  async setPassword(name: string, password: string): Promise<Account> {
    const hash = await this.#options.passwords.hash(password);
    return this.#changeExisting(name, "account-password-changed", (old) => ({ ...old, password: hash }));
  }

  /** What is undefined stays as it is; null takes the account's own setting away. */
  setPolicy(
    name: string,
    policy: { readonly [K in keyof AccountPolicy]: AccountPolicy[K] | null },
  ): Promise<Account> {
    const given = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
    const settings = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, value ?? undefined]),
    );
    checkPolicy(settings);
    return this.#changeExisting(name, "account-policy-changed", (old) => ({ ...old, ...settings }));
  }

  /** The login is gone; what it has stored stays until the operator removes it. */
  async remove(name: string): Promise<void> {
    await this.#update(name, "account-removed", (old) => {
      if (old === undefined || old.state === "removed") throw noAccount(name);
      return { ...old, state: "removed" };
    });
  }

  /** @throws TasticError not-found */
  async get(name: string): Promise<Account> {
    const record = await this.#read(name);
    const account = record && publicAccount(record);
    if (account === undefined) throw noAccount(name);
    return account;
  }

  async list(): Promise<Account[]> {
    return (await this.#records()).flatMap((record) => publicAccount(record) ?? []);
  }

  /** What a login needs; undefined for a name that has never been an account here. */
  async find(name: string): Promise<(Credential & { readonly removed: boolean }) | undefined> {
    const remembered = this.#remembered.get(name);
    let record = remembered?.record;
    if (remembered === undefined || remembered.until < performance.now()) {
      record = await this.#read(name);
      this.#remember(name, record);
    }
    if (record === undefined) return undefined;
    const { state, password: hash, appendOnly, trashDays, quota } = record;
    return {
      hash,
      identity: { account: name, appendOnly, trashDays, quota },
      suspended: state === "suspended",
      removed: state === "removed",
    };
  }

  /** Writes the accounts to where they are mirrored. */
  async refreshMirror(): Promise<void> {
    const { changed } = this.#options;
    if (changed === undefined) return;
    // One after the other, so that the last to write has read the newest.
    await this.#mirroring.take(async () => {
      const records = await this.#records();
      if (records.length > 0) await changed(records);
    });
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#records()).length === 0;
  }

  async #changeExisting(
    name: string,
    event: string,
    change: (old: AccountRecord) => AccountRecord,
  ): Promise<Account> {
    return this.#change(name, event, (old) => {
      if (old === undefined || old.state === "removed") throw noAccount(name);
      return { ...change(old), changed: this.#time() };
    });
  }

  async #change(
    name: string,
    event: string,
    change: (old: AccountRecord | undefined) => AccountRecord,
  ): Promise<Account> {
    const account = publicAccount(await this.#update(name, event, change));
    if (account === undefined) throw noAccount(name);
    return account;
  }

  async #update(
    name: string,
    event: string,
    change: (old: AccountRecord | undefined) => AccountRecord,
  ): Promise<AccountRecord> {
    const { documents, audit } = this.#options;
    checkAccountName(name);
    const content = await updateDocument(documents, `${folder}/${name}`, (old) =>
      JSON.stringify(change(old === undefined ? undefined : parseRecord(old))),
    );
    if (content === undefined) throw noAccount(name);
    const record = parseRecord(content);
    this.#remember(name, record);
    const { quota, appendOnly, trashDays } = record;
    await audit.record({ event, account: "operator", name, quota, appendOnly, trashDays });
    await this.refreshMirror();
    return record;
  }

  async #records(): Promise<AccountRecord[]> {
    const records: AccountRecord[] = [];
    for await (const name of this.#options.documents.list(folder)) {
      const stored = await this.#options.documents.read(name);
      if (stored !== undefined) records.push(parseRecord(stored.content));
    }
    return records;
  }

  async #read(name: string): Promise<AccountRecord | undefined> {
    // Names of htpasswd files may have a form that no account's has.
    try {
      checkAccountName(name);
    } catch {
      return undefined;
    }
    const stored = await this.#options.documents.read(`${folder}/${name}`);
    return stored && parseRecord(stored.content);
  }

  #remember(name: string, record: AccountRecord | undefined): void {
    this.#remembered.set(name, { record, until: performance.now() + (this.#options.remember ?? 3_000) });
  }

  #time(): string {
    return new Date((this.#options.now ?? Date.now)()).toISOString();
  }
}

function noAccount(name: string): TasticError {
  return new TasticError("not-found", `there is no account ${name}`, { data: { name } });
}
