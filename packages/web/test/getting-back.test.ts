/** Looking into snapshots, restoring, recovering; and names that are hostile. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { folderOfMany, hostileNames } from "./support/fake-data.mjs";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { openSnapshot, until } from "./support/scenes.mjs";

const jumpscale = "/home/alice/.config/jumpscale";

describeWithChromium("getting back", () => {
  const browser = useBrowser();

  it("hostile names are shown as text and do nothing", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      const title = await page.title();
      await openSnapshot(page, `${jumpscale}/hostile`);
      const shown = await page.locator(".entry-row .entry-name").allTextContents();
      expect(shown.length).toBe(hostileNames.length);
      const text = shown.join("\n");
      expect(text).toContain("<script>document.title='owned'</script>");
      expect(text).toContain("<img src=x onerror=alert(1)>.txt");
      expect(text).toContain("invoice⟨202e⟩fdp.exe");
      expect(text).toContain("bell⟨0007⟩ escape⟨001b⟩[31mred.log");
      expect(text).toContain("new⟨000a⟩line.txt");
      expect(text).toContain("zero⟨200b⟩width.txt");
      expect(text).toContain("half ⟨d800⟩ surrogate");
      expect(await page.locator(".entry-row img, .entry-row script, .entry-row svg[onload]").count()).toBe(0);
      // Each is opened, too, and its preview shows marks of direction.
      await page.getByRole("button", { name: "{{constructor" }).click();
      await page.getByText("scene⟨202e⟩ = true").waitFor();
      await page.getByText("<script>alert(1)</script>").waitFor();
      expect(await page.title()).not.toBe("owned");
      expect(title).toContain("3Bot Backup");
    }));

  it("hostile tags and hosts are text, too", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      await page.locator(".label", { hasText: "<b>bold</b>" }).waitFor();
      await page.locator(".label", { hasText: "a⟨202e⟩b" }).waitFor();
      await page.locator(".snapshot-row a").nth(9).click();
      await page.getByText("<i>host</i>⟨202e⟩").waitFor();
    }));

  it("a folder of 100,000 files scrolls to its end with a few rows in the page", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page, service }) => {
      await openSnapshot(page, folderOfMany);
      await page.getByText("100,000 entries").waitFor();
      const begun = performance.now();
      await page.evaluate(`document.querySelector(".entries").scrollTo(0, 1e9)`);
      await page.getByText("app.099999.log").waitFor();
      console.log(`the last of 100,000 rows is shown after ${Math.round(performance.now() - begun)} ms`);
      await page.evaluate(`document.querySelector(".entries").scrollTo(0, 2_600_000)`);
      await page.getByText("app.050000.log").waitFor();
      expect(await page.locator(".entry-row").count()).toBeLessThan(100);
      expect(service.state.requests.filter((request) => request.endsWith("/entries")).length).toBeLessThan(
        12,
      );
    }));

  it("files are previewed and downloaded, folders come as zip, and folders lead to one another", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      await openSnapshot(page, jumpscale);
      await page.getByRole("button", { name: "logo.png" }).click();
      await until(page, `document.querySelector(".file-dialog img")?.naturalWidth > 0`);
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("button", { name: "wallets.db" }).click();
      await page.getByText("Too large for a preview.").waitFor();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download", exact: true }).click(),
      ]);
      expect(file.suggestedFilename()).toBe("wallets.db");
      expect(readFileSync(await file.path()).length).toBe(4);
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      const [zip] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download as zip" }).click(),
      ]);
      expect(zip.suggestedFilename()).toBe("jumpscale.zip");
      await page.getByRole("navigation", { name: "Folder" }).getByRole("link", { name: "alice" }).click();
      await page.getByRole("link", { name: ".ssh" }).click();
      await page.getByRole("button", { name: "id_ed25519.pub" }).waitFor();
      await page.goBack();
      await page.getByRole("link", { name: ".ssh" }).waitFor();
    }));

  it("a file is found in all snapshots, with the versions that differ", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      await page.getByLabel("Search a file in all snapshots").fill("config.toml");
      await page.getByLabel("Search a file in all snapshots").press("Enter");
      await page.getByText("1 file found").waitFor();
      // Six snapshots hold it, of which two and two are the same.
      expect(await page.locator(".version").count()).toBe(3);
    }));

  it("two snapshots are compared", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      await page.getByRole("checkbox").nth(0).check();
      await page.getByRole("checkbox").nth(3).check();
      await page.getByRole("button", { name: "Compare the two" }).click();
      await page.getByText(/\d[\d,]* new, \d+ gone, [\d,]+ changed/).waitFor();
      expect(await page.locator(".change-row").count()).toBeLessThan(100);
    }));

  it("all is restored in place after a preview", () =>
    withPage(browser(), { path: "/#/restore" }, async ({ page, service }) => {
      const preview = page.getByRole("button", { name: "Show what would change" });
      expect(await preview.isDisabled()).toBe(true);
      await page.getByRole("radio", { name: "To where it came from" }).check();
      await preview.click();
      await page.getByText("This would happen").waitFor();
      await page.getByText("These would be replaced").click();
      await page.getByText("<img src=x onerror=alert(1)>.txt").waitFor();
      // What was previewed is no longer what would be done.
      await page.getByRole("radio", { name: "Keep them" }).check();
      await page.getByText("This would happen").waitFor({ state: "hidden" });
      await preview.click();
      await page.getByText("kept as they are").waitFor();
      await page.getByRole("button", { name: "Restore now" }).click();
      await page.getByText("Everything is back.").waitFor();
      expect(service.state.runs[0]?.kind).toBe("restore");
    }));

  it("some files go into a folder; what the folder refuses is told", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page }) => {
      await openSnapshot(page, jumpscale);
      await page.getByRole("checkbox", { name: "Restore: config.toml" }).check();
      await page.getByRole("checkbox", { name: "Restore: packages" }).check();
      await page.getByRole("button", { name: "Restore (2)" }).click();
      await page.getByText(`${jumpscale}/config.toml`).waitFor();
      await page.getByRole("button", { name: `Take ${jumpscale}/packages out` }).click();
      await page.getByLabel("Folder", { exact: true }).fill("/root");
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByRole("button", { name: "Restore now" }).click();
      await page.getByRole("alert").getByText("/root may not be written to.").waitFor();
      await page.getByLabel("Folder", { exact: true }).fill("/home/alice/back");
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByRole("button", { name: "Restore now" }).click();
      await page.getByText("Everything is back.").waitFor();
    }));

  it("a fresh 3Bot is recovered from name and password, though one copy is away", () =>
    withPage(browser(), { scene: "new", path: "/#/recover" }, async ({ page }) => {
      await page.getByLabel("Name of your 3Bot").fill("alice");
      await page.getByLabel("Recovery password", { exact: true }).fill("not it");
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByText("No backup was found.").waitFor();
      await page.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByText(/12 snapshots, the newest of/).waitFor();
      await page.getByText("Cannot be reached").waitFor();
      await page.getByRole("button", { name: "Recover everything" }).click();
      await page.getByRole("heading", { level: 1, name: "Your 3Bot is back." }).waitFor();
      await page.getByRole("link", { name: "Go to Home" }).click();
      await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();
    }));

  it("and from the four fields of a store", () =>
    withPage(browser(), { scene: "new", path: "/#/recover" }, async ({ page }) => {
      await page.getByRole("radio", { name: "In my own store" }).check();
      await page.getByLabel("Address of the store").fill("https://minio-existing.example");
      await page.getByLabel("Access key").fill("good-key");
      await page.getByLabel("Secret key", { exact: true }).fill("good-secret");
      await page.getByLabel("Password of the backups", { exact: true }).fill("the right password");
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByRole("button", { name: "Recover everything" }).click();
      await page.getByRole("heading", { level: 1, name: "Your 3Bot is back." }).waitFor();
    }));
});
