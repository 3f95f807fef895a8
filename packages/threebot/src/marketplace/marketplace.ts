/**
 * The marketplace: which 3Bots there are, whose they are, and where their backups lie. It knows login secrets only as
 * hashes, and of the repositories' passwords nothing. All it keeps is in one folder, and each change is one write: it may
 * be killed at any moment.
 */
import { join } from "node:path";
import { messageOf, TasticError } from "@tastic/errors";
import {
  createAuditFile,
  createLocalDocuments,
  localModes,
  Passwords,
  silentLog,
  type AuditLog,
  type Log,
  type ThrottleOptions,
} from "@tastic/rest-server";
import { parseName, type ThreebotName } from "../identity/names.js";
import { Records } from "../state/records.js";
import type { BackupServer } from "./backup-server.js";
import type {
  BackupPlaces,
  DestroyAnswer,
  DestroyRequest,
  LoginRequest,
  RegisterRequest,
} from "./protocol.js";
import {
  standingOf,
  threebotRecord,
  unsettled,
  wanted,
  type Standing,
  type ThreebotRecord,
} from "./record.js";
import { SecretCheck } from "./secret-check.js";
import { checkServers, chooseServers } from "./server-choice.js";
import { Settler, type Settled } from "./settler.js";
import { findToken, hashToken, isExpired, makeToken, withToken } from "./tokens.js";
import { Turns } from "./turns.js";
import { WorkList } from "./work-list.js";

export interface MarketplaceOptions {
  /** Of everything that it keeps. Only one marketplace may have it. */
  readonly folder: string;
  /** Two or more. */
  readonly servers: readonly BackupServer[];
  readonly log?: Log;
  readonly now?: () => number;
  readonly throttle?: ThrottleOptions;
  readonly passwords?: Passwords;
  /** So many days a token can be used. */
  readonly tokenDays?: number;
  /** So many days a destruction can be undone. */
  readonly undoDays?: number;
  /** How often it looks what is to be done, in milliseconds of real time. */
  readonly interval?: number;
}

const day = 24 * 60 * 60_000;

export async function createMarketplace(options: MarketplaceOptions): Promise<Marketplace> {
  checkServers(options.servers);
  return new Marketplace(options);
}

