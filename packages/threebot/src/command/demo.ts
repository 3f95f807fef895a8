/**
 * `3bot-backup demo`: all of it on this machine: a marketplace with two backup servers and a deployer, and a 3Bot with
 * something in its home folder, which is backed up at once. Started again, it goes on from where it was.
 *
 *   FOLDER/marketplace   the marketplace, the two servers, 3Bots that are deployed
 *   FOLDER/state, home   the 3Bot's
 *   FOLDER/password      of the page and of the backups
 *   FOLDER/ports.json    which it got the first time
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { TasticError } from "@tastic/errors";
import { createTextLog, type Log } from "@tastic/rest-server";
import * as v from "valibot";
import { endAll } from "../marketplace/end-all.js";
import { runMarketplace, type RunningMarketplace } from "../marketplace/run-marketplace.js";
import type { OwnerService } from "../owner/service.js";
import { createClient } from "../owner-api/client.js";
import { mustEndWell } from "../owner-api/until-ended.js";
import { lockFolder } from "../state/folder-lock.js";
import { makeHome } from "./demo-home.js";
import { parseFlags, type Flags } from "./flags.js";
import { threebotsHere } from "./marketplace.js";
import { pageFolder, untilOver } from "./serve.js";
import { openSite, type Site } from "./site.js";
import type { OpenOwner } from "./state-flags.js";
import type { Terminal } from "./terminal.js";

export const demoFlags = {
  folder: { value: "FOLDER", help: "where everything is kept (.3bot-demo)" },
  page: { value: "FOLDER", help: "the files of the page" },
  once: { help: "end when the first snapshot was made, and a sample of it brought back and compared" },
} satisfies Flags;

const name = "demo";
const ports = v.strictObject({ page: v.number(), marketplace: v.number(), one: v.number(), two: v.number() });
type Ports = v.InferOutput<typeof ports>;
/** Taken where they are free. */
const wanted: Ports = { page: 8700, marketplace: 8710, one: 8711, two: 8712 };

export async function demo(args: readonly string[], terminal: Terminal, open: OpenOwner): Promise<number> {
  const flags = parseFlags(args, demoFlags);
  const log = createTextLog((line) => terminal.err(line), "warn");
  const folder = resolve(flags.text("folder") ?? ".3bot-demo");
  const page = pageFolder(flags.text("page"), log);
  const { password, isNew } = await prepare(folder);
  const on = await portsOf(folder);
  const ends: (() => Promise<void>)[] = [];
  try {
    const marketplace = await startMarketplace(folder, on, page, log);
    ends.push(() => marketplace.stop());
    await setDeployerPassword(marketplace, password);
    const lost = new AbortController();
    const state = join(folder, "state");
    const lock = await lockFolder(state, { what: "a service", log, lost: () => lost.abort() });
    ends.push(() => lock.release());
    const owner = await open({
      stateFolder: state,
      home: join(folder, "home"),
      marketplaceUrl: marketplace.url,
      restoreRoots: undefined,
      log,
    });
    ends.push(() => owner.stop());
    const site = await openSite({
      owner,
      state,
      listen: `127.0.0.1:${on.page}`,
      page,
      firstPassword: password,
      log,
    });
    ends.push(() => site.stop());
    await owner.start();
    await setUp(owner, marketplace, password);
    terminal.err("Making the first snapshot, on two servers …\n");
    await firstSnapshot(owner, terminal);
    tell(terminal, { site, marketplace, password, isNew, folder });
    if (flags.isOn("once")) {
      await mustEndWell(owner, await owner.drill("marketplace"));
      terminal.out("A sample of it was brought back from both servers and compared.\n");
      return 0;
    }
    await untilOver(terminal, AbortSignal.any([marketplace.lost, lost.signal]));
    return 0;
  } finally {
    await endAll(ends);
  }
}

