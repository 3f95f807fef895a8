/**
 * The server as other programs embed it: a handler of requests, the accounts, and the work that goes on beside them.
 *
 * @example
 *   const repositories = createLocalRepositories("/srv/restic");
 *   const server = await createRestServer({ repositories, authentication: { kind: "none" } });
 *   await server.start();
 *   const listening = await listen(server.handle, { address: "127.0.0.1:8000" });
 *   // …
 *   server.drain();
 *   await listening.close();
 *   await server.stop();
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { messageOf } from "@tastic/errors";
import { Accounts } from "./accounts/accounts.js";
import { createMemoryDocuments, type DocumentStore } from "./accounts/documents.js";
import { mirrorAccounts } from "./accounts/htpasswd-mirror.js";
import { createAuthenticator, type Authentication } from "./auth/authentication.js";
import { LoginThrottle, type ThrottleOptions } from "./auth/login-throttle.js";
import { Passwords } from "./auth/passwords.js";
import { clientAddress } from "./http/client-address.js";
import type { Policy } from "./http/exchange.js";
import { Front } from "./http/front.js";
import { RepositoryHandler } from "./http/handler.js";
import type { Services } from "./http/services.js";
import { defaultHttpSettings, type HttpSettings } from "./http/settings.js";
import { createAccessLog, type AccessLog } from "./operations/access-log.js";
import { auditOrLog, noAudit, type AuditLog } from "./operations/audit-log.js";
import { DiskReserve, type DiskReserveOptions } from "./operations/disk-reserve.js";
import { Eraser } from "./operations/eraser.js";
import { createLockOwners, noLockOwners } from "./operations/lock-owners.js";
import { silentLog, type Log } from "./operations/log.js";
import { noMetrics } from "./operations/metrics.js";
import { createPrometheus, type Prometheus } from "./operations/prometheus.js";
import { RunningServers } from "./operations/running-servers.js";
import { Scrub } from "./operations/scrub.js";
import { TrashKeeper } from "./operations/trash-keeper.js";
import { UsageLedger } from "./operations/usage.js";
import type { Repositories } from "./stores/object-store.js";
import { noAuthentication } from "./auth/identity.js";

export interface RestServerOptions {
  readonly repositories: Repositories;
  readonly authentication: Authentication;
  /** Where accounts and counts are kept; in memory if not given. */
  readonly documents?: DocumentStore;
  /** An htpasswd file into which accounts are written, too. */
  readonly mirror?: string | undefined;
  /** An account reaches only repositories whose first folder is its name. */
  readonly privateRepositories?: boolean;
  /** For accounts that have nothing of their own. */
  readonly policy?: Partial<Policy>;
  /** Bytes of everything, and of each repository. */
  readonly totalLimit?: number | undefined;
  readonly repositoryLimit?: number | undefined;
  /** A disk of which some stays free; uploads that would leave less are refused. */
  readonly diskReserve?: DiskReserveOptions | undefined;
  readonly settings?: Partial<HttpSettings>;
  readonly throttle?: ThrottleOptions;
  /** Addresses of proxies that say where requests come from. */
  readonly trustedProxies?: readonly string[];
  /** Metrics at /metrics; `open` for everybody. */
  readonly prometheus?: { readonly open: boolean } | undefined;
  /** Bytes in a second that a scrub reads, again and again; never if not given. */
  readonly scrubRate?: number | undefined;
  /** A path, or "-" for standard output. */
  readonly accessLog?: string | undefined;
  readonly audit?: AuditLog;
  readonly log?: Log;
  readonly now?: () => number;
  /**
   * How often the server says in its documents that it is at work, in milliseconds; 30 seconds if not given. Others take
   * it for dead after four times as long.
   */
  readonly signOfLife?: number;
}

export interface RestServer {
  /** Answers one request. */
  readonly handle: RequestListener;
  readonly accounts: Accounts;
  readonly trash: TrashKeeper;
  readonly scrub: Scrub;
  readonly usage: UsageLedger;
  readonly eraser: Eraser;
  /** Begins the work beside requests: sweeping, counting, scrubbing. */
  start(): Promise<void>;
  /** From now on the server says that it is not ready, and closes connections after each answer. */
  drain(): void;
  /** Reads files again that an operator may have changed or moved away. */
  reload(): Promise<void>;
  /** Ends all that `start` began, writes down what is to be kept, and closes. */
  stop(): Promise<void>;
  /** Lets go of files and threads, for one that was not started. */
  close(): Promise<void>;
}

/** What accounts may do where nothing else is said. */
export const defaultPolicy: Policy = { appendOnly: false, trashDays: 14, quota: undefined };

const hour = 60 * 60_000;
const day = 24 * hour;

export async function createRestServer(options: RestServerOptions): Promise<RestServer> {
  const scrubState = { current: undefined as Scrub | undefined };
  const prometheus =
    options.prometheus &&
    (await createPrometheus(
      () =>
        scrubState.current?.state ?? {
          running: false,
          verified: 0,
          bytes: 0,
          damaged: [],
          finished: undefined,
        },
    ));
  const server = new EmbeddedServer(options, prometheus);
  scrubState.current = server.scrub;
  return server;
}

class EmbeddedServer implements RestServer {
  readonly handle: RequestListener;
  readonly accounts: Accounts;
  readonly trash: TrashKeeper;
  readonly scrub: Scrub;
  readonly usage: UsageLedger;
  readonly eraser: Eraser;
  readonly #options: RestServerOptions;
  readonly #servers: RunningServers;
  readonly #log: Log;
  readonly #audit: AuditLog;
  readonly #passwords = new Passwords();
  readonly #accessLog: AccessLog | undefined;
  readonly #stopping = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #draining = false;

