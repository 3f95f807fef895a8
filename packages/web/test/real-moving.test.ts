/** A 3Bot is moved, stopped and started through the deployer's page over the real service, which has two places for it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freeAddresses } from "../../threebot/test/support/free-addresses.js";
import { describeWithChromium, useBrowser } from "./support/page.js";
import { contentOf, createThreebot, endAt, loggedIn } from "./support/real-site.js";
import { patience } from "./support/scenes.mjs";

const deployerPassword = "words for the deployer";
const password = "five words for frank alone";

describeWithChromium("a 3Bot that moves, over the real service", () => {
  const browser = useBrowser();
  let folder = "";
  let address = "";
  let marketplace: ChildProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "web-moving-"));
    const program = fileURLToPath(new URL("support/two-places.mjs", import.meta.url));
    const args = [program, folder, deployerPassword, ...(await freeAddresses(3))];
    marketplace = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const text of marketplace.stdout!) {
      said += String(text);
      address = /deployer: (\S+)/.exec(said)?.[1] ?? "";
      if (address !== "") break;
    }
    expect(address).not.toBe("");
  }, 2 * patience);
  afterAll(async () => {
    if (marketplace.exitCode === null) {
      const ended = once(marketplace, "exit");
      marketplace.kill("SIGTERM");
      await ended;
    }
    endAt(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it("takes all that is on it along, leaves nothing at the old place, and is stopped and started there", () =>
    loggedIn(
      browser(),
      { address, label: "Password of the deployer", password: deployerPassword },
      async ({ page }) => {
        const dialog = page.getByRole("dialog");
        const frank = page.getByRole("group", { name: "What to do with frank" });
        const card = page.locator(".deployment", { has: frank });
        const link = card.getByRole("link");
        const wait = { timeout: 2 * patience };
        const answers = async (): Promise<number> => {
          const url = await link.getAttribute("href");
          return (await page.request.get(url ?? "")).status();
        };

        await page.getByRole("link", { name: "Deploy a new 3Bot" }).click();
        await createThreebot(page, { name: "frank", password });
        await page.getByRole("link", { name: "To my 3Bots" }).click();

        // What is on it was never backed up: the move sees to that.
        const [here, there] = ["here", "there"].map((place) => join(folder, place, "frank"));
        mkdirSync(join(here!, "home", ".ssh"), { recursive: true });
        writeFileSync(join(here!, "home", ".ssh", "id_ed25519"), "of frank\n".repeat(100), { mode: 0o600 });
        mkdirSync(join(here!, "home", ".config", "jumpscale"), { recursive: true });
        writeFileSync(join(here!, "home", ".config", "jumpscale", "<b>name\u202E.toml"), "a = 1\n");
        const before = contentOf(join(here!, "home"));
        expect(Object.keys(before).length).toBe(2);

        await frank.getByRole("button", { name: "Move" }).click();
        expect(await dialog.getByRole("combobox").locator("option").allTextContents()).toEqual(["there"]);
        await dialog.getByLabel("Recovery password", { exact: true }).fill("not the password of frank");
        await dialog.getByRole("button", { name: "Move" }).click();
        await dialog.locator(".problem-note").waitFor();
        expect(existsSync(there!)).toBe(false);
        await dialog.getByLabel("Recovery password", { exact: true }).fill(password);
        await dialog.getByRole("button", { name: "Move" }).click();
        await dialog.waitFor({ state: "hidden" });
        await card.getByText("Running", { exact: true }).waitFor(wait);
        await card.getByText("there", { exact: true }).waitFor(wait);
        expect(contentOf(join(there!, "home"))).toEqual(before);
        expect(existsSync(here!)).toBe(false);
        expect(await answers()).toBe(200);

        await frank.getByRole("button", { name: "Stop" }).click();
        await dialog.getByRole("button", { name: "Stop" }).click();
        await card.getByText("Stopped", { exact: true }).waitFor(wait);
        expect(await link.count()).toBe(0);
        await frank.getByRole("button", { name: "Start" }).click();
        await dialog.getByRole("button", { name: "Start" }).click();
        await card.getByText("Running", { exact: true }).waitFor(wait);
        expect(await answers()).toBe(200);
        expect(contentOf(join(there!, "home"))).toEqual(before);
      },
    ));
});
