/**
 * The real service for tests of its pages: the demonstration, which is a marketplace with two backup servers and a
 * deployer, and a 3Bot; and more 3Bots that know nothing yet.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { freeAddresses } from "../../../threebot/test/support/free-addresses.js";
import { patience } from "./scenes.mjs";

const movedClock = new URL("moved-clock.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("../../../threebot/bin/3bot-backup.js", import.meta.url));

export interface RealSite {
  /** Where the page of the 3Bot "demo" is. */
  readonly page: string;
  readonly deployer: string;
  /** Of both pages, and of the backups of "demo". */
  readonly password: string;
  readonly folder: string;
  /** Of "demo". */
  readonly home: string;
  readonly process: ChildProcess;
}

export interface Fresh {
  readonly page: string;
  readonly setupCode: string;
  /** For the service more than half an hour passes at once. */
  later(): void;
  stop(): Promise<void>;
}

/** One site for all tests of a file; what it has started ends with them. */
export function useRealSite(): () => RealSite {
  let site: RealSite | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "web-demo-"));
    // The usual ports would be the same in each file of tests.
    const ports = (await freeAddresses(4)).map((address) => Number(address.split(":")[1]));
    const [own, marketplace, one, two] = ports;
    writeFileSync(join(folder, "ports.json"), JSON.stringify({ page: own, marketplace, one, two }));
    const started = await start(
      ["demo", "--folder", folder],
      /page of your 3Bot: +(\S+)[\s\S]*recover: +(\S+)[\s\S]*password of both: +(\S+)/,
    );
    const [page = "", deployer = "", password = ""] = started.found;
    site = { page, deployer, password, folder, home: join(folder, "home"), process: started.process };
  });
  afterAll(async () => {
    if (site === undefined) return;
    await ended(site.process);
    endAt(site.folder);
    rmSync(site.folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return () => {
    if (site === undefined) throw new Error("the site has not been started");
    return site;
  };
}

/** A 3Bot that knows nothing yet but where the marketplace is. */
export async function startFresh({ deployer, folder }: RealSite, name: string, home: string): Promise<Fresh> {
  const marketplace = new URL("/", deployer).href;
  const options = { state: join(folder, name), home, marketplace, listen: "127.0.0.1:0" };
  const flags = Object.entries(options).flatMap(([flag, value]) => [`--${flag}`, value]);
  const started = await start(["serve", ...flags], /is at (\S+)[\s\S]*with this code: (\S+)/);
  const [page = "", setupCode = ""] = started.found;
  return {
    page,
    setupCode,
    later: () => void started.process.kill("SIGUSR2"),
    stop: () => ended(started.process),
  };
}

/** A token with which a 3Bot of this name registers. */
export function tokenFor({ folder }: RealSite, name: string): string {
  const args = [program, "token", "--folder", join(folder, "marketplace"), "--name", name];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim();
}

export interface OpenedReal {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the page, but for answers that it shows. */
  readonly complaints: string[];
}

export async function openReal(browser: Browser, address: string): Promise<OpenedReal> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce" });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.text().startsWith("Failed to load resource: the server responded with a status of 4")) return;
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(address);
  return { page, context, complaints };
}

/** Somebody who logs in, does `work`, and has nothing to complain of. */
export async function loggedIn(
  browser: Browser,
  {
    address,
    label,
    password,
  }: { readonly address: string; readonly label: string; readonly password: string },
  work: (opened: OpenedReal) => Promise<void>,
): Promise<void> {
  const opened = await openReal(browser, address);
  try {
    await opened.page.getByLabel(label, { exact: true }).fill(password);
    await opened.page.getByRole("button", { name: "Log in" }).click();
    await opened.page.getByRole("button", { name: "Log in" }).waitFor({ state: "hidden" });
    await work(opened);
    expect(opened.complaints).toEqual([]);
  } finally {
    await opened.context.close();
  }
}

/** The first run of a fresh 3Bot's page. */
export async function firstRun(page: Page, setupCode: string, password: string): Promise<void> {
  await page.getByLabel("Setup code").fill(setupCode);
  await page.getByLabel("New password for this page", { exact: true }).fill(password);
  await page.getByLabel("The same password again", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Begin" }).click();
}

/** At "Deploy a new 3Bot": a new one of this name, until it runs. */
export async function createThreebot(
  page: Page,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<void> {
  const next = page.getByRole("button", { name: "Next" });
  await page.getByRole("radio", { name: "Create" }).check();
  await next.click();
  await page.getByLabel("Name").fill(name);
  await next.click();
  await page.getByLabel("Recovery password", { exact: true }).fill(password);
  await page.getByLabel("The same once more", { exact: true }).fill(password);
  await page.getByText(/Strength: (Very )?[gG]ood/).waitFor();
  await next.click();
  await page.getByLabel("I have kept it in a safe place").check();
  await next.click();
  await page.getByRole("button", { name: "Create it" }).click();
  await page.getByText(`${name} is running.`).waitFor({ timeout: 2 * patience });
}

/** What the card of a run says of it: "made new" and "replaced", with their numbers. */
export async function figures(page: Page): Promise<Record<string, string>> {
  const list = page.locator(".run-card .figure-list");
  await list.waitFor();
  const names = await list.locator("dt").allTextContents();
  const values = await list.locator("dd").allTextContents();
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

/** Every file below a folder by its path in it: its mode, when it was changed, and what is in it or where a link leads. */
export function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((path) => {
      const stats = lstatSync(path);
      const content = stats.isFile() ? readFileSync(path, "base64") : readlinkSync(path);
      return [path.slice(folder.length), `${stats.mode.toString(8)} ${stats.mtimeMs} ${content}`];
    }),
  );
}

async function start(
  args: readonly string[],
  expected: RegExp,
): Promise<{ readonly process: ChildProcess; readonly found: readonly string[] }> {
  const child = spawn(process.execPath, ["--import", movedClock, program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString();
      const found = expected.exec(said);
      if (found !== null) resolve({ process: child, found: found.slice(1) });
    });
    child.once("exit", () => reject(new Error(`${args[0]} ended: ${said}`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await closed;
}

/** A server loses its disk, with all that it had: nothing is read there any more, and nothing can be stored. */
export function loseDisk(folder: string): void {
  rmSync(folder, { recursive: true });
  symlinkSync(join(folder, "..", "not-mounted"), folder);
}

/** Kills 3Bots that were deployed: they outlive their deployer, and have their folder in their arguments. */
export function endAt(folder: string): void {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" }).split("\n");
  for (const line of processes.filter((text) => text.includes(folder))) {
    const id = Number.parseInt(line, 10);
    if (id !== process.pid) process.kill(id, "SIGKILL");
  }
}
