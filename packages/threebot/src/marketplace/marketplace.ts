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
import { parseName } from "../identity/names.js";
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
import { issueToken, Registration } from "./registration.js";
import { checkServers, placesOf } from "./server-choice.js";
import { Settler, type Settled } from "./settler.js";

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

export const usualTokenDays = 7;
/** In milliseconds. */
const endPatience = 5_000;
/** How often the servers are asked whether they still have the accounts, and how long a login waits for that. */
const lookEvery = 10 * 60_000;
const lookPatience = 5_000;
const day = 24 * 60 * 60_000;

/** What a marketplace keeps in its folder. */
export function openState(
  folder: string,
  now: () => number,
): {
  readonly records: Records<typeof threebotRecord>;
  readonly audit: AuditLog;
} {
  const modes = localModes(false);
  return {
    records: new Records(createLocalDocuments(folder, modes), "threebots", threebotRecord),
    audit: createAuditFile(join(folder, "audit.log"), modes, now),
  };
}

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
  readonly #registration: Registration;
  readonly #turns = new Turns();
  readonly #work: WorkList;
  #timer: NodeJS.Timeout | undefined;
  #looked: number | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: MarketplaceOptions) {
    const { folder, servers, log = silentLog, now = Date.now } = options;
    this.#options = options;
    this.#log = log;
    this.#now = now;
    ({ records: this.#records, audit: this.#audit } = openState(folder, now));
    this.#passwords = options.passwords ?? new Passwords();
    this.#secrets = new SecretCheck({ passwords: this.#passwords, throttle: options.throttle ?? {}, now });
    this.#settler = new Settler({ records: this.#records, servers, audit: this.#audit, log, now });
    this.#work = new WorkList(now);
    this.#registration = new Registration({
      records: this.#records,
      secrets: this.#secrets,
      servers,
      audit: this.#audit,
      now,
      settle: (name) => this.#settle(name),
    });
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
    // What a server takes long for is asked for again by the next one.
    await Promise.race([this.#working, new Promise((resolve) => setTimeout(resolve, endPatience).unref())]);
    if (this.#options.passwords === undefined) await this.#passwords.close();
    await this.#audit.close();
  }

  /** Does all that is due now. Never rejects: what failed is tried again later. */
  work(): Promise<void> {
    this.#working = this.#working.then(async () => {
      await this.#doDue();
      if (await this.#lookAtAll()) await this.#doDue();
    });
    return this.#working;
  }

  /** A token with which a 3Bot of this name can be registered, once. @throws TasticError already-exists */
  async issueToken(typed: string, days = this.#options.tokenDays ?? usualTokenDays): Promise<string> {
    const where = { records: this.#records, audit: this.#audit, now: this.#now };
    return issueToken(where, parseName(typed), days);
  }

  /** How many 3Bots have an account that is not as it has to be, for some server was down. */
  get unsettled(): number {
    return this.#work.failing;
  }

  async standing(typed: string): Promise<Standing> {
    return standingOf(await this.#records.read(parseName(typed)));
  }

  /** @throws TasticError access-denied, already-exists, storage-failed if no backup server could be reached */
  async register(request: RegisterRequest, address: string): Promise<BackupPlaces> {
    const name = parseName(request.name);
    return this.#secrets.attempt(address, name, () =>
      this.#turns.take(name, () => this.#registration.register(name, request, address)),
    );
  }

  /** @throws TasticError wrong-password, locked while it is being destroyed */
  async login(request: LoginRequest, address: string): Promise<BackupPlaces> {
    const record = await this.#verified(request, address);
    if (record.state === "active") {
      // It is going to use its copies.
      if (unsettled(record).length > 0) this.#work.hurry(record.name);
      await Promise.race([
        this.#look(record.name),
        new Promise((resolve) => setTimeout(resolve, lookPatience).unref()),
      ]);
      return placesOf(record, this.#options.servers);
    }
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

  /** Has a server lost the account, and with it what was backed up there, it is made anew. Never rejects. */
  async #look(name: string): Promise<void> {
    try {
      await this.#turns.take(name, async () => {
        if (await this.#settler.look(name)) await this.#settle(name);
      });
    } catch (error) {
      this.#log.error(`cannot look after a 3Bot: ${messageOf(error)}`, { name });
    }
  }

  /** The same for all of them, now and then. Returns whether there is something to do. Never rejects. */
  async #lookAtAll(): Promise<boolean> {
    const now = this.#now();
    if (this.#looked !== undefined && now - this.#looked < lookEvery) return false;
    this.#looked = now;
    try {
      const found = await this.#settler.lookAtAll();
      for (const name of found) this.#work.add(name, now);
      return found.length > 0;
    } catch (error) {
      this.#log.error(`cannot look after the accounts: ${messageOf(error)}`);
      return false;
    }
  }

  #doDue(): Promise<void> {
    return this.#work.run(async (name) => {
      try {
        await this.#turns.take(name, () => this.#settle(name));
      } catch (error) {
        this.#log.error(`cannot go on with a 3Bot: ${messageOf(error)}`, { name });
        this.#work.failed(name);
      }
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
