/** The HTTP side of a fake 3Bot, with a clock that tests move, and somebody who is logged in or not. */
import { createMemoryDocuments, silentLog, type AuditEntry, type Log } from "@tastic/rest-server";
import { Access, createOwnerApp, type OwnerRoutesOptions } from "@tastic/threebot";
import { SecretBox } from "../../dist/state/secret-box.js";
import { FakeOwner } from "./fake-owner.js";

export const ownerPassword = "four words of mine";

export interface SiteOptions {
  readonly secureCookies?: boolean;
  readonly page?: string;
  readonly log?: Log;
}

export function createSite({ secureCookies = false, page, log = silentLog }: SiteOptions = {}) {
  const owner = new FakeOwner();
  const audit: AuditEntry[] = [];
  const clock = { now: Date.parse("2026-03-01T00:00:00Z") };
  const documents = createMemoryDocuments();
  const stopping = new AbortController();
  const access = new Access({
    documents,
    audit: {
      record: (entry) => {
        audit.push(entry);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    secureCookies,
    secrets: new SecretBox(Buffer.alloc(32, 7)),
    addressOf: (context) => context.req.header("x-test-address") ?? "192.0.2.1",
    now: () => clock.now,
    passwordCost: 10,
  });
  const options: OwnerRoutesOptions = { owner, access, stopping: stopping.signal, log };
  const app = createOwnerApp({ ...options, page });
  const visitor = (): Visitor => new Visitor((path, init) => Promise.resolve(app.request(path, init)));
  return { owner, access, audit, clock, documents, stopping, app, options, visitor };
}

export type Site = ReturnType<typeof createSite>;

type SentRequest = Omit<RequestInit, "headers"> & { readonly headers: Readonly<Record<string, string>> };

/** Somebody with a browser: it keeps the cookie, and says where requests come from. */
export class Visitor {
  readonly headers: Record<string, string> = { "sec-fetch-site": "same-origin" };
  cookie: string | undefined;
  readonly #request: (path: string, init: RequestInit) => Promise<Response>;

  constructor(request: (path: string, init: RequestInit) => Promise<Response>) {
    this.#request = request;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, { method: "GET", headers: { ...this.headers, ...headers } });
  }

  async post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...this.headers, ...headers },
    });
  }

  async #send(path: string, init: SentRequest): Promise<Response> {
    const cookie: Record<string, string> = this.cookie === undefined ? {} : { cookie: this.cookie };
    const response = await this.#request(path, { ...init, headers: { ...cookie, ...init.headers } });
    const set = response.headers.get("set-cookie");
    if (set !== null) this.cookie = /max-age=0/i.test(set) ? undefined : set.split(";")[0];
    return response;
  }
}

/** The owner, logged in for the first time. */
export async function loggedIn(site: Site): Promise<Visitor> {
  if (!(await site.access.password.isSet())) await site.access.password.setFirst(ownerPassword);
  const visitor = site.visitor();
  const response = await visitor.post("/api/v1/session", { password: ownerPassword });
  if (response.status !== 200) throw new Error(`the login failed: ${await response.text()}`);
  return visitor;
}

export async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}
