/**
 * The deployer's page over the real service: a new 3Bot, destroyed with a way back; and the disaster, a 3Bot and the data
 * of one server lost, recovered wholly by whoever knows name and password.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser } from "./support/page.js";
import { contentOf, loggedIn, useRealSite } from "./support/real-site.js";

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

  it("brings a lost 3Bot back wholly from name and password, with one of the two servers lost as well", async () => {
    const { home, folder, password } = site();
    const before = contentOf(home);
    expect(Object.keys(before).length).toBeGreaterThan(40);
    for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true });
    rmSync(join(folder, "marketplace/servers/1/demo"), { recursive: true });
    await loggedIn(browser(), person(), async ({ page }) => {
      await page.goto(`${site().deployer}#/new`);
      const next = page.getByRole("button", { name: "Next" });
      await page.getByRole("radio", { name: "Recover" }).check();
      await next.click();
      await page.getByLabel("Name").fill("demo");
      await next.click();
      await page.getByLabel("Recovery password", { exact: true }).fill("not the password of demo");
      await next.click();
      await page
        .getByText(/That is not|no backups were found|password/)
        .first()
        .waitFor();
      await page.getByLabel("Recovery password", { exact: true }).fill(password);
      await next.click();
      await page.getByText(/1 snapshot, the newest of/).waitFor();
      await page.getByRole("button", { name: "Recover it" }).click();
      await page.getByText("demo is running.").waitFor({ timeout: 90_000 });
      expect(contentOf(join(folder, "marketplace/3bots/demo/home"))).toEqual(before);
      expect(await page.getByRole("link", { name: "Open it" }).getAttribute("href")).toMatch(/^http:/);
    });
  }, 150_000);
});
