/** A small world in this process: two real backup servers, a marketplace that speaks the protocol, 3Bots, and a clock. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  createLocalDocuments,
  createLocalRepositories,
  createRestServer,
  listen,
  localModes,
  type Listening,
  type RestServer,
} from "@tastic/rest-server";
import type { Clock } from "@tastic/storage";
import {
  createOwnerService,
  type OwnerOptions,
  type OwnerService,
  type Place,
  type Run,
} from "@tastic/threebot";
import { vi } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { deriveOnce } from "./support/derive-once.js";
import { whenOver } from "./support/when-over.js";

// Each of these tests does what takes a real 3Bot minutes, and machines are busy.
vi.setConfig({ testTimeout: 240_000 });
deriveOnce();

export const password = "correct horse battery";
export const token = "token-of-the-deployer";
export const hour = 3_600_000;
export const day = 24 * hour;

/** Time that passes when a test says so. */
export class TestClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  constructor(start = Date.parse("2026-03-01T10:00:00Z")) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const sleeper = {
        at: this.#now + milliseconds,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      signal?.addEventListener("abort", sleeper.wake, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of this.#sleepers) if (sleeper.at <= this.#now) sleeper.wake();
  }

  /** Lets time pass for a schedule that has begun: no sooner than it waits, and until it has done what is due. */
  async pass(milliseconds: number): Promise<void> {
    await this.#waits();
    this.advance(milliseconds);
    await this.#waits();
  }

  async #waits(): Promise<void> {
    while (this.#sleepers.size === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface BackupServer {
  readonly url: string;
  /** Where its data lies. */
  readonly folder: string;
  readonly rest: RestServer;
  /** All that a client has sent: request lines, headers and the beginnings of bodies. */
  readonly seen: string[];
  /** What becomes of a request: it may be cut off before it is heard, or when all is done but the answer given. */
  fate: (method: string, path: string) => "well" | "unheard" | "unanswered";
  stop(): Promise<void>;
  /** At the same address. */
  startAgain(): Promise<void>;
}

export async function startBackupServer(): Promise<BackupServer> {
  const folder = join(await temporaryFolder(), "served");
  await mkdir(folder, { recursive: true });
  const rest = await createRestServer({
    repositories: createLocalRepositories(folder),
    documents: createLocalDocuments(join(folder, ".tastic"), localModes(false)),
    authentication: { kind: "basic" },
    privateRepositories: true,
  });
  const seen: string[] = [];
  const handle: RestServer["handle"] = (request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    const fate = server.fate(request.method ?? "", request.url ?? "");
    if (fate === "unheard") {
      request.destroy();
      return;
    }
    if (fate === "unanswered") {
      const begin = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
      response.writeHead = (...args: unknown[]) => {
        request.socket.destroy();
        return begin(...args);
      };
    }
    rest.handle(request, response);
  };
  let listening: Listening | undefined = await listen(handle, { address: "127.0.0.1:0" });
  const { address } = listening;
  const stop = async (): Promise<void> => {
    const current = listening;
    listening = undefined;
    await current?.close(0);
  };
  whenOver(async () => {
    await stop();
    await rest.close();
  });
  const server: BackupServer = {
    url: `http://${address}/`,
    folder,
    rest,
    seen,
    fate: () => "well",
    stop,
    async startAgain() {
      listening ??= await listen(handle, { address });
    },
  };
  return server;
}

export interface TestMarketplace {
  readonly url: string;
  /** Bodies of requests. */
  readonly seen: string[];
}

/** As small as the protocol allows: one token for everybody. */
export async function startMarketplace(servers: readonly BackupServer[]): Promise<TestMarketplace> {
  const secrets = new Map<string, string>();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await textOf(request);
      seen.push(`${request.url} ${body}`);
      const { name = "", loginSecret = "", token: given } = JSON.parse(body) as Record<string, string>;
      const answer = (status: number, json: object): void => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
      };
      const refuse = (status: number, code: string): void =>
        answer(status, { error: { code, message: code } });
      if (request.url === "/api/v1/register") {
        if (given !== token) return refuse(403, "access-denied");
        if (secrets.has(name) && secrets.get(name) !== loginSecret) return refuse(409, "already-exists");
        if (!secrets.has(name)) for (const { rest } of servers) await rest.accounts.create(name, loginSecret);
        secrets.set(name, loginSecret);
      } else if (secrets.get(name) !== loginSecret) return refuse(401, "access-denied");
      answer(200, { name, copies: servers.map(({ url }) => ({ url: `${url}${name}/`, account: name })) });
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenOver(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return text;
}

export interface World {
  readonly servers: readonly [BackupServer, BackupServer];
  readonly marketplace: TestMarketplace;
  readonly clock: TestClock;
}

export async function startWorld(): Promise<World> {
  const servers = [await startBackupServer(), await startBackupServer()] as const;
  return { servers, marketplace: await startMarketplace(servers), clock: new TestClock() };
}

export interface Threebot {
  readonly owner: OwnerService;
  readonly home: string;
  readonly stateFolder: string;
}

/** A 3Bot on a machine of its own: it knows the marketplace and nothing else. */
export async function startThreebot(
  world: Pick<World, "marketplace" | "clock">,
  options: Partial<OwnerOptions> = {},
): Promise<Threebot> {
  const folder = await temporaryFolder();
  const home = options.home ?? join(folder, "home");
  const stateFolder = options.stateFolder ?? join(folder, "state");
  await mkdir(home, { recursive: true });
  const owner = await createOwnerService({
    home,
    stateFolder,
    marketplaceUrl: world.marketplace.url,
    clock: world.clock,
    jitter: () => 0.5,
    retryForMs: 0,
    ...options,
  });
  whenOver(() => owner.stop());
  return { owner, home, stateFolder };
}

/** Sample data in the four paths of the original. */
export async function fillHome(home: string, round = 0): Promise<void> {
  const files: Record<string, string> = {
    ".config/jumpscale/config.toml": `round = ${round}\n`,
    ".config/jumpscale/secure/identity": "words words words",
    "sandbox/var/downloaded_packages/package/index.js": "module.exports = 1;\n",
    "sandbox/code/playground/script.py": `print(${round})\n`,
    ".ssh/id_ed25519": "-----BEGIN KEY-----\n",
  };
  for (let i = 0; i < 20; i++) files[`.config/jumpscale/many/${i}.txt`] = `file ${i}\n`;
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
}

export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** Waits until a run has ended. */
export async function ended(owner: OwnerService, run: Run): Promise<Run> {
  for (;;) {
    const now = await owner.run(run.id);
    if (now.state !== "running") return now;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A backup from beginning to end. */
export async function backupNow(
  owner: OwnerService,
  place: Place,
  tags: readonly string[] = [],
): Promise<Run> {
  return ended(owner, await owner.backup({ place, tags }));
}

/** The log of a run, for failures of tests. */
export async function explain(owner: OwnerService, run: Run): Promise<string> {
  return `${run.state} at ${run.step}: ${run.problem?.message ?? ""}\n${await owner.log(run.id)}`;
}

export async function waitFor(condition: () => Promise<boolean> | boolean, patience = 20_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("it did not come about in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
