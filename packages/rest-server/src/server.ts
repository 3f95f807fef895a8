/**
 * The server as other programs embed it: a handler of requests, and the work that goes on beside them.
 *
 * @example
 *   const server = createRestServer({ repositories: createLocalRepositories("/srv/restic") });
 *   const listening = await listen(server, { address: "127.0.0.1:8000" });
 *   await listening.close();
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { noAuthentication, type Authenticator } from "./auth/identity.js";
import type { Policy } from "./http/exchange.js";
import { RepositoryHandler } from "./http/handler.js";
import { defaultHttpSettings, type HttpSettings } from "./http/settings.js";
import type { Services, Usage } from "./http/services.js";
import { noAudit, type AuditLog } from "./operations/audit-log.js";
import { noLockOwners, type LockOwners } from "./operations/lock-owners.js";
import { silentLog, type Log } from "./operations/log.js";
import { noMetrics, type Metrics } from "./operations/metrics.js";
import type { Repositories } from "./stores/object-store.js";

export interface RestServerOptions {
  readonly repositories: Repositories;
  /** Nobody has to log in if not given. */
  readonly authenticator?: Authenticator;
  /** An account reaches only repositories whose first folder is its name. */
  readonly privateRepositories?: boolean;
  readonly policy?: Partial<Policy>;
  readonly settings?: Partial<HttpSettings>;
  readonly usage?: Usage;
  readonly lockOwners?: LockOwners;
  readonly audit?: AuditLog;
  readonly metrics?: Metrics;
  readonly log?: Log;
  readonly now?: () => number;
}

export interface RestServer {
  /** Answers one request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** What accounts may do where nothing else is said. */
export const defaultPolicy: Policy = { appendOnly: false, trashDays: 14, quota: undefined };

const unlimited: Usage = {
  reserve: () => Promise.resolve({ add: () => undefined, settle: () => undefined, headers: () => ({}) }),
  removed: () => undefined,
};

export function createRestServer(options: RestServerOptions): RestServer {
  const services: Services = {
    settings: { ...defaultHttpSettings, ...options.settings },
    usage: options.usage ?? unlimited,
    lockOwners: options.lockOwners ?? noLockOwners,
    audit: options.audit ?? noAudit,
    metrics: options.metrics ?? noMetrics,
    log: options.log ?? silentLog,
    now: options.now ?? Date.now,
  };
  const handler = new RepositoryHandler({
    repositories: options.repositories,
    authenticator: options.authenticator ?? noAuthentication,
    privateRepositories: options.privateRepositories ?? false,
    policy: { ...defaultPolicy, ...options.policy },
    services,
  });
  return { handle: (request, response) => handler.handle(request, response) };
}
