/** Where the focus goes: the skip link, new pages, dialogs. What the tab key reaches is tested on every page with axe. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { keyboardFaults } from "./support/keyboard.js";
import { describeWithChromium, useBrowser, withPage, type OpenOptions } from "./support/page.js";
import { openSnapshot, until } from "./support/scenes.mjs";

interface Dialog {
  readonly opener: string;
  readonly title: string | RegExp;
  readonly options: OpenOptions;
  before?(page: Page): Promise<unknown>;
}

const jumpscale = "/home/alice/.config/jumpscale";
const snapshot = { options: { path: "/#/snapshots" }, before: (page: Page) => openSnapshot(page, jumpscale) };
const deployer = { options: { path: "/deployer.html" } };
const dialogs: readonly Dialog[] = [
  { opener: "Back up now", title: "Back up now", options: { path: "/#/marketplace" } },
  {
    opener: "Cancel",
    title: "Stop this?",
    options: { path: "/#/marketplace", runTime: "held" },
    async before(page) {
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText("of 18,247 files").waitFor();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    },
  },
  { opener: "Tags", title: /^Tags of/, ...snapshot },
  { opener: "Forget", title: /^Forget/, ...snapshot },
  { opener: "config.toml", title: "config.toml", ...snapshot },
  { opener: "Stop", title: "Stop: alice", ...deployer },
  { opener: "Move", title: "Move: alice", ...deployer },
  { opener: "Destroy", title: "Destroy: alice", ...deployer },
];

const inDialog = "document.activeElement.closest('[role=dialog]') !== null";

describeWithChromium("the pages by keyboard", () => {
  const browser = useBrowser();

  it("the skip link leads to the content, and a new page says its heading", () =>
    withPage(browser(), { path: "/#/" }, async ({ page }) => {
      await page.getByRole("button", { name: "Back up now" }).waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await until(page, "document.activeElement.id === 'content'");
      await page.getByRole("link", { name: "Activity" }).first().press("Enter");
      await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
      await until(page, "document.activeElement.tagName === 'H1'");
      await until(page, "document.title === 'Activity · 3Bot Backup'");
    }));

  it.each(dialogs)("the dialog of $opener takes the focus, keeps it, and gives it back", (dialog) =>
    withPage(browser(), dialog.options, async ({ page }) => {
      await dialog.before?.(page);
      const button = page.getByRole("button", { name: dialog.opener, exact: true }).first();
      await button.press("Enter");
      const box = page.getByRole("dialog", { name: dialog.title });
      await box.waitFor();
      await until(page, inDialog);
      expect(await keyboardFaults(page)).toEqual([]);
      for (let index = 0; index < 4; index++) {
        await page.keyboard.press("Shift+Tab");
        await until(page, inDialog);
      }
      await page.keyboard.press("Escape");
      await box.waitFor({ state: "hidden" });
      await button.and(page.locator(":focus")).waitFor();
    }),
  );

  it("only the login of a session that is over does not go away by Escape", () =>
    withPage(browser(), { path: "/#/settings" }, async ({ page, service }) => {
      await page.getByLabel("Left out").fill("*.cache");
      service.state.sessions.clear();
      await page.getByRole("button", { name: "Save" }).nth(1).click();
      const dialog = page.getByRole("dialog", { name: "Your session is over" });
      await dialog.waitFor();
      await until(page, inDialog);
      await page.keyboard.press("Escape");
      expect(await keyboardFaults(page)).toEqual([]);
      expect(await dialog.isVisible()).toBe(true);
      await page.keyboard.press("Escape");
      expect(await dialog.isVisible()).toBe(true);
    }));

  it("what cannot be reached or seen would be found", () =>
    withPage(browser(), { path: "/#/more" }, async ({ page }) => {
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await keyboardFaults(page)).toEqual([]);
      await page.evaluate(`(() => {
        const rules = new CSSStyleSheet();
        rules.replaceSync("#plain:focus-visible { outline: none }");
        document.adoptedStyleSheets.push(rules);
        for (const [id, index] of [["plain", 0], ["first", 3]]) {
          const button = Object.assign(document.createElement("button"), { id, textContent: id, tabIndex: index });
          document.querySelector("main").append(button);
        }
        document.querySelector("#first").addEventListener("focus", () => document.querySelector("#plain").focus());
      })()`);
      const faults = (await keyboardFaults(page)).join("\n");
      expect(faults).toContain("focus not to be seen: BUTTON plain");
      expect(faults).toContain("not reached: BUTTON first");
    }));
});
