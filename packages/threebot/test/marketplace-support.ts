/** A marketplace with two backup servers in this process, that can be down, and a clock that is turned by hand. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import {
  createAuditFile,
  createLocalDocuments,
  createLocalRepositories,
  createRestServer,
  listen,
  localModes,
  type RestServer,
} from "@tastic/rest-server";
import { serverSecret } from "@tastic/threebot";
import { temporaryFolder } from "../../../test/support/folders.js";
import { embeddedBackupServer, type BackupServer } from "../dist/marketplace/backup-server.js";
import {
  createMarketplace,
  type Marketplace,
  type MarketplaceOptions,
} from "../dist/marketplace/marketplace.js";
import { whenOver } from "./support/when-over.js";

export const day = 24 * 60 * 60_000;
export const secretOf = (name: string): string => `secret-of-${name}-0123456789`;

/** A server whose wires can be cut: before it hears what is asked, or before its answer arrives. */
export class CutServer implements BackupServer {
  down: "no" | "before" | "after" = "no";
  calls: string[] = [];
  readonly id: string;
  readonly url: string;
  readonly rest: RestServer;
  readonly folder: string;
  readonly #inner: BackupServer;

  constructor(id: string, url: string, rest: RestServer, folder: string) {
    this.id = id;
    this.url = url;
    this.rest = rest;
    this.folder = folder;
    this.#inner = embeddedBackupServer(id, url, rest);
  }

  activate = (account: Parameters<BackupServer["activate"]>[0]): Promise<void> =>
    this.#pass("activate", () => this.#inner.activate(account));
  suspend = (account: Parameters<BackupServer["activate"]>[0]): Promise<void> =>
    this.#pass("suspend", () => this.#inner.suspend(account));
  erase = (account: Parameters<BackupServer["activate"]>[0]): Promise<void> =>
    this.#pass("erase", () => this.#inner.erase(account));
  /** Does this login secret lead into the account of this server? */
  letsIn(name: string, loginSecret: string): Promise<boolean> {
    return this.rest.accounts.verify(name, serverSecret(loginSecret, name, this.id));
  }

  // Looking is not counted.
  has = (name: string): Promise<boolean> => this.#look(() => this.#inner.has(name));
  names = (): Promise<ReadonlySet<string>> => this.#look(() => this.#inner.names());

  #look<T>(look: () => Promise<T>): Promise<T> {
    if (this.down === "no") return look();
    return Promise.reject(new TasticError("storage-failed", `${this.id} is down`));
  }

  async #pass(what: string, work: () => Promise<void>): Promise<void> {
    this.calls.push(what);
    if (this.down === "before") throw new TasticError("storage-failed", `${this.id} is down`);
    await work();
    if (this.down === "after") throw new TasticError("storage-failed", `the answer of ${this.id} was lost`);
  }
}

export async function startBackupServer(id: string, root?: string): Promise<CutServer> {
  const folder = root ?? join(await temporaryFolder(), id);
  await mkdir(folder, { recursive: true });
  const modes = localModes(false);
  const rest = await createRestServer({
    repositories: createLocalRepositories(folder),
    documents: createLocalDocuments(join(folder, ".tastic"), modes),
    audit: createAuditFile(join(folder, ".tastic", "audit.log"), modes),
    authentication: { kind: "basic" },
    privateRepositories: true,
  });
  await rest.start();
  const listening = await listen(rest.handle, { address: "127.0.0.1:0" });
  whenOver(async () => {
    await listening.close(200);
    await rest.stop();
  });
  return new CutServer(id, `http://${listening.address}/`, rest, folder);
}

export interface TestMarketplace {
  readonly marketplace: Marketplace;
  readonly servers: readonly [CutServer, CutServer];
  readonly folder: string;
  readonly clock: { now: number };
  /** The same after a restart. */
  restart(): Promise<Marketplace>;
}

export async function startMarketplace(options: Partial<MarketplaceOptions> = {}): Promise<TestMarketplace> {
  const servers = [await startBackupServer("one"), await startBackupServer("two")] as const;
  const folder = options.folder ?? join(await temporaryFolder(), "marketplace");
  const clock = { now: Date.parse("2026-03-01T12:00:00Z") };
  const make = async (): Promise<Marketplace> => {
    const made = await createMarketplace({
      folder,
      servers,
      now: () => clock.now,
      interval: 1_000_000,
      ...options,
    });
    await made.start();
    whenOver(() => made.stop());
    return made;
  };
  const marketplace = await make();
  return { marketplace, servers, folder, clock, restart: make };
}

/** Registers a 3Bot as one does that starts for the first time. */
export async function register(marketplace: Marketplace, name: string): Promise<void> {
  const token = await marketplace.issueToken(name);
  await marketplace.register({ name, token, loginSecret: secretOf(name) }, "10.0.0.1");
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof TasticError ? error.code : String(error);
  }
}
