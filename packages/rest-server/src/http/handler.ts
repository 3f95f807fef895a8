/**
 * From a request to its answer: who is asking, for what, and may they; then the route; and whatever is thrown becomes a
 * status. No way leads to a repository but through here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isTasticError, messageOf } from "@tastic/errors";
import { unauthorized, type Authenticator, type Identity } from "../auth/identity.js";
import type { Repositories } from "../stores/object-store.js";
import type { Exchange, Policy } from "./exchange.js";
import { answerOf, refusal } from "./refusal.js";
import { parseRequestPath, splitTarget } from "./request-path.js";
import { sendRefusal } from "./respond.js";
import { route } from "./routes.js";
import type { Services } from "./services.js";

export interface HandlerOptions {
  readonly repositories: Repositories;
  readonly authenticator: Authenticator;
  /** May an account reach only what lies below its own name? */
  readonly privateRepositories: boolean;
  /** For accounts that have nothing of their own. */
  readonly policy: Policy;
  readonly services: Services;
}

/** Who was found to be asking, for the access log. */
export const accountOf = new WeakMap<IncomingMessage, string>();

export class RepositoryHandler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Answers a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection that breaks is seen where something is read or written.
    response.on("error", () => undefined);
    try {
      const exchange = await this.#admit(request, response);
      await route(exchange, this.#options.services);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  async #admit(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
    const { authenticator, privateRepositories, repositories } = this.#options;
    const identity = await authenticator.identify(request);
    accountOf.set(request, identity.account);
    const { path: encoded, query } = splitTarget(request.url ?? "/");
    const path = parseRequestPath(encoded);
    if (path === undefined) throw refusal(404, "not-found", "nothing has such a path");
    if (privateRepositories && path.folders[0] !== identity.account) throw unauthorized();
    return {
      request,
      response,
      method: request.method ?? "GET",
      query,
      path,
      account: identity.account,
      policy: this.#policyOf(identity),
      store: repositories.open(path.folders),
      repository: path.folders.join("/"),
    };
  }

  /** An account may be held tighter than the server, never looser, in what a client may do. */
  #policyOf(identity: Identity): Policy {
    const { policy } = this.#options;
    return {
      appendOnly: policy.appendOnly || identity.appendOnly === true,
      trashDays: identity.trashDays ?? policy.trashDays,
      quota: identity.quota ?? policy.quota,
    };
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { log } = this.#options.services;
    const { status, text, headers } = answerOf(error);
    // Not the URL's query, and no header: those may have secrets in them.
    const about = {
      method: request.method,
      path: splitTarget(request.url ?? "").path.slice(0, 200),
      account: accountOf.get(request),
      status,
    };
    if (isTasticError(error, "cancelled")) log.debug(messageOf(error), about);
    else if (status >= 500) log.error(messageOf(error), about);
    else log.debug(messageOf(error), about);
    if (isTasticError(error, "cancelled") && request.destroyed) response.destroy();
    else sendRefusal(request, response, status, text, headers);
  }
}
