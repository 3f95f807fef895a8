/**
 * A whole marketplace in one process, for the command and for the demonstration: the marketplace, if wanted the deployer
 * and its page, and, for a small operator, the two backup servers as well.
 *
 *   FOLDER/marketplace   records of 3Bots, audit log
 *   FOLDER/deployer      deployments, audit log, key of their secrets
 *   FOLDER/access        the password of the deployer's page, sessions
 *   FOLDER/servers/1, 2  embedded backup servers
 */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { TasticError } from "@tastic/errors";
import {
  createAuditFile,
  createLocalDocuments,
  createLocalRepositories,
  createRestServer,
  listen,
  localModes,
  silentLog,
  type Listening,
  type Log,
  type RestServerOptions,
  type ThrottleOptions,
  type TlsFiles,
} from "@tastic/rest-server";
import { createDeployer, type Deployer } from "../deployer/deployer.js";
import { deployerRoutes } from "../deployer/routes.js";
import type { Target } from "../deployer/target.js";
import { createApp } from "../http/app.js";
import { callerAddress } from "../http/caller.js";
import type { Route } from "../http/route.js";
import { Access } from "../owner-api/access.js";
import { accountRoutes } from "../owner-api/account-routes.js";
import { openapiRoute } from "../owner-api/openapi.js";
import { pageOf } from "../owner-api/page.js";
import { lockFolder } from "../state/folder-lock.js";
import { SecretBox } from "../state/secret-box.js";
import { embeddedBackupServer, type BackupServer } from "./backup-server.js";
import { endAll } from "./end-all.js";
import { createMarketplace, type Marketplace } from "./marketplace.js";
import { remoteBackupServer, type RemoteBackupServerOptions } from "./remote-backup-server.js";
import { marketplaceRoutes } from "./routes.js";

export interface RunMarketplaceOptions {
  readonly folder: string;
  /** "127.0.0.1:9000", or as `listen` of the rest-server takes it. */
  readonly listen: string;
  /** Where 3Bots and browsers reach it, if that is not where it listens. */
  readonly url?: string | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Secrets may travel without TLS between machines. */
  readonly insecure?: boolean | undefined;
  readonly servers: EmbeddedServers | readonly RemoteBackupServerOptions[];
  /** Where the deployer can start 3Bots; there is no deployer without. */
  readonly targets?: readonly Target[] | undefined;
  /** The folder of the page's files. */
  readonly page?: string | undefined;
  readonly trustedProxies?: readonly string[] | undefined;
  readonly throttle?: ThrottleOptions | undefined;
  readonly log?: Log | undefined;
  readonly now?: (() => number) | undefined;
}

/** Two backup servers in this process. On one machine, they are one place: for trying, and for small operators. */
export interface EmbeddedServers {
  readonly embedded: readonly [EmbeddedServer, EmbeddedServer];
}

export interface EmbeddedServer {
  readonly listen: string;
  readonly url?: string | undefined;
  /** Another disk; FOLDER/servers/N if not given. */
  readonly folder?: string | undefined;
  readonly policy?: RestServerOptions["policy"];
}

export interface RunningMarketplace {
  readonly url: string;
  /** The address on this machine: "127.0.0.1:9000". */
  readonly listening: string;
  readonly marketplace: Marketplace;
  readonly deployer: Deployer | undefined;
  /** Sets the first password of the deployer's page; undefined if there is one already. To be printed, once. */
  readonly setupCode: string | undefined;
  /** Aborted if another marketplace has taken the folder over: this one has to end. */
  readonly lost: AbortSignal;
  issueToken(name: string, days?: number): Promise<string>;
  /** In order. 3Bots that were deployed go on running. */
  stop(): Promise<void>;
}

