/**
 * The pages over the real service: the demonstration, which is a marketplace with two backup servers and a deployer, and a
 * 3Bot. Backed up, looked into, restored, and recovered through the deployer's page after all of it is lost.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithChromium, useBrowser } from "./support/page.js";

const program = fileURLToPath(new URL("../../threebot/bin/3bot-backup.js", import.meta.url));

interface Demo {
  readonly page: string;
  readonly deployer: string;
  readonly password: string;
  readonly folder: string;
  readonly process: ChildProcess;
}

async function startDemo(): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), "web-demo-"));
  const child = spawn(process.execPath, [program, "demo", "--folder", folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString();
      const found = /page of your 3Bot: +(\S+)[\s\S]*recover: +(\S+)[\s\S]*password of both: +(\S+)/.exec(
        said,
      );
      if (found === null) return;
      const [, page = "", deployer = "", password = ""] = found;
      resolve({ page, deployer, password, folder, process: child });
    });
    child.once("exit", () => reject(new Error(`the demonstration ended: ${said}`)));
  });
}

interface Fresh {
  readonly page: string;
  readonly setupCode: string;
  readonly process: ChildProcess;
}

/** A 3Bot that knows nothing yet. */
async function startFresh({ deployer, folder }: Demo, home: string): Promise<Fresh> {
  const marketplace = new URL("/", deployer).href;
  const options = { state: join(folder, "fresh"), home, marketplace, listen: "127.0.0.1:0" };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [program, "serve", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString();
      const found = /is at (\S+)[\s\S]*with this code: (\S+)/.exec(said);
      if (found === null) return;
      const [, page = "", setupCode = ""] = found;
      resolve({ page, setupCode, process: child });
    });
    child.once("exit", () => reject(new Error(`the service ended: ${said}`)));
  });
}

/** The content of every file below a folder. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, "base64")]),
  );
}

/** 3Bots that a test left running when it failed: they outlive their deployer, and have its folder in their arguments. */
function endDeployed(folder: string): void {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" }).split("\n");
  for (const line of processes.filter((text) => text.includes(folder))) {
    const id = Number.parseInt(line, 10);
    if (id !== process.pid) process.kill(id, "SIGKILL");
  }
}