async function startMarketplace(
  folder: string,
  on: Ports,
  page: string | undefined,
  log: Log,
): Promise<RunningMarketplace> {
  const root = join(folder, "marketplace");
  return runMarketplace({
    folder: root,
    listen: `127.0.0.1:${on.marketplace}`,
    servers: { embedded: [{ listen: `127.0.0.1:${on.one}` }, { listen: `127.0.0.1:${on.two}` }] },
    targets: [threebotsHere(root)],
    page,
    log,
  });
}

/** One password for all of the demonstration. */
async function setDeployerPassword({ url, setupCode }: RunningMarketplace, password: string): Promise<void> {
  if (setupCode !== undefined) await createClient(url).session.setUp(setupCode, password);
}

async function setUp(owner: OwnerService, marketplace: RunningMarketplace, password: string): Promise<void> {
  const { places } = await owner.status();
  if (places.some(({ place, state }) => place === "marketplace" && state !== "absent")) return;
  const token = await marketplace.issueToken(name);
  await owner.setUpMarketplace({ name, password, token });
}

/** The service makes it by itself; this waits for it. */
async function firstSnapshot(owner: OwnerService, terminal: Terminal): Promise<void> {
  for (;;) {
    const runs = await owner.runs({ limit: 100 });
    const backup = runs.find(({ kind, place }) => kind === "backup" && place === "marketplace");
    if (backup !== undefined) {
      if ((await owner.snapshots("marketplace")).length === 0 || backup.state === "running")
        await mustEndWell(owner, backup, undefined, terminal.signal);
      return;
    }
    terminal.signal.throwIfAborted();
    await new Promise((done) => setTimeout(done, 100));
  }
}

function tell(
  terminal: Terminal,
  told: { site: Site; marketplace: RunningMarketplace; password: string; isNew: boolean; folder: string },
): void {
  const { site, marketplace, password, isNew, folder } = told;
  const shown = isNew
    ? password
    : `the one that was printed the first time; it is in ${join(folder, "password")}`;
  terminal.out(
    [
      "",
      `  The page of your 3Bot:   ${site.url}`,
      `  Deploy and recover:      ${marketplace.url}`,
      `  The password of both:    ${shown}`,
      "",
      `  Its home folder is ${join(folder, "home")}: change something there, and back it up.`,
      "",
      "",
    ].join("\n"),
  );
}

async function prepare(folder: string): Promise<{ password: string; isNew: boolean }> {
  const file = join(folder, "password");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(join(folder, "home"))) await makeHome(join(folder, "home"));
  if (existsSync(file)) return { password: (await readFile(file, "utf8")).trim(), isNew: false };
  if (existsSync(join(folder, "state")))
    throw new TasticError("not-found", `${file} is gone, and without it nobody gets in`, {
      guidance: `Put it back, or remove ${folder} to begin anew.`,
    });
  const password = newPassword();
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: "wx" });
  return { password, isNew: true };
}

/** 100 bits that can be typed: "kx7q-3mvd-…". */
function newPassword(): string {
  const alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
  const letters = [...randomBytes(64)].filter((byte) => byte < 248).map((byte) => alphabet[byte % 31] ?? "");
  return letters
    .slice(0, 20)
    .join("")
    .replace(/(.{4})(?=.)/g, "$1-");
}

/** Those of the first time: the repositories are known by their addresses. */
async function portsOf(folder: string): Promise<Ports> {
  const file = join(folder, "ports.json");
  if (existsSync(file)) return v.parse(ports, JSON.parse(await readFile(file, "utf8")));
  const taken: Partial<Record<keyof Ports, number>> = {};
  for (const key of ["page", "marketplace", "one", "two"] as const) taken[key] = await freePort(wanted[key]);
  const found = v.parse(ports, taken);
  await writeFile(file, `${JSON.stringify(found)}\n`, { flag: "wx" });
  return found;
}

async function freePort(port: number): Promise<number> {
  const server = createServer();
  const got = await new Promise<number>((done) => {
    server.once("error", () => done(0));
    server.listen(port, "127.0.0.1", () => done((server.address() as AddressInfo).port));
  });
  await new Promise((done) => server.close(done));
  return got === 0 ? freePort(0) : got;
}
