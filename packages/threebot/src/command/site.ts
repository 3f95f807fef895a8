/** A 3Bot's service over HTTP, from its first connection to its orderly end. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { TasticError } from "@tastic/errors";
import {
  createAuditFile,
  createLocalDocuments,
  listen,
  localModes,
  type Log,
  type TlsFiles,
} from "@tastic/rest-server";
import { callerAddress } from "../http/caller.js";
import type { OwnerService } from "../owner/service.js";
import { Access } from "../owner-api/access.js";
import { SecretBox } from "../state/secret-box.js";
import { createOwnerApp } from "../owner-api/owner-app.js";

export interface SiteOptions {
  readonly owner: OwnerService;
  /** The folder of the state; sessions, tokens and the audit log are kept there, too. */
  readonly state: string;
  /** "127.0.0.1:8700". */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Where browsers find it, if a proxy stands before it: "https://backup.example". */
  readonly publicUrl?: string | undefined;
  readonly trustedProxies?: readonly string[];
  readonly page?: string | undefined;
  /** Becomes the password of the page if there is none yet. */
  readonly firstPassword?: string | undefined;
  /** By which whoever has started this 3Bot may ask it for things. */
  readonly token?: { readonly name: string; readonly token: string } | undefined;
  readonly log: Log;
}

export interface Site {
  /** "http://127.0.0.1:8700/". */
  readonly url: string;
  /** Where it listens: "127.0.0.1:8700". */
  readonly address: string;
  /** With which the first password is set; undefined if there is one. */
  readonly setupCode: string | undefined;
  /** No new connections; running requests have `grace` milliseconds. The owner's service is not stopped. */
  stop(grace?: number): Promise<void>;
}

/** Sending a request must not take longer, in milliseconds. */
const requestTimeout = 60_000;

export async function openSite(options: SiteOptions): Promise<Site> {
  const { owner, state, tls, publicUrl, log, firstPassword } = options;
  const stopping = new AbortController();
  const audit = createAuditFile(join(state, "audit.log"), localModes(false));
  const access = new Access({
    documents: createLocalDocuments(join(state, "access"), localModes(false)),
    audit,
    secrets: await SecretBox.open(join(state, "secret.key")),
    secureCookies: tls !== undefined || publicUrl?.startsWith("https:") === true,
    // Cookies know no ports, and there may be several 3Bots on one machine.
    cookieName: `3bot-session-${/\d*$/.exec(options.listen)?.[0] ?? ""}`,
    addressOf: callerAddress(options.trustedProxies),
  });
  if (options.token !== undefined) await access.tokens.adopt(options.token.name, options.token.token);
  if (firstPassword !== undefined && !(await access.password.isSet()))
    await access.password.setFirst(firstPassword);
  const setupCode = (await access.password.isSet()) ? undefined : newSetupCode();
  if (setupCode !== undefined) access.expectSetup(setupCode);
  const app = createOwnerApp({
    owner,
    access,
    stopping: stopping.signal,
    log,
    page: options.page,
    origin: publicUrl === undefined ? undefined : new URL(publicUrl).origin,
    // A page of others whose name leads to this machine (DNS rebinding) has another name than the service.
    isOwnHost: publicUrl === undefined && isLoopbackAddress(options.listen) ? isLoopbackHost : undefined,
  });
  const handle = getRequestListener((request, env) => app.fetch(request, env));
  const listening = await listen((request, response) => void handle(request, response), {
    address: options.listen,
    tls,
  });
  listening.server.requestTimeout = requestTimeout;
  return {
    url: publicUrl ?? urlOf(listening.address, tls !== undefined),
    address: listening.address,
    setupCode,
    async stop(grace = 10_000) {
      // Streams of events would never end by themselves.
      stopping.abort();
      await listening.close(grace);
      await audit.close();
    },
  };
}

function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i.test(host);
}

function isLoopbackAddress(address: string): boolean {
  return /:\d+$/.test(address) && isLoopbackHost(address);
}

/** @throws TasticError invalid-argument for an address where passwords would go over a network unencrypted */
export function refuseOpenAddress(address: string, encrypted: boolean, told: boolean): void {
  if (encrypted || told || isLoopbackAddress(address) || address.startsWith("unix:")) return;
  throw new TasticError("invalid-argument", `${address} can be reached by others, without TLS`, {
    guidance:
      "Give --tls-cert and --tls-key; or --allow-plain-http if a proxy with TLS stands before it, with --public-url.",
  });
}

/** 80 bits, of letters and digits that nobody mistakes for others: "K7QF-2MXP-9WRT-4HVN". */
function newSetupCode(): string {
  const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  const letters = Array.from({ length: 16 }, () => alphabet[randomInt(alphabet.length)] ?? "");
  return letters.join("").replace(/(.{4})(?=.)/g, "$1-");
}

function urlOf(address: string, encrypted: boolean): string {
  if (address.startsWith("/")) return `unix:${address}`;
  return `${encrypted ? "https" : "http"}://${address}/`;
}