describeWithChromium("the pages over the real service", () => {
  const browser = useBrowser();
  let demo: Demo;
  const complaints: string[] = [];

  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => demo.process.once("close", resolve));
    demo.process.kill("SIGTERM");
    await ended;
    endDeployed(demo.folder);
    rmSync(demo.folder, { recursive: true, force: true });
  });

  async function open(address: string, label: string): Promise<Page> {
    const context = await browser().newContext({ locale: "en-GB", reducedMotion: "reduce" });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    await page.goto(address);
    await page.getByLabel(label, { exact: true }).fill(demo.password);
    await page.getByRole("button", { name: "Log in" }).click();
    return page;
  }

  it("backs up with a tag, finds a file, previews and downloads it, and brings it back", async () => {
    const readme = join(demo.folder, "home/sandbox/code/playground/README.md");
    const before = readFileSync(readme, "utf8");
    const page = await open(demo.page, "Password of this page");
    await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();

    await page.getByRole("link", { name: "Marketplace" }).first().click();
    await page.getByRole("button", { name: "Back up now" }).click();
    await page.getByLabel("Tag").fill("mine");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("The backup is done.").waitFor();
    await page.locator(".label", { hasText: "mine" }).waitFor();

    writeFileSync(readme, "spoiled\n");
    await page.goto(`${demo.page}#/search/marketplace?pattern=README`);
    await page.getByText("1 file found").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).first().click(),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toBe(before);
    await page.getByRole("button", { name: "Restore" }).first().click();
    await page.getByText("playground/README.md").waitFor();
    await page.getByRole("radio", { name: "To where it came from" }).check();
    await page.getByRole("button", { name: "Show what would change" }).click();
    await page.getByText("These would be replaced").waitFor();
    await page.getByRole("button", { name: "Restore now" }).click();
    await page.getByText("Everything is back.").waitFor();
    expect(readFileSync(readme, "utf8")).toBe(before);

    await page.goto(`${demo.page}#/snapshots/marketplace`);
    await page.getByText("before a restore").first().waitFor();
    await page.getByRole("checkbox").nth(0).check();
    await page.getByRole("checkbox").nth(1).check();
    await page.getByRole("button", { name: "Compare the two" }).click();
    await page.locator(".change-row", { hasText: "README.md" }).waitFor();

    await page.goto(`${demo.page}#/retention`);
    await page.getByText(/\d snapshots would stay, 0 would be tidied away\./).waitFor();
    await page.goto(`${demo.page}#/activity`);
    await page.locator(".run-row", { hasText: "Restore" }).getByRole("link").first().click();
    await page.getByText("restore ended: done").waitFor();
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  it("makes a 3Bot at the deployer's page, and destroys it with a way back", async () => {
    const page = await open(demo.deployer, "Password of the deployer");
    await page.getByRole("link", { name: "Deploy a new 3Bot" }).click();
    const next = page.getByRole("button", { name: "Next" });
    await page.getByRole("radio", { name: "Create" }).check();
    await next.click();
    await page.getByLabel("Name").fill("dave");
    await next.click();
    await page.getByRole("button", { name: "Suggest one" }).click();
    const password = await page.getByLabel("Recovery password", { exact: true }).inputValue();
    await page.getByText("Strength: Very good").waitFor();
    await next.click();
    await page.getByLabel("I have kept it in a safe place").check();
    await next.click();
    await page.getByRole("button", { name: "Create it" }).click();
    await page.getByText("dave is running.").waitFor();
    await page.getByRole("link", { name: "To my 3Bots" }).click();
    const dave = page.getByRole("group", { name: "What to do with dave" });
    await dave.getByRole("button", { name: "Destroy" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Type dave to confirm").fill("dave");
    await dialog.getByLabel("Recovery password", { exact: true }).fill(password);
    await dialog.getByRole("button", { name: "Destroy it" }).click();
    await dave.getByRole("button", { name: "Undo" }).click();
    await dave.getByRole("button", { name: "Undo" }).waitFor({ state: "hidden" });
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  it("a fresh 3Bot becomes the lost one at its own page, with one of the two servers lost as well", async () => {
    const home = join(demo.folder, "home");
    const before = contentOf(home);
    expect(Object.keys(before).length).toBeGreaterThan(40);
    const fresh = await startFresh(demo, home);
    try {
      rmSync(join(demo.folder, "marketplace/servers/1"), { recursive: true });
      for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true });

      const context = await browser().newContext({ locale: "en-GB", reducedMotion: "reduce" });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      await page.goto(fresh.page);
      await page.getByLabel("Setup code").fill(fresh.setupCode);
      await page.getByLabel("New password for this page", { exact: true }).fill("four words of mine");
      await page.getByLabel("The same password again", { exact: true }).fill("four words of mine");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("link", { name: "Recover my 3Bot" }).click();
      await page.getByLabel("Name of your 3Bot").fill("demo");
      await page.getByLabel("Recovery password", { exact: true }).fill(demo.password);
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByText("What was found").waitFor();
      await page.getByRole("button", { name: "Recover everything" }).click();
      // All files are back; that one server has nothing any more is what is left.
      await page.getByText("What could be brought back is back.").waitFor({ timeout: 60_000 });
      await page.getByRole("link", { name: "Go to Home" }).waitFor();
      expect(contentOf(home)).toEqual(before);
      await context.close();
    } finally {
      const ended = new Promise((resolve) => fresh.process.once("close", resolve));
      fresh.process.kill("SIGTERM");
      await ended;
    }
  }, 120_000);
});