  constructor(options: RestServerOptions, prometheus: Prometheus | undefined) {
    const { repositories, documents = createMemoryDocuments(), log = silentLog, now = Date.now } = options;
    const audit = auditOrLog(options.audit ?? noAudit, log);
    this.#options = options;
    this.#log = log;
    this.#audit = audit;
    const policy: Policy = { ...defaultPolicy, ...options.policy };
    const { mirror } = options;
    this.accounts = new Accounts({
      documents,
      passwords: this.#passwords,
      audit,
      now,
      ...(mirror === undefined ? {} : { changed: (records) => mirrorAccounts(mirror, records) }),
    });
    const { totalLimit, repositoryLimit, diskReserve, scrubRate: rate } = options;
    this.usage = new UsageLedger({ repositories, documents, totalLimit, repositoryLimit, log });
    this.#servers = new RunningServers({
      documents,
      log,
      afterDeath: () => this.usage.recountAll(),
      interval: options.signOfLife,
    });
    this.trash = new TrashKeeper({
      repositories,
      documents,
      audit,
      log,
      now,
      daysFor: async (name) => (await this.accounts.find(name))?.identity.trashDays ?? policy.trashDays,
      changed: (folders, objects, trash) => this.usage.change(folders, objects, trash),
    });
    this.eraser = new Eraser({ repositories, accounts: this.accounts, usage: this.usage, audit });
    this.scrub = new Scrub({ repositories, audit, log, now, rate });

    const addressOf = clientAddress(new Set(options.trustedProxies));
    const authenticator = createAuthenticator(options.authentication, {
      accounts: this.accounts,
      passwords: this.#passwords,
      throttle: new LoginThrottle(options.throttle),
      addressOf,
      log,
    });
    const settings = { ...defaultHttpSettings, ...options.settings };
    const shared = options.authentication.kind !== "none" && options.privateRepositories !== true;
    const services: Services = {
      settings,
      usage: diskReserve === undefined ? this.usage : new DiskReserve(diskReserve).guard(this.usage),
      lockOwners: shared ? createLockOwners(documents, settings.staleLockAge, now) : noLockOwners,
      audit,
      metrics: prometheus ?? noMetrics,
      log,
      now,
    };
    const privateRepositories =
      options.privateRepositories === true && options.authentication.kind !== "none";
    const handler = new RepositoryHandler({
      repositories,
      authenticator,
      privateRepositories,
      policy,
      services,
    });
    const front = new Front({
      repositories,
      log,
      draining: () => this.#draining,
      metrics: prometheus && {
        prometheus,
        authenticator: options.prometheus?.open === true ? noAuthentication : authenticator,
        // As in rest-server: with private repositories, one account may see what all others do.
        ...(privateRepositories && options.prometheus?.open !== true ? { only: "metrics" } : {}),
      },
    });
    this.#accessLog =
      options.accessLog === undefined
        ? undefined
        : createAccessLog(options.accessLog, addressOf, (error) => log.error(`access log: ${error.message}`));
    this.handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#draining) response.setHeader("connection", "close");
      this.#accessLog?.follow(request, response);
      if (prometheus !== undefined) response.once("close", () => prometheus.answered(response.statusCode));
      if (!front.answers(request, response)) void handler.handle(request, response);
    };
  }

  async start(): Promise<void> {
    const { authentication, scrubRate, mirror } = this.#options;
    // What a server that has died did in its last seconds is in no count: whoever finds its mark counts anew.
    await this.#servers.start();
    this.usage.start();
    this.#every(hour, () => this.trash.sweep(this.#stopping.signal));
    this.#every(day, () => this.#cleanUp());
    if (scrubRate !== undefined) this.#every(day, () => this.scrub.run(this.#stopping.signal));
    if (mirror !== undefined && authentication.kind === "basic")
      this.#beside(() => this.accounts.refreshMirror());
  }

  drain(): void {
    this.#draining = true;
  }

  async reload(): Promise<void> {
    const { authentication } = this.#options;
    if (authentication.kind === "basic") authentication.htpasswd?.reload();
    this.#accessLog?.reopen();
    await this.#audit.close();
  }

  async stop(): Promise<void> {
    this.drain();
    this.#stopping.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.allSettled(this.#running);
    const written = await this.usage.stop();
    try {
      await this.#servers.stop(written);
    } catch (error) {
      // Others take this one for dead then, and everything else comes to its end all the same.
      this.#log.error(messageOf(error));
    }
    await this.close();
  }

  async close(): Promise<void> {
    await this.#passwords.close();
    await this.#accessLog?.close();
    await this.#audit.close();
  }

  /** A whole day old: another server may be at work in the same folder, and its uploads slow. */
  async #cleanUp(): Promise<void> {
    const { repositories, now = Date.now } = this.#options;
    for await (const folders of repositories.list()) {
      if (this.#stopping.signal.aborted) return;
      const removed = await repositories.open(folders).removeUnfinished(now() - day);
      if (removed > 0)
        this.#log.info("removed unfinished uploads", { repository: folders.join("/"), removed });
    }
  }

  /** Does work now and again. */
  #every(pause: number, work: () => Promise<unknown>): void {
    this.#timers.push(setInterval(() => this.#beside(work), pause).unref());
    this.#beside(work);
  }

  /** Does work that nobody waits for but the end of the server. */
  #beside(work: () => Promise<unknown>): void {
    const running = work()
      .catch((error: unknown) => this.#log.error(messageOf(error)))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
