/** The deployer's page: the chat that creates and recovers, and the list of 3Bots. */
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";

describeWithChromium("the deployer", () => {
  const browser = useBrowser();

  it("recovers a 3Bot, one question at a time, with a way back at each", () =>
    withPage(browser(), { path: "/deployer.html", runTime: 300 }, async ({ page, service }) => {
      await page.getByRole("link", { name: "Deploy a new 3Bot" }).click();
      const next = page.getByRole("button", { name: "Next" });
      expect(await next.isDisabled()).toBe(true);
      await page.getByRole("radio", { name: "Recover" }).check();
      await next.click();
      await page.getByRole("heading", { name: "What was its name?" }).waitFor();
      await page.getByLabel("Name").fill("nobody");
      await next.click();
      await page.getByText("There are no backups of a 3Bot of this name.").waitFor();
      await page.getByRole("button", { name: "Back" }).click();
      await page
        .getByRole("heading", { name: "Do you want a new 3Bot, or one back that you had?" })
        .waitFor();
      await next.click();
      await page.getByLabel("Name").fill("Carol");
      await next.click();
      await page.getByLabel("Recovery password", { exact: true }).fill("wrong");
      await next.click();
      await page.getByText("With this name and password, no backups were found.").waitFor();
      await page.getByRole("button", { name: "Back" }).click();
      await page.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await next.click();
      await page.getByText("14 snapshots, the newest of 26 Nov 2026").waitFor();
      await page.getByText("The server does not answer.").waitFor();
      await page.getByRole("button", { name: "Recover it" }).click();
      await page.getByText("carol is running.").waitFor();
      expect(await page.getByRole("link", { name: "Open it" }).getAttribute("href")).toBe(
        "https://carol.3bot.example/",
      );
      expect(service.state.deployments.map(({ name }) => name)).toContain("carol");
    }));

  it("creates a 3Bot with a password that is good enough and a kit that is kept", () =>
    withPage(browser(), { path: "/deployer.html#/new", runTime: 300 }, async ({ page }) => {
      const next = page.getByRole("button", { name: "Next" });
      await page.getByRole("radio", { name: "Create" }).check();
      await next.click();
      await page.getByLabel("Name").fill("not a name!");
      await next.click();
      await page.getByText("No 3Bot can have this name.").waitFor();
      await page.getByLabel("Name").fill("alice");
      await next.click();
      await page.getByText("A 3Bot of this name is running already.").waitFor();
      await page.getByLabel("Name").fill("carol");
      await next.click();
      await page.getByText("There was a 3Bot of this name.").waitFor();
      await page.getByLabel("Name").fill("dave");
      await next.click();
      await page.getByLabel("Recovery password", { exact: true }).fill("weak");
      await page.getByText("Strength: Very weak").waitFor();
      await page.getByLabel("The same once more", { exact: true }).fill("weak");
      expect(await next.isDisabled()).toBe(true);
      await page.getByRole("button", { name: "Suggest one" }).click();
      await page.getByText("Strength: Very good").waitFor();
      await next.click();
      expect(await next.isDisabled()).toBe(true);
      await page.getByLabel("I have kept it in a safe place").check();
      await next.click();
      await page.getByRole("button", { name: "Create it" }).click();
      await page.getByText("dave is running.").waitFor();
    }));

  it("a name that was there leads to its recovery", () =>
    withPage(browser(), { path: "/deployer.html#/new" }, async ({ page }) => {
      await page.getByRole("radio", { name: "Create" }).check();
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("Name").fill("carol");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("button", { name: "Recover it" }).click();
      await page.getByRole("heading", { name: "What is its recovery password?" }).waitFor();
    }));

  it("stops, starts, moves, destroys and undoes", () =>
    withPage(browser(), { path: "/deployer.html" }, async ({ page, service }) => {
      const alice = page.getByRole("group", { name: "What to do with alice" });
      const dialog = page.getByRole("dialog");
      await alice.getByRole("button", { name: "Stop" }).click();
      await dialog.getByRole("button", { name: "Stop" }).click();
      await alice.getByRole("button", { name: "Start" }).click();
      await dialog.getByRole("button", { name: "Start" }).click();
      await alice.getByRole("button", { name: "Move" }).click();
      await dialog.getByRole("combobox").selectOption("ghent");
      await dialog.getByLabel("Recovery password", { exact: true }).fill("wrong");
      await dialog.getByRole("button", { name: "Move" }).click();
      await dialog.getByText("That is not its recovery password.").waitFor();
      await dialog.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await dialog.getByRole("button", { name: "Move" }).click();
      await dialog.waitFor({ state: "hidden" });

      await alice.getByRole("button", { name: "Destroy" }).click();
      const destroy = dialog.getByRole("button", { name: "Destroy it" });
      await dialog.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await dialog.getByLabel("Type alice to confirm").fill("alic");
      expect(await destroy.isDisabled()).toBe(true);
      await dialog.getByLabel("Type alice to confirm").fill("alice");
      await destroy.click();
      await alice.getByRole("button", { name: "Undo" }).click();
      await alice.getByRole("button", { name: "Start" }).waitFor();
      expect(service.state.deployments.find(({ name }) => name === "alice")?.state).toBe("stopped");
    }));
});
