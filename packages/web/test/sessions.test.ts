/** What happens when a session ends, when the connection is lost, and with several tabs. */
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";

describeWithChromium("sessions and tabs", () => {
  const browser = useBrowser();

  it("when a session ends, one logs in over the page, and what was typed is sent after all", () =>
    withPage(browser(), { path: "/#/settings" }, async ({ page, service }) => {
      await page.getByLabel("Left out").fill("*.cache");
      service.state.sessions.clear();
      await page.getByRole("button", { name: "Save" }).nth(1).click();
      const dialog = page.getByRole("dialog", { name: "Your session is over" });
      await dialog.waitFor();
      expect(await page.getByLabel("Left out").inputValue()).toBe("*.cache");
      await dialog.getByLabel("Password of this page", { exact: true }).fill("correct horse battery");
      await dialog.getByRole("button", { name: "Log in" }).click();
      await dialog.waitFor({ state: "hidden" });
      await page.getByText("Saved.").waitFor();
      expect(service.state.settings).toMatchObject({ excludes: ["*.cache"] });
    }));

  it("logging out leaves nothing to see", () =>
    withPage(browser(), { path: "/#/settings" }, async ({ page, service }) => {
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("heading", { name: "Welcome back" }).waitFor();
      expect(service.state.sessions.size).toBe(0);
      expect(await page.getByText("alice").count()).toBe(0);
    }));

  it("two tabs share one stream, and both see what happens in one", () =>
    withPage(browser(), { path: "/#/marketplace", runTime: "held" }, async ({ page, context, service }) => {
      const other = await context.newPage();
      await other.goto(`${service.url}/#/`);
      await other.getByRole("heading", { name: "Everything is backed up." }).waitFor();
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("button", { name: "Start" }).click();
      await Promise.all([page, other].map((tab) => tab.getByText("9,124 of 18,247 files").waitFor()));
      expect(service.state.streams.size).toBe(1);
      expect(service.state.streamsOpened).toBe(1);
      // The tab that opened the stream goes; the other one goes on hearing of it.
      await page.close();
      service.advance(0.75);
      await other.getByText("13,685 of 18,247 files").waitFor();
      expect(service.state.streams.size).toBe(1);
      expect(service.state.streamsOpened).toBe(1);
    }));

  it("a service that has gone is told, and found again", () =>
    withPage(browser(), { path: "/#/" }, async ({ page, context, complaints }) => {
      await page.getByRole("button", { name: "Back up now" }).waitFor();
      await context.setOffline(true);
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("alert").getByText("The service cannot be reached.").waitFor();
      await context.setOffline(false);
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByText("The service cannot be reached.").waitFor({ state: "hidden" });
      // Chromium says so, too.
      for (const said of complaints.splice(0)) expect(said).toContain("ERR_INTERNET_DISCONNECTED");
    }));

  it("what stands in front of a service that has gone is understood, too", () =>
    withPage(browser(), { path: "/#/activity" }, async ({ page, complaints }) => {
      await page.locator(".run-row").first().waitFor();
      await page.route("**/api/v1/settings", (route) =>
        route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }),
      );
      await page.getByRole("link", { name: "Settings" }).first().click();
      await page.getByRole("alert").getByText("The service cannot be reached.").waitFor();
      await page.getByText("Is it running?").waitFor();
      await page.unroute("**/api/v1/settings");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByLabel("Left out").waitFor();
      // Chromium says so, too.
      for (const said of complaints.splice(0)) expect(said).toContain("502");
    }));

  it("the password of the page is changed with the old one, and others have to log in anew", () =>
    withPage(browser(), { path: "/#/settings" }, async ({ page, service }) => {
      const [old, next] = ["correct horse battery", "four words of mine"];
      // Somebody else is logged in, too.
      service.state.sessions.add("elsewhere");
      await page.reload();
      await page.getByRole("button", { name: /^End:/ }).waitFor();
      const field = (label: string) => page.getByLabel(label, { exact: true });
      const change = page.getByRole("button", { name: "Change it" });
      const fill = async (fields: Record<string, string>): Promise<void> => {
        for (const [label, value] of Object.entries(fields)) await field(label).fill(value);
      };
      const newLabel = "New password";
      const again = "The new one again";

      await fill({ "Old password": old, [newLabel]: "too short" });
      await page.getByText("At least 12 characters, please.").waitFor();
      await fill({ [newLabel]: next, [again]: "four words of yours" });
      await page.getByText("The two are not the same.").waitFor();
      expect(await change.isDisabled()).toBe(true);
      await fill({ "Old password": "not the old one", [again]: next });
      await change.click();
      await page.getByRole("alert").getByText("That is not the old password.").waitFor();
      // What was typed stays, to be mended.
      expect(await field(newLabel).inputValue()).toBe(next);
      expect(await page.getByRole("button", { name: /^End:/ }).count()).toBe(1);

      await fill({ "Old password": old });
      await change.click();
      await page.getByText("The password is changed. Other browsers have to log in anew.").waitFor();
      for (const label of ["Old password", newLabel, again]) expect(await field(label).inputValue()).toBe("");
      await page.getByRole("button", { name: /^End:/ }).waitFor({ state: "hidden" });
      expect(service.state.sessions).toEqual(new Set(["given"]));

      await page.getByRole("button", { name: "Log out" }).click();
      await field("Password of this page").fill(old);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("That is not the password.").waitFor();
      await field("Password of this page").fill(next);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();
    }));
});
