/**
 * How a 3Bot comes to be registered: a token is issued for its name, and spent when the first of its accounts is there. Up
 * to then everything can be tried again, with another password too; after that only the very same request is answered.
 */
import { TasticError } from "@tastic/errors";
import type { AuditLog } from "@tastic/rest-server";
import { serverSecret } from "../identity/credentials.js";
import type { ThreebotName } from "../identity/names.js";
import type { Records } from "../state/records.js";
import type { BackupServer } from "./backup-server.js";
import type { BackupPlaces, RegisterRequest } from "./protocol.js";
import { standingOf, type CopyRecord, type threebotRecord, type ThreebotRecord } from "./record.js";
import type { SecretCheck } from "./secret-check.js";
import { chooseServers, placesOf } from "./server-choice.js";
import type { Settled } from "./settler.js";
import { findToken, hashToken, isExpired, makeToken, withToken } from "./tokens.js";

export interface RegistrationOptions {
  readonly records: Records<typeof threebotRecord>;
  readonly secrets: SecretCheck;
  readonly servers: readonly BackupServer[];
  readonly audit: AuditLog;
  readonly now: () => number;
  /** Asks the servers for what the record wants. */
  readonly settle: (name: string) => Promise<Settled>;
}

export class Registration {
  readonly #options: RegistrationOptions;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** Only one at a time for a name. @throws TasticError access-denied, already-exists, storage-failed */
  async register(
    name: ThreebotName,
    { token, loginSecret }: RegisterRequest,
    address: string,
  ): Promise<BackupPlaces> {
    const record = await this.#options.records.read(name);
    const hash = hashToken(name, token);
    const found = findToken(record?.tokens ?? [], hash);
    if (record === undefined || found === undefined) throw await this.#badToken(name, address);
    const again = record.token === hash && (await this.#options.secrets.same(loginSecret, record.secret));
    if (found.spent !== undefined) {
      // The answer to the first request may have been lost.
      if (!again || record.state !== "active") throw await this.#badToken(name, address);
      return placesOf(record, this.#options.servers);
    }
    if (isExpired(found, this.#options.now()) && !(again && record.state === "registering"))
      throw await this.#badToken(name, address);
    if (record.state !== "invited" && record.state !== "registering") {
      throw new TasticError("already-exists", `there is a 3Bot ${name} already`, {
        guidance: "Recover it with its password, or choose another name.",
      });
    }
    const kept = again ? record.secret : undefined;
    const secret = kept ?? (await this.#options.secrets.hash(loginSecret));
    const copies = kept === undefined ? await this.#copiesOf(record, loginSecret) : record.copies;
    await this.#options.records.update(name, (old) => {
      if (old === undefined || (old.state !== "invited" && old.state !== "registering"))
        throw new TasticError("locked", `the 3Bot ${name} is being changed by somebody else`);
      const earlier = new Set(old.earlier);
      for (const { secret: tried = old.secret } of kept === undefined ? old.copies : [])
        if (tried !== undefined) earlier.add(tried);
      return { ...old, state: "registering", secret, earlier: [...earlier], token: hash, copies };
    });
    await this.#options.audit.record({ event: "registering", account: name, address });
    const { record: after, problems } = await this.#options.settle(name);
    if (after.state === "active") {
      await this.#options.audit.record({ event: "registered", account: name, address });
      return placesOf(after, this.#options.servers);
    }
    if (after.state === "registering") {
      throw new TasticError("storage-failed", "no backup server could be reached", {
        guidance: "Try again with the same token and the same password; nothing is lost.",
        cause: problems[0],
      });
    }
    throw new TasticError("already-exists", `the name ${name} is in use at a backup server`, {
      guidance: "Choose another name.",
    });
  }

  /** Where its copies are to be, each with a secret of its own. */
  #copiesOf({ name, copies }: ThreebotRecord, loginSecret: string): Promise<CopyRecord[]> {
    const servers = copies.length > 0 ? copies.map(({ server }) => server) : this.#chosen(name);
    return Promise.all(
      servers.map(async (server) => ({
        server,
        secret: await this.#options.secrets.hash(serverSecret(loginSecret, name, server)),
        is: "unknown",
      })),
    );
  }

  #chosen(name: string): string[] {
    return chooseServers(name, this.#options.servers).map(({ id }) => id);
  }

  async #badToken(name: string, address: string): Promise<TasticError> {
    await this.#options.audit.record({ event: "token-refused", account: name, address });
    return new TasticError("access-denied", "this token does not register this name", {
      guidance: "A token is for one name, works once, and not for ever. Ask for a new one.",
    });
  }
}

/** A token with which a 3Bot of this name can be registered, once. @throws TasticError already-exists */
export async function issueToken(
  { records, audit, now }: Pick<RegistrationOptions, "records" | "audit" | "now">,
  name: ThreebotName,
  days: number,
): Promise<string> {
  const token = makeToken();
  await records.update(name, (old) => {
    if (old !== undefined && (old.state === "active" || standingOf(old) === "destroying"))
      throw new TasticError("already-exists", `there is a 3Bot ${name} already`);
    const record = old === undefined || old.state === "destroyed" ? newRecord(name) : old;
    return { ...record, tokens: withToken(record.tokens, hashToken(name, token), now(), days) };
  });
  await audit.record({ event: "token-issued", account: "operator", name });
  return token;
}

function newRecord(name: string): ThreebotRecord {
  return { name, state: "invited", tokens: [], earlier: [], copies: [] };
}
