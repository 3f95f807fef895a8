/** The first run, and Init now for both places: what is good, and each thing that can be wrong. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { fillMinio } from "./support/scenes.mjs";

const minio = "https://minio.example:9000";
const password = "my own long password";

async function openForm(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Init now" }).click();
}

describeWithChromium("setting up", () => {
  const browser = useBrowser();

  it("at the first run, the setup code and a password of one's own lead in", () =>
    withPage(browser(), { scene: "first" }, async ({ page }) => {
      await page.getByRole("heading", { name: "Welcome to 3Bot Backup" }).waitFor();
      await page.getByLabel("Setup code").fill("wrong");
      await page.getByLabel("New password for this page", { exact: true }).fill("short");
      await page.getByLabel("The same password again", { exact: true }).fill("other");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByText("At least 12 characters, please.").waitFor();
      await page.getByText("The two are not the same.").waitFor();
      await page.getByLabel("New password for this page", { exact: true }).fill("four words of mine");
      await page.getByLabel("The same password again", { exact: true }).fill("four words of mine");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("alert").getByText("That is not the setup code.").waitFor();
      await page.getByLabel("Setup code").fill("4711-0815");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("heading", { name: "Let us protect this 3Bot." }).waitFor();
    }));

  it("a wrong password is told at the field, the right one leads in", () =>
    withPage(browser(), { loggedOut: true }, async ({ page }) => {
      const field = page.getByLabel("Password of this page", { exact: true });
      await field.fill("guess");
      await field.press("Enter");
      await page.getByText("That is not the password.").waitFor();
      await field.fill("correct horse battery");
      await field.press("Enter");
      await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();
    }));

  it("Minio: the connection is tried while one types, the kit is confirmed, then it begins", () =>
    withPage(browser(), { scene: "new", path: "/#/minio" }, async ({ page, service }) => {
      await openForm(page);
      const next = page.getByRole("button", { name: "Next" });
      expect(await next.isDisabled()).toBe(true);
      await fillMinio(page, { url: minio, password });
      await page.getByText("The connection works. There are no backups yet").waitFor();
      await next.click();

      const begin = page.getByRole("button", { name: "Init now" });
      expect(await begin.isDisabled()).toBe(true);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download" }).click(),
      ]);
      expect(download.suggestedFilename()).toBe("recovery-kit-Minio.txt");
      const kit = readFileSync(await download.path(), "utf8");
      for (const line of [minio, "good-key", "good-secret", password]) expect(kit).toContain(line);
      await page.getByLabel("I have kept it in a safe place").check();
      await begin.click();
      await page.getByRole("button", { name: "Back up now" }).waitFor();
      expect(service.state.places.minio.state).toBe("ready");
    }));

  it.each([
    ["a wrong address", { url: "https://nowhere.example", password }, "Nothing answers at this address."],
    ["a wrong key", { url: minio, password, secretKey: "bad" }, "The store answers, but refuses these keys."],
    [
      "the wrong password of a repository that is there",
      { url: "https://minio-existing.example", password },
      "There are backups, but not with this password.",
    ],
  ])("Minio: %s is told, stays, and keeps one from going on", (_, fields, sentence) =>
    withPage(browser(), { scene: "new", path: "/#/minio" }, async ({ page, service }) => {
      await openForm(page);
      await fillMinio(page, fields);
      await page.getByText(sentence, { exact: false }).waitFor();
      expect(await page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
      expect(service.state.places.minio.state).toBe("absent");
    }),
  );

  it("Minio: a repository with backups is taken over with its password", () =>
    withPage(browser(), { scene: "new", path: "/#/minio" }, async ({ page }) => {
      await openForm(page);
      await fillMinio(page, { url: "https://minio-existing.example", password: "the right password" });
      await page.getByText("There are 12 snapshots already").waitFor();
      expect(await page.getByRole("button", { name: "Next" }).isEnabled()).toBe(true);
    }));

  it("Marketplace: name and password, the kit, and what is refused leads back to the fields", () =>
    withPage(browser(), { scene: "new", path: "/#/marketplace" }, async ({ page, service }) => {
      await openForm(page);
      await page.getByLabel("Name of your 3Bot").fill("alice");
      await page.getByLabel("Recovery password", { exact: true }).fill("wrong password");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("I have kept it in a safe place").check();
      await page.getByRole("button", { name: "Init now" }).click();
      await page
        .getByRole("alert")
        .getByText("The marketplace knows this name, with another password.")
        .waitFor();
      await page.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await page.getByRole("button", { name: "Next" }).click();
      // Another password is another kit, to be kept anew.
      expect(await page.getByLabel("I have kept it in a safe place").isChecked()).toBe(false);
      await page.getByLabel("I have kept it in a safe place").check();
      await page.getByRole("button", { name: "Init now" }).click();
      await page.getByRole("switch").waitFor();
      expect(service.state.places.marketplace.state).toBe("ready");
    }));

  it("a suggested password is long, and another each time", () =>
    withPage(browser(), { scene: "new", path: "/#/marketplace" }, async ({ page }) => {
      await openForm(page);
      const field = page.getByLabel("Recovery password", { exact: true });
      await page.getByRole("button", { name: "Suggest one" }).click();
      const first = await field.inputValue();
      await page.getByRole("button", { name: "Suggest one" }).click();
      expect(first).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){4}$/);
      expect(await field.inputValue()).not.toBe(first);
      expect(await field.getAttribute("type")).toBe("password");
    }));

  it("nothing that was typed as a secret goes into the address or stays in the browser", () =>
    withPage(browser(), { scene: "new", path: "/#/minio" }, async ({ page, service }) => {
      await openForm(page);
      await fillMinio(page, { url: minio, password });
      await page.getByText("The connection works.").waitFor();
      const kept = await page.evaluate<string>(
        "location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)",
      );
      for (const secret of [password, "good-secret"]) {
        expect(kept).not.toContain(secret);
        expect(service.state.requests.join("\n")).not.toContain(encodeURIComponent(secret));
      }
    }));
});
