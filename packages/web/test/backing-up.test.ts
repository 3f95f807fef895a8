/** Backups with progress, cancelling, the switch, snapshots and their marks, retention, activity, settings. */
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { until } from "./support/scenes.mjs";

describeWithChromium("backing up", () => {
  const browser = useBrowser();

  it("a backup with a tag shows its progress, ends, and its snapshot is there", () =>
    withPage(browser(), { path: "/#/marketplace", runTime: "held" }, async ({ page, service }) => {
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByLabel("Tag").fill("before-move, big");
      await page.getByRole("button", { name: "Start" }).click();
      const bar = page.getByRole("progressbar", { name: "Backup" });
      await bar.and(page.locator("[aria-valuenow='50']")).waitFor();
      await page.getByText("9,124 of 18,247 files, 980 MB of 2 GB, about 21 s left").waitFor();
      service.advance(0.75);
      await bar.and(page.locator("[aria-valuenow='75']")).waitFor();
      await page.getByText("13,685 of 18,247 files, 1.5 GB of 2 GB, about 11 s left").waitFor();
      service.advance(1);
      await page.getByText("The backup is done.").waitFor();
      const newest = page.locator(".snapshot-row").first();
      await newest.getByText("before-move").waitFor();
      await newest.getByText("big").waitFor();
    }));

  it("a backup can be cancelled", () =>
    withPage(browser(), { path: "/#/marketplace", runTime: "held" }, async ({ page, service }) => {
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.locator(".run-card").getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Stop it" }).click();
      await page.getByText("It was cancelled.").waitFor();
      expect(service.state.runs[0]?.state).toBe("cancelled");
    }));

  it("the switch turns automatic backups off and on", () =>
    withPage(browser(), { path: "/#/marketplace" }, async ({ page, service }) => {
      const toggle = page.getByRole("switch");
      await toggle.uncheck();
      await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
      expect(service.state.places.marketplace.automatic).toBe(false);
      await toggle.check();
      await page.getByText("On. Next one in").waitFor();
    }));

  it("the switch goes back when the change is refused, or does not get through, and can then be tried again", () =>
    withPage(browser(), { path: "/#/marketplace" }, async ({ page, service, complaints }) => {
      const toggle = page.getByRole("switch");
      const refusal = { code: "locked", message: "the settings are being written" };
      let answer: () => void = () => undefined;
      const answered = new Promise<void>((resolve) => (answer = resolve));
      await page.route("**/automatic", async (route) => {
        await answered;
        await route.fulfill({ status: 409, json: { error: refusal } });
      });
      await toggle.click();
      // It moves under the finger, and a second click before the answer does not take it elsewhere.
      expect(await toggle.isChecked()).toBe(false);
      await toggle.click({ force: true });
      expect(await toggle.isChecked()).toBe(false);
      answer();
      await page.getByRole("alert").getByText("The settings are being written.").waitFor();
      expect(await toggle.isChecked()).toBe(true);
      await page.getByText("On. Next one in").waitFor();

      await page.unroute("**/automatic");
      await page.route("**/automatic", (route) => route.abort());
      await toggle.click();
      await page.getByRole("alert").getByText("The service cannot be reached.").waitFor();
      expect(await toggle.isChecked()).toBe(true);
      // Chromium says so, too.
      expect(complaints.splice(0).join()).toContain("ERR_FAILED");

      await page.unroute("**/automatic");
      expect(service.state.places.marketplace.automatic).toBe(true);
      await toggle.click();
      await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
      expect(await toggle.isChecked()).toBe(false);
      expect(service.state.places.marketplace.automatic).toBe(false);
    }));

  it("the switch follows when it is changed in another tab", () =>
    withPage(browser(), { path: "/#/marketplace" }, async ({ page, context, service }) => {
      const other = await context.newPage();
      await other.goto(`${service.url}/#/marketplace`);
      const [here, there] = [page, other].map((tab) => tab.getByRole("switch"));
      await there!.uncheck();
      await until(page, "!document.querySelector('[role=switch]').checked");
      await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
      await here!.check();
      await until(other, "document.querySelector('[role=switch]').checked");
      await other.getByText("On. Next one in").waitFor();
    }));

  it("a first page with troubles names each with a button, and a backup mends the copy that is behind", () =>
    withPage(browser(), { scene: "trouble" }, async ({ page }) => {
      await page.getByText("The last backup to Minio is too long ago.").waitFor();
      await page.getByText("Minio is not as it should be.").waitFor();
      await page.getByText("A run has failed.").waitFor();
      await page.getByRole("button", { name: /Back up and catch up/ }).click();
      await page.getByText("Second server lacks 3 snapshots.").waitFor({ state: "hidden" });
      await page.getByText("First server · In step").waitFor();
    }));

  it("snapshots are tagged, pinned, and forgotten after a warning", () =>
    withPage(browser(), { path: "/#/snapshots" }, async ({ page, service }) => {
      const count = service.state.snapshots.length;
      const rows = page.locator(".snapshot-row");
      await rows.nth(1).getByRole("link").click();
      await page.getByRole("button", { name: "Pin" }).click();
      await page.getByRole("button", { name: "Take the pin off" }).waitFor();
      await page.getByRole("button", { name: "Tags" }).click();
      await page.getByRole("textbox", { name: "Tags" }).fill("mine, yours");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("yours").waitFor();
      expect(service.state.snapshots[1]?.snapshot.tags).toEqual(["mine", "yours"]);

      await page.getByRole("button", { name: "Forget" }).click();
      const forget = page.getByRole("button", { name: "Forget for good" });
      await page.getByText("A pinned snapshot is among them.").waitFor();
      expect(await forget.isDisabled()).toBe(true);
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Take the pin off" }).click();
      await page.getByRole("button", { name: "Forget" }).click();
      await forget.click();
      await page.getByRole("heading", { level: 1, name: "Snapshots" }).waitFor();
      await until(page, `document.querySelectorAll(".snapshot-row").length === ${count - 1}`);
      expect(service.state.snapshots.length).toBe(count - 1);
    }));

  it("retention shows what the numbers would keep before they are saved, and refuses to keep nothing", () =>
    withPage(browser(), { path: "/#/retention" }, async ({ page, service }) => {
      const daily = page.getByLabel("Days");
      await page.getByText(/(1[5-9]|2\d) snapshots would stay, \d+ would be tidied away\./).waitFor();
      await daily.fill("2");
      await page.getByText(/^\d{1,2} snapshots would stay, (1[4-9]|2\d) would be tidied away\./).waitFor();
      expect(service.state.settings.retention["daily"]).toBe(14);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved.").waitFor();
      expect(service.state.settings.retention["daily"]).toBe(2);
      for (const label of ["The last", "Days", "Weeks", "Months", "Years"]) {
        await page.getByLabel(label).fill("0");
      }
      await page.getByText("These rules keep nothing.").waitFor();
      expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    }));

  it("a failure stays marked until somebody says that it was seen", () =>
    withPage(browser(), { scene: "trouble", path: "/#/activity" }, async ({ page }) => {
      await page.getByText("The second server did not answer for 15 minutes.").waitFor();
      await page.getByText("Not looked at yet").waitFor();
      await page.locator(".run-row", { hasText: "Not looked at yet" }).getByRole("link").click();
      await page.getByText("could not read").waitFor();
      await page.getByRole("button", { name: "I have seen it" }).click();
      await page.getByRole("button", { name: "I have seen it" }).waitFor({ state: "hidden" });
      await page.getByRole("link", { name: "Activity" }).first().click();
      await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
      await page.locator(".run-row").first().waitFor();
      await page.getByText("Not looked at yet").first().waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Show older ones" }).click();
      await until(page, `document.querySelectorAll(".run-row").length > 50`);
    }));

  it("settings are saved by group, tokens are shown once, and German is spoken", () =>
    withPage(browser(), { path: "/#/settings" }, async ({ page }) => {
      await page.getByLabel("Files and folders").fill("relative/path");
      await page.getByText("relative/path is neither absolute nor below ~/").waitFor();
      await page.getByLabel("Files and folders").fill("~/.config/jumpscale");
      await page.getByRole("button", { name: "Save" }).nth(1).click();
      await page.getByText("Saved.").waitFor();
      await page.getByLabel("What is it for?").fill("Monitoring");
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByText("3bt_shown-only-once").waitFor();
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("The test is on its way.").waitFor();
      await page.getByRole("radio", { name: "Deutsch" }).check();
      await page.getByRole("heading", { level: 1, name: "Einstellungen" }).waitFor();
      expect(await page.evaluate("document.documentElement.lang")).toBe("de");
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Einstellungen" }).waitFor();
    }));
});
