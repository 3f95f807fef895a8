/**
 * The operator's API: accounts, the trash, scrubbing and who stores how much, as JSON over HTTP. It is reached with a
 * token, or without one only over a Unix socket or a loopback address of its own, and never by a web page.
 *
 *   GET    /v1/status                       usage, scrub
 *   GET    /v1/accounts                     all accounts
 *   POST   /v1/accounts                     { name, password, quota?, appendOnly?, trashDays? }
 *   GET    /v1/accounts/{name}
 *   PATCH  /v1/accounts/{name}              { password?, state?, quota?, appendOnly?, trashDays? }; null takes away
 *   PUT    /v1/accounts/{name}              { hash, replaces?, state? }, see `Accounts.provision`
 *   DELETE /v1/accounts/{name}
 *   POST   /v1/accounts/{name}/erase        { hash? }; removes what a suspended or removed account has stored, for ever
 *   GET    /v1/trash?repository=&since=&account=
 *   POST   /v1/undelete                     { repository?, since?, account?, replace? }
 *   POST   /v1/scrub                        begins one
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { messageOf, TasticError } from "@tastic/errors";
import type { Accounts } from "../accounts/accounts.js";
import { answerOf, refusal } from "../http/refusal.js";
import { splitTarget, wordOf } from "../http/request-path.js";
import { sendEmpty, sendJson, sendRefusal } from "../http/respond.js";
import type { Eraser } from "./eraser.js";
import type { Log } from "./log.js";
import type { Scrub } from "./scrub.js";
import type { TrashKeeper, TrashSelection } from "./trash-keeper.js";
import type { UsageLedger } from "./usage.js";

export interface OperatorOptions {
  readonly accounts: Accounts;
  readonly trash: TrashKeeper;
  readonly scrub: Scrub;
  readonly usage: UsageLedger;
  readonly eraser: Eraser;
  readonly log: Log;
  /** Without one, whoever reaches the socket is the operator: only for loopback and Unix sockets. */
  readonly token?: string | undefined;
}

const withBody: ReadonlySet<string> = new Set(["POST", "PATCH", "PUT"]);
const maximumBody = 64 * 1024;
const maximumListed = 10_000;