export class Marketplace {
  readonly #options: MarketplaceOptions;
  readonly #records: Records<typeof threebotRecord>;
  readonly #audit: AuditLog;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #passwords: Passwords;
  readonly #secrets: SecretCheck;
  readonly #settler: Settler;
  readonly #turns = new Turns();
  readonly #work: WorkList;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: MarketplaceOptions) {
    const { folder, servers, log = silentLog, now = Date.now } = options;
    this.#options = options;
    this.#log = log;
    this.#now = now;
    const modes = localModes(false);
    this.#records = new Records(createLocalDocuments(folder, modes), "threebots", threebotRecord);
    this.#audit = createAuditFile(join(folder, "audit.log"), modes, now);
    this.#passwords = options.passwords ?? new Passwords();
    this.#secrets = new SecretCheck({ passwords: this.#passwords, throttle: options.throttle ?? {}, now });
    this.#settler = new Settler({ records: this.#records, servers, audit: this.#audit, log, now });
    this.#work = new WorkList(now);
  }

  /** Takes up what was interrupted, and goes on doing what is due. */
  async start(): Promise<void> {
    for await (const name of this.#records.names()) {
      try {
        const record = await this.#records.read(name);
        if (record !== undefined) this.#plan(record);
      } catch (error) {
        // One record that a disk has spoiled does not keep the others waiting.
        this.#log.error(messageOf(error), { name });
      }
    }
    this.#timer = setInterval(() => void this.work(), this.#options.interval ?? 15_000).unref();
    void this.work();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    if (this.#options.passwords === undefined) await this.#passwords.close();
    await this.#audit.close();
  }

  /** Does all that is due now. Never rejects: what failed is tried again later. */
  work(): Promise<void> {
    this.#working = this.#working.then(async () => {
      await this.#work.run(async (name) => {
        try {
          await this.#turns.take(name, () => this.#settle(name));
        } catch (error) {
          this.#log.error(`cannot go on with a 3Bot: ${messageOf(error)}`, { name });
          this.#work.failed(name);
        }
      });
    });
    return this.#working;
  }

  /** A token with which a 3Bot of this name can be registered, once. @throws TasticError already-exists */
  async issueToken(typed: string, days = this.#options.tokenDays ?? 7): Promise<string> {
    const name = parseName(typed);
    const token = makeToken();
    await this.#records.update(name, (old) => {
      if (old !== undefined && (old.state === "active" || standingOf(old) === "destroying"))
        throw new TasticError("already-exists", `there is a 3Bot ${name} already`);
      const record = old === undefined || old.state === "destroyed" ? newRecord(name) : old;
      return { ...record, tokens: withToken(record.tokens, hashToken(name, token), this.#now(), days) };
    });
    await this.#audit.record({ event: "token-issued", account: "operator", name });
    return token;
  }

  async standing(typed: string): Promise<Standing> {
    return standingOf(await this.#records.read(parseName(typed)));
  }

  /** @throws TasticError access-denied, already-exists, storage-failed if no backup server could be reached */
  async register(request: RegisterRequest, address: string): Promise<BackupPlaces> {
    const name = parseName(request.name);
    return this.#secrets.attempt(address, name, () =>
      this.#turns.take(name, () => this.#register(name, request, address)),
    );
  }

  /** @throws TasticError wrong-password, locked while it is being destroyed */
  async login(request: LoginRequest, address: string): Promise<BackupPlaces> {
    const record = await this.#verified(request, address);
    if (record.state === "active") return this.#places(record);
    throw new TasticError("locked", `the backups of ${record.name} are about to be removed`, {
      guidance: `Until ${record.undoUntil} that can be undone.`,
    });
  }

  /** Keeps the 3Bot out at once, and removes its backups when the time to undo that is over. */
  async destroy(request: DestroyRequest, address: string): Promise<DestroyAnswer> {
    if (parseName(request.confirm) !== parseName(request.name)) {
      throw new TasticError("invalid-argument", "the two names are not the same", {
        guidance: "Type the name of the 3Bot once more, to confirm that its backups are to be removed.",
      });
    }
    const { name } = await this.#verified(request, address);
    return this.#turns.take(name, async () => {
      const undoUntil = new Date(this.#now() + (this.#options.undoDays ?? 7) * day).toISOString();
      await this.#audit.record({ event: "destroy-asked", account: name, address });
      await this.#records.update(name, (old) => {
        if (old?.state === "active") return { ...old, state: "destroying", undoUntil };
        if (old?.state === "destroying") return old;
        throw wrongSecret();
      });
      return answerOf((await this.#settle(name)).record);
    });
  }

  /** @throws TasticError wrong-password, access-denied if it is too late */
  async restoreBackups(request: LoginRequest, address: string): Promise<DestroyAnswer> {
    const { name } = await this.#verified(request, address);
    return this.undoDestroy(name, address);
  }

  /** The same, for who needs no secret: the operator, and the deployer. */
  async undoDestroy(typed: string, by = "operator"): Promise<DestroyAnswer> {
    const name = parseName(typed);
    return this.#turns.take(name, async () => {
      await this.#audit.record({ event: "destroy-undone", account: name, address: by });
      await this.#records.update(name, (old) => {
        if (old?.state === "active") return old;
        if (old?.state !== "destroying" || Date.parse(old.undoUntil ?? "") <= this.#now())
          throw tooLate(name);
        const { undoUntil: _, ...rest } = old;
        return { ...rest, state: "active" };
      });
      return answerOf((await this.#settle(name)).record);
    });
  }

  async #register(
    name: ThreebotName,
    { token, loginSecret }: RegisterRequest,
    address: string,
  ): Promise<BackupPlaces> {
    const record = await this.#records.read(name);
    const hash = hashToken(name, token);
    const found = findToken(record?.tokens ?? [], hash);
    if (record === undefined || found === undefined) throw await this.#badToken(name, address);
    const again = record.token === hash && (await this.#secrets.same(loginSecret, record.secret));
    if (found.spent !== undefined) {
      // The answer to the first request may have been lost.
      if (!again || record.state !== "active") throw await this.#badToken(name, address);
      return this.#places(record);
    }
    if (isExpired(found, this.#now()) && !(again && record.state === "registering"))
      throw await this.#badToken(name, address);
    if (record.state !== "invited" && record.state !== "registering") {
      throw new TasticError("already-exists", `there is a 3Bot ${name} already`, {
        guidance: "Recover it with its password, or choose another name.",
      });
    }
    const secret =
      again && record.secret !== undefined ? record.secret : await this.#secrets.hash(loginSecret);
    await this.#records.update(name, (old) => {
      if (old === undefined || (old.state !== "invited" && old.state !== "registering"))
        throw new TasticError("locked", `the 3Bot ${name} is being changed by somebody else`);
      const earlier = new Set(old.earlier);
      if (old.secret !== undefined && old.secret !== secret) earlier.add(old.secret);
      const copies =
        old.copies.length > 0
          ? old.copies
          : chooseServers(name, this.#options.servers).map(({ id }) => ({
              server: id,
              is: "unknown" as const,
            }));
      return { ...old, state: "registering", secret, earlier: [...earlier], token: hash, copies };
    });
    await this.#audit.record({ event: "registering", account: name, address });
    const { record: after, problems } = await this.#settle(name);
    if (after.state === "active") {
      await this.#audit.record({ event: "registered", account: name, address });
      return this.#places(after);
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

  async #badToken(name: string, address: string): Promise<TasticError> {
    await this.#audit.record({ event: "token-refused", account: name, address });
    return new TasticError("access-denied", "this token does not register this name", {
      guidance: "A token is for one name, works once, and not for ever. Ask for a new one.",
    });
  }

  /** The record of whoever has its secret. */
  async #verified({ name: typed, loginSecret }: LoginRequest, address: string): Promise<ThreebotRecord> {
    const name = parseName(typed);
    return this.#secrets.attempt(address, name, async () => {
      const record = await this.#records.read(name);
      const known = record?.state === "active" || record?.state === "destroying" ? record : undefined;
      if ((await this.#secrets.same(loginSecret, known?.secret)) && known !== undefined) return known;
      await this.#audit.record({ event: "login-failed", account: name, address });
      throw wrongSecret();
    });
  }

  async #settle(name: string): Promise<Settled> {
    const settled = await this.#settler.settle(name);
    if (settled === undefined) throw new TasticError("not-found", `there is no 3Bot ${name}`);
    this.#plan(settled.record, settled.problems.length > 0);
    return settled;
  }

  /** When this 3Bot needs something next. */
  #plan(record: ThreebotRecord, failed = false): void {
    const { name } = record;
    const open =
      unsettled(record).length > 0 || (wanted(record) === "erased" && record.destroyed === undefined);
    if (failed) this.#work.failed(name);
    else if (open) this.#work.add(name, this.#now());
    else if (record.state === "destroying") this.#work.add(name, Date.parse(record.undoUntil ?? ""));
    else this.#work.remove(name);
  }

  #places({ name, copies }: ThreebotRecord): BackupPlaces {
    const urls = copies.flatMap(({ server }) => {
      const found = this.#options.servers.find(({ id }) => id === server);
      return found === undefined ? [] : [{ url: `${found.url}${name}/`, account: name }];
    });
    return { name, copies: urls };
  }
}

function newRecord(name: string): ThreebotRecord {
  return { name, state: "invited", tokens: [], earlier: [], copies: [] };
}

function answerOf({ state, undoUntil }: ThreebotRecord): DestroyAnswer {
  if (state === "destroying") return { status: "destroying", undoUntil };
  return { status: state === "active" ? "active" : "destroyed" };
}

function wrongSecret(): TasticError {
  return new TasticError("wrong-password", "no 3Bot has this name and this password", {
    guidance: "Look at both. Nobody can tell or reset the password.",
  });
}

function tooLate(name: string): TasticError {
  return new TasticError("access-denied", `the removal of the backups of ${name} cannot be undone any more`);
}