/** @throws TasticError locked if another one works in this folder; invalid-argument */
export async function runMarketplace(options: RunMarketplaceOptions): Promise<RunningMarketplace> {
  const { log = silentLog } = options;
  // Each that was started is stopped again, the last one first; also when a later one does not start.
  const ends: (() => Promise<void>)[] = [];
  const stop = (): Promise<void> => endAll(ends);
  const lost = new AbortController();
  try {
    const lock = await lockFolder(options.folder, { what: "a marketplace", log, lost: () => lost.abort() });
    ends.push(() => lock.release());
    const servers = await startServers(options, log, ends);
    // What listens decides the URL that 3Bots are told; the routes come once all of it is there.
    let handle: Parameters<typeof listen>[0] = (_request, response) => response.writeHead(503).end();
    const listening = await listen((request, response) => handle(request, response), {
      address: options.listen,
      tls: options.tls,
    });
    ends.push(() => listening.close(5_000));
    const url = publicUrl(options, listening);
    const now = options.now === undefined ? {} : { now: options.now };
    const throttle = options.throttle === undefined ? {} : { throttle: options.throttle };
    const marketplace = await createMarketplace({
      folder: join(options.folder, "marketplace"),
      servers,
      log,
      ...now,
      ...throttle,
    });
    await marketplace.start();
    ends.push(() => marketplace.stop());
    const addressOf = callerAddress(options.trustedProxies);
    const routes: Route[] = marketplaceRoutes(marketplace, addressOf);
    const access = await createAccess(options, url, addressOf, ends);
    let deployer: Deployer | undefined;
    if (options.targets !== undefined) {
      const folder = join(options.folder, "deployer");
      const { targets } = options;
      deployer = await createDeployer({ folder, marketplace, marketplaceUrl: url, targets, log, ...now });
      const started = deployer;
      await started.start();
      ends.push(() => started.stop());
      routes.push(...deployerRoutes(deployer, addressOf), ...accountRoutes({ access }));
      routes.push(openapiRoute({ title: "3Bot Backup marketplace", version: "1" }, () => routes));
    }
    const app = createApp({
      routes,
      admit: (context) => access.admit(context),
      log,
      page: options.page === undefined ? undefined : pageOf(options.page, "deployer.html"),
    });
    const answer = getRequestListener(app.fetch);
    handle = (request, response) => void answer(request, response);
    const setupCode = deployer === undefined ? undefined : await expectSetup(access);
    const issueToken = (name: string, days?: number): Promise<string> => marketplace.issueToken(name, days);
    return {
      url,
      listening: listening.address,
      marketplace,
      deployer,
      setupCode,
      lost: lost.signal,
      issueToken,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServers(
  { servers, folder, tls, insecure }: RunMarketplaceOptions,
  log: Log,
  ends: (() => Promise<void>)[],
): Promise<readonly BackupServer[]> {
  if (!("embedded" in servers)) {
    for (const { id, url, operatorUrl, privateNetwork = false } of servers) {
      checkSecure(url, `the backup server ${id}`, insecure);
      checkSecure(operatorUrl, `the operator's interface of ${id}`, insecure === true || privateNetwork);
    }
    return servers.map(remoteBackupServer);
  }
  return Promise.all(
    servers.embedded.map(async (server, index) => {
      const root = server.folder ?? join(folder, "servers", String(index + 1));
      await mkdir(root, { recursive: true, mode: 0o700 });
      const modes = localModes(false);
      const rest = await createRestServer({
        repositories: createLocalRepositories(root),
        documents: createLocalDocuments(join(root, ".tastic"), modes),
        audit: createAuditFile(join(root, ".tastic", "audit.log"), modes),
        authentication: { kind: "basic" },
        privateRepositories: true,
        log,
        ...(server.policy === undefined ? {} : { policy: server.policy }),
      });
      await rest.start();
      ends.push(() => rest.stop());
      const listening = await listen(rest.handle, { address: server.listen, tls });
      ends.push(async () => {
        rest.drain();
        await listening.close(5_000);
      });
      const url = publicUrl({ url: server.url, tls, insecure }, listening);
      return embeddedBackupServer(`embedded-${index + 1}`, url, rest);
    }),
  );
}

async function createAccess(
  { folder, now }: RunMarketplaceOptions,
  url: string,
  addressOf: ReturnType<typeof callerAddress>,
  ends: (() => Promise<void>)[],
): Promise<Access> {
  const place = join(folder, "access");
  const modes = localModes(false);
  const audit = createAuditFile(join(place, "audit.log"), modes, now);
  ends.push(() => audit.close());
  return new Access({
    documents: createLocalDocuments(place, modes),
    audit,
    secrets: await SecretBox.open(join(place, "secret.key")),
    secureCookies: url.startsWith("https:"),
    // The pages of 3Bots on this machine have the same host, and cookies know no ports.
    cookieName: "3bot-deployer",
    addressOf,
    ...(now === undefined ? {} : { now }),
  });
}

async function expectSetup(access: Access): Promise<string | undefined> {
  if (await access.password.isSet()) return undefined;
  const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const code = [...randomBytes(16)].map((byte) => letters[byte % letters.length]).join("");
  const shown = code.replace(/(.{4})(?=.)/g, "$1-");
  access.expectSetup(shown);
  return shown;
}

function publicUrl(
  { url, tls, insecure }: Pick<RunMarketplaceOptions, "url" | "tls" | "insecure">,
  { address }: Listening,
): string {
  const found = url ?? `${tls === undefined ? "http" : "https"}://${address}/`;
  checkSecure(found, "what listens", insecure);
  return found.endsWith("/") ? found : `${found}/`;
}

/** Secrets go there. @throws TasticError invalid-argument */
function checkSecure(url: string, what: string, insecure = false): void {
  if (!URL.canParse(url))
    throw new TasticError("invalid-argument", `${what} has no URL: ${url.slice(0, 100)}`);
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || (protocol === "http:" && (insecure || isLoopback(hostname)))) return;
  throw new TasticError(
    "invalid-argument",
    `${what} would be reached without TLS: ${protocol}//${hostname}`,
    {
      guidance: "Give a certificate, or the https URL of the proxy in front.",
    },
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
