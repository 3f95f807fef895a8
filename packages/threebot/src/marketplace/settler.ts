/**
 * Makes the backup servers agree with the records, however often it takes: what a record wants of its copies is asked of
 * each server until the server has confirmed it. Whoever changes a record only has to write it; a process that was killed
 * in between finds at its next start what is still to be done. What a server has confirmed it may lose, with its disk: then
 * it is asked again.
 */
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { AuditLog, Log } from "@tastic/rest-server";
import type { Records } from "../state/records.js";
import type { AccountWanted, BackupServer } from "./backup-server.js";
import { unsettled, wanted, type CopyRecord, type threebotRecord, type ThreebotRecord } from "./record.js";
import { spend } from "./tokens.js";

export interface SettlerOptions {
  readonly records: Records<typeof threebotRecord>;
  readonly servers: readonly BackupServer[];
  readonly audit: AuditLog;
  readonly log: Log;
  readonly now: () => number;
}

export interface Settled {
  readonly record: ThreebotRecord;
  /** What kept copies from being settled. */
  readonly problems: readonly TasticError[];
}

export class Settler {
  readonly #options: SettlerOptions;
  readonly #servers: ReadonlyMap<string, BackupServer>;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#servers = new Map(options.servers.map((server) => [server.id, server]));
  }

  /** One try. Only one at a time for a name. */
  async settle(name: string): Promise<Settled | undefined> {
    let record = await this.#due(name);
    if (record === undefined) return undefined;
    const problems: TasticError[] = [];
    const goal = wanted(record);
    const { secret, earlier } = record;
    if (goal !== "nothing" && secret !== undefined) {
      const results = await Promise.all(
        unsettled(record).map(async (copy) => ({
          copy,
          problem: await this.#ask(copy, goal, { name, hash: copy.secret ?? secret, earlier }),
        })),
      );
      const done = results.flatMap(({ copy, problem }) => (problem === undefined ? [copy.server] : []));
      const taken = results.some(({ problem }) => isTasticError(problem, "already-exists"));
      for (const { copy, problem } of results) {
        if (problem === undefined) continue;
        problems.push(problem);
        this.#options.log.warn(`a copy is not ${goal} yet: ${problem.message}`, {
          name,
          server: copy.server,
        });
      }
      if (done.length > 0 || taken) record = await this.#note(record, goal, done, taken);
      // What is wanted is something else now.
      if (wanted(record) !== goal) return this.settle(name);
    }
    return { record: await this.#finish(record), problems };
  }

  /** Asks the servers of one 3Bot whether they still have its account. @returns whether one has lost it */
  async look(name: string): Promise<boolean> {
    const record = await this.#options.records.read(name);
    if (record === undefined) return false;
    const lost = await Promise.all(
      confirmed(record).map(async ({ server: id }) => {
        const server = this.#servers.get(id);
        return server === undefined || (await this.#has(server, name)) ? [] : [id];
      }),
    );
    return this.#lost(name, lost.flat());
  }

  /** Asks every server which accounts it has. @returns the names of which one has lost the account */
  async lookAtAll(): Promise<string[]> {
    const { records, log } = this.#options;
    const there = new Map<string, ReadonlySet<string>>();
    await Promise.all(
      [...this.#servers.values()].map(async (server) => {
        try {
          there.set(server.id, await server.names());
        } catch (error) {
          // It is down: that is no loss yet.
          log.warn(messageOf(error), { server: server.id });
        }
      }),
    );
    const found: string[] = [];
    for await (const name of records.names()) {
      try {
        const record = await records.read(name);
        if (record === undefined) continue;
        const lost = confirmed(record).filter(({ server }) => there.get(server)?.has(name) === false);
        // It may have been made since the list was.
        if (lost.length > 0 && (await this.look(name))) found.push(name);
      } catch (error) {
        log.error(messageOf(error), { name });
      }
    }
    return found;
  }

  async #has(server: BackupServer, name: string): Promise<boolean> {
    try {
      return await server.has(name);
    } catch (error) {
      if (!isTasticError(error)) throw error;
      this.#options.log.warn(error.message, { name, server: server.id });
      return true;
    }
  }

  async #lost(name: string, servers: readonly string[]): Promise<boolean> {
    if (servers.length === 0) return false;
    const { records, audit, log } = this.#options;
    for (const server of servers) {
      log.warn("a backup server has lost an account, which is made anew", { name, server });
      await audit.record({ event: "copy-lost", account: name, server });
    }
    const { copies } = await records.update(name, (old) => {
      if (old === undefined) throw new TasticError("not-found", `there is no 3Bot ${name}`);
      const lost = confirmed(old).filter(({ server }) => servers.includes(server));
      return {
        ...old,
        copies: old.copies.map((copy) => (lost.includes(copy) ? { ...copy, is: "unknown" } : copy)),
      };
    });
    return copies.some(({ is }) => is === "unknown");
  }

  /** The record; destroyed for good if the time to undo that is over. */
  async #due(name: string): Promise<ThreebotRecord | undefined> {
    const { records, now, audit } = this.#options;
    const record = await records.read(name);
    if (record?.state !== "destroying" || Date.parse(record.undoUntil ?? "") > now()) return record;
    await audit.record({ event: "destroy-begun", account: name });
    return records.update(name, (old) =>
      old?.state === "destroying" ? { ...old, state: "destroyed" } : (old ?? record),
    );
  }

  async #ask(
    copy: CopyRecord,
    goal: "active" | "suspended" | "erased",
    account: AccountWanted,
  ): Promise<TasticError | undefined> {
    const server = this.#servers.get(copy.server);
    try {
      if (server === undefined) throw unknownServer(copy.server);
      if (goal === "active") await server.activate(account);
      else if (goal === "suspended") await server.suspend(account);
      else await server.erase(account);
      return undefined;
    } catch (error) {
      if (isTasticError(error)) return error;
      throw error;
    }
  }

  /** Writes down what servers have confirmed. */
  async #note(
    asked: ThreebotRecord,
    goal: CopyRecord["is"],
    done: readonly string[],
    taken: boolean,
  ): Promise<ThreebotRecord> {
    const { records, audit, now } = this.#options;
    const { name } = asked;
    for (const server of done) await audit.record({ event: `copy-${goal}`, account: name, server });
    const time = new Date(now()).toISOString();
    return records.update(name, (old) => {
      // Somebody wants something else meanwhile: then this has to be asked again.
      if (old === undefined || old.state !== asked.state || old.secret !== asked.secret) return old ?? asked;
      const copies = old.copies.map((copy) => (done.includes(copy.server) ? { ...copy, is: goal } : copy));
      if (old.state !== "registering") return { ...old, copies };
      // The name is somebody else's on a server: nothing of this registration is to stay.
      if (taken) return { ...old, copies, state: "withdrawing" };
      // It counts with the first account, and with it the token is spent; the other is made as soon as it can be.
      return {
        ...old,
        copies,
        state: "active",
        registered: time,
        tokens: spend(old.tokens, old.token, time),
      };
    });
  }

  /** What comes after the last copy. */
  async #finish(record: ThreebotRecord): Promise<ThreebotRecord> {
    const { records, audit, now } = this.#options;
    if (wanted(record) !== "erased" || unsettled(record).length > 0) return record;
    const { name } = record;
    if (record.state === "destroyed" && record.destroyed !== undefined) return record;
    await audit.record({
      event: record.state === "destroyed" ? "destroyed" : "registration-withdrawn",
      account: name,
    });
    return records.update(name, (old) => {
      if (old === undefined || old.state !== record.state) return old ?? record;
      const { secret: _, token: __, ...rest } = old;
      if (old.state === "withdrawing") return { ...rest, state: "invited", earlier: [], copies: [] };
      const copies = old.copies.map(({ server, is }) => ({ server, is }));
      return { ...rest, copies, earlier: [], tokens: [], destroyed: new Date(now()).toISOString() };
    });
  }
}

/** The accounts that are there, as far as the record knows. */
function confirmed(record: ThreebotRecord): readonly CopyRecord[] {
  return wanted(record) === "active" ? record.copies.filter(({ is }) => is === "active") : [];
}

function unknownServer(id: string): Error {
  return new TasticError("storage-failed", `no backup server ${id} is configured`, {
    guidance: "Add it again; the backups of 3Bots lie there.",
  });
}