export class OperatorApi {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    if (options.token !== undefined && options.token.length < 16) {
      throw new TasticError("invalid-argument", "the operator's token is too short", {
        guidance: "Give at least 16 characters, such as those of `openssl rand -hex 24`.",
      });
    }
    this.#options = options;
  }

  /** Answers a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    try {
      this.#admit(request);
      const { path, query } = splitTarget(request.url ?? "/");
      const body = withBody.has(request.method ?? "") ? await readJson(request) : {};
      const result = await this.#call(`${request.method ?? ""} ${path}`, query, body);
      if (result === undefined) sendEmpty(response, 204);
      else sendJson(response, 200, result);
    } catch (error) {
      const { status, headers } = answerOf(error);
      if (status >= 500) this.#options.log.error(messageOf(error));
      // The operator may know what it was.
      sendRefusal(request, response, status, JSON.stringify({ error: messageOf(error) }), {
        ...headers,
        "content-type": "application/json",
      });
    }
  }

  /** Who may call. A web page may reach loopback addresses too: by its origin, or by a name that it has pointed here. */
  #admit({ headers }: IncomingMessage): void {
    const { token } = this.#options;
    if (headers.origin !== undefined)
      throw refusal(403, "access-denied", "the operator's API is not for web pages");
    if (token === undefined) {
      const host = (headers.host ?? "localhost").replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
      if (host !== "localhost" && isIP(host) === 0)
        throw refusal(403, "access-denied", `not for the host ${host}`);
      return;
    }
    const [, given = ""] = /^Bearer +(.+)$/i.exec(headers.authorization ?? "") ?? [];
    if (timingSafeEqual(digest(given), digest(token))) return;
    throw refusal(401, "access-denied", "the operator's token is missing or wrong", {
      headers: { "www-authenticate": "Bearer" },
    });
  }

  async #call(route: string, query: URLSearchParams, body: Fields): Promise<unknown> {
    const { accounts, scrub } = this.#options;
    const [, name] = /^[A-Z]+ \/v1\/accounts\/([^/]+)$/.exec(route) ?? [];
    if (name !== undefined) return this.#account(route.split(" ")[0] ?? "", decodeURIComponent(name), body);
    const [, erased] = /^POST \/v1\/accounts\/([^/]+)\/erase$/.exec(route) ?? [];
    if (erased !== undefined) {
      const hash = body["hash"] === undefined ? undefined : text(body, "hash");
      return this.#options.eraser.erase(decodeURIComponent(erased), hash);
    }
    switch (route) {
      case "GET /v1/status":
        return { scrub: scrub.state };
      case "GET /v1/accounts":
        return accounts.list();
      case "POST /v1/accounts":
        return accounts.create(text(body, "name"), text(body, "password"), {
          quota: number(body, "quota") ?? undefined,
          appendOnly: flag(body, "appendOnly") ?? undefined,
          trashDays: number(body, "trashDays") ?? undefined,
        });
      case "GET /v1/trash":
        return this.#trash(selection(Object.fromEntries(query)));
      case "POST /v1/undelete":
        return this.#options.trash.restore(selection(body), { replace: flag(body, "replace") ?? false });
      case "POST /v1/scrub":
        // It takes hours: what it finds is in the status, and in the log.
        scrub.run().catch((error: unknown) => this.#options.log.error(`scrub failed: ${messageOf(error)}`));
        return scrub.state;
      default:
        throw refusal(404, "not-found", "there is no such route");
    }
  }

  async #account(method: string, name: string, body: Fields): Promise<unknown> {
    const { accounts, usage } = this.#options;
    switch (method) {
      case "GET":
        return { ...(await accounts.get(name)), usage: await usage.ofAccount(name) };
      case "PATCH": {
        if (body["password"] !== undefined) await accounts.setPassword(name, text(body, "password"));
        if (body["state"] === "suspended") await accounts.suspend(name);
        else if (body["state"] === "active") await accounts.resume(name);
        const policy = {
          quota: number(body, "quota"),
          appendOnly: flag(body, "appendOnly"),
          trashDays: number(body, "trashDays"),
        };
        const given = Object.values(policy).some((value) => value !== undefined);
        return given ? accounts.setPolicy(name, policy) : accounts.get(name);
      }
      case "PUT":
        return accounts.provision(name, {
          hash: text(body, "hash"),
          replaces: texts(body, "replaces"),
          state: body["state"] === "suspended" ? "suspended" : "active",
        });
      case "DELETE":
        return accounts.remove(name);
      default:
        throw refusal(405, "invalid-argument", "an account has no such method", {
          headers: { allow: "GET, PUT, PATCH, DELETE" },
        });
    }
  }

  async #trash(selected: TrashSelection): Promise<unknown> {
    const found = [];
    for await (const { folders, object } of this.#options.trash.find(selected)) {
      if (found.length === maximumListed) return { objects: found, more: true };
      const { file, size, deleted, account } = object;
      found.push({
        repository: folders.join("/"),
        type: wordOf(file.type),
        name: file.name,
        size,
        deleted: new Date(deleted).toISOString(),
        account,
      });
    }
    return { objects: found, more: false };
  }
}

type Fields = Readonly<Record<string, unknown>>;

async function readJson(request: IncomingMessage): Promise<Fields> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maximumBody) throw refusal(413, "limit-exceeded", "the body is too long");
    pieces.push(piece);
  }
  if (length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(pieces).toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return Object.assign(Object.create(null) as Fields, value);
    }
  } catch {
    // Said below.
  }
  throw refusal(400, "invalid-argument", "the body is no JSON object");
}

function text(body: Fields, key: string): string {
  const value = body[key];
  if (typeof value === "string") return value;
  throw refusal(400, "invalid-argument", `${key} has to be a text`);
}

function texts(body: Fields, key: string): readonly string[] {
  const value = body[key] ?? [];
  if (Array.isArray(value) && value.every((one): one is string => typeof one === "string")) return value;
  throw refusal(400, "invalid-argument", `${key} has to be a list of texts`);
}

function number(body: Fields, key: string): number | null | undefined {
  const value = body[key];
  if (value === undefined || value === null || typeof value === "number") return value;
  throw refusal(400, "invalid-argument", `${key} has to be a number`);
}

function flag(body: Fields, key: string): boolean | null | undefined {
  const value = body[key];
  if (value === undefined || value === null || typeof value === "boolean") return value;
  throw refusal(400, "invalid-argument", `${key} has to be true or false`);
}

function selection({ repository, since, account }: Fields): TrashSelection {
  const time = typeof since === "string" ? Date.parse(since) : undefined;
  if (Number.isNaN(time))
    throw refusal(400, "invalid-argument", "since has to be a time, such as 2026-01-31T12:00:00Z");
  return {
    repository: typeof repository === "string" ? repositoryFolders(repository) : undefined,
    since: time,
    account: typeof account === "string" ? account : undefined,
  };
}

/** "alice/laptop" as the folders of a repository; "" is the one at the root. */
export function repositoryFolders(name: string): string[] {
  return name.split("/").filter((part) => part !== "");
}

function digest(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}
