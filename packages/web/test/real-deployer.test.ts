/**
 * The deployer's page over the real service: a new 3Bot, destroyed with a way back; and the disaster, a 3Bot and the data
 * of one server lost, recovered wholly by whoever knows name and password.
 */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser } from "./support/page.js";
import {
  contentOf,
  createThreebot,
  endAt,
  figures,
  loggedIn,
  loseDisk,
  useRealSite,
} from "./support/real-site.js";
import { patience } from "./support/scenes.mjs";

describeWithChromium("the deployer's page over the real service", () => {
  const browser = useBrowser();
  const site = useRealSite();
  const person = () => ({
    address: site().deployer,
    label: "Password of the deployer",
    password: site().password,
  });

  it("makes a 3Bot, stops and starts it, and destroys it with a way back", () =>
    loggedIn(browser(), person(), async ({ page }) => {
      await page.getByRole("link", { name: "Deploy a new 3Bot" }).click();
      const next = page.getByRole("button", { name: "Next" });
      await page.getByRole("radio", { name: "Create" }).check();
      await next.click();
      await page.getByLabel("Name").fill("demo");
      await next.click();
      await page.getByText("There was a 3Bot of this name.").waitFor();
      await page.getByLabel("Name").fill("dave");
      await next.click();
      await page.getByLabel("Recovery password", { exact: true }).fill("password1234");
      await page.getByText(/Strength: (Very weak|Weak)/).waitFor();
      expect(await next.isDisabled()).toBe(true);
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
      const dialog = page.getByRole("dialog");
      // There is one place only to run at.
      await dave.getByRole("button", { name: "Stop" }).waitFor();
      expect(await dave.getByRole("button", { name: "Move" }).count()).toBe(0);
      await dave.getByRole("button", { name: "Stop" }).click();
      await dialog.getByRole("button", { name: "Stop" }).click();
      await dave.getByRole("button", { name: "Start" }).click();
      await dialog.getByRole("button", { name: "Start" }).click();
      await dave.getByRole("button", { name: "Destroy" }).click();
      await dialog.getByLabel("Type dave to confirm").fill("dave");
      await dialog.getByLabel("Recovery password", { exact: true }).fill("not the password of dave");
      await dialog.getByRole("button", { name: "Destroy it" }).click();
      await dialog.locator(".problem-note").waitFor();
      await dialog.getByLabel("Recovery password", { exact: true }).fill(password);
      await dialog.getByRole("button", { name: "Destroy it" }).click();
      await dave.getByRole("button", { name: "Undo" }).click();
      await dave.getByRole("button", { name: "Undo" }).waitFor({ state: "hidden" });
    }));

  it("the disaster: a 3Bot is gone with one server's data, and all of it comes back by name and password", async () => {
    const { folder, home, password: demoPassword } = site();
    const threebot = join(folder, "marketplace/3bots/carol");
    const mine = join(threebot, "home");
    const password = "five words for carol alone";
    const logInTo = async (context: BrowserContext, address: string): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(address);
      await page.getByLabel("Password of this page", { exact: true }).fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("button", { name: "Log in" }).waitFor({ state: "hidden" });
      return page;
    };
    await loggedIn(browser(), person(), async ({ page, context }) => {
      const next = page.getByRole("button", { name: "Next" });
      const address = async (): Promise<string> =>
        (await page.getByRole("link", { name: "Open it" }).getAttribute("href")) ?? "";

      // She has a 3Bot, works on it, and backs it up at its own page.
      await page.goto(`${site().deployer}#/new`);
      await createThreebot(page, { name: "carol", password });
      cpSync(home, mine, { recursive: true });
      writeFileSync(join(mine, ".ssh", "id_ed25519"), "of carol\n".repeat(100), { mode: 0o600 });
      const own = await logInTo(context, await address());
      await own.goto(`${await address()}#/marketplace`);
      await own.getByRole("button", { name: "Back up now" }).click();
      await own.getByLabel("Tag").fill("last");
      await own.getByRole("button", { name: "Start" }).click();
      await own.getByText("The backup is done.").waitFor();
      await own.close();

      // Lightning: nothing of it is left but what the second server has.
      const before = contentOf(mine);
      expect(Object.keys(before).length).toBeGreaterThan(70);
      endAt(threebot);
      rmSync(threebot, { recursive: true });
      loseDisk(join(folder, "marketplace/servers/1"));
      await page.getByRole("link", { name: "To my 3Bots" }).click();
      await page.getByText("The 3Bot carol has ended by itself.").waitFor();

      await page.getByRole("link", { name: "Deploy a new 3Bot" }).click();
      await page.getByRole("radio", { name: "Recover" }).check();
      await next.click();
      await page.getByLabel("Name").fill("carol");
      await next.click();
      await page.getByLabel("Recovery password", { exact: true }).fill(demoPassword);
      await next.click();
      await page.locator(".problem-note").waitFor();
      await page.getByLabel("Recovery password", { exact: true }).fill(password);
      await next.click();
      await page.getByText(/[12] snapshots?, the newest of/).waitFor();
      await page.getByText("This copy could not be reached. The other one is enough.").waitFor();
      await page.getByRole("button", { name: "Recover it" }).click();
      await page.getByText("carol is running.").waitFor({ timeout: 2 * patience });
      expect(contentOf(mine)).toEqual(before);

      // Its own page says what became of it, and that it is safe again.
      const back = await logInTo(context, await address());
      await back.getByText("Last backup").first().waitFor();
      await back.goto(`${await address()}#/activity`);
      await back.locator(".run-row", { hasText: "Recovery" }).getByRole("link").click();
      await back.getByText("One copy of the backups could not be reached").waitFor();
      const told = await figures(back);
      expect(told["made new"]).toBe(String(Object.keys(before).length));
      expect(told).not.toHaveProperty("could not be brought back");
    });
  });
});
