/** What a keyboard reaches, where the focus goes, and that it is seen. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";

/** The names of what the tab key reaches, in order, until it comes to the first again or leaves the page. */
async function tabStops(page: Page, most = 80): Promise<string[]> {
  const stops: string[] = [];
  for (let index = 0; index < most; index++) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate<string>(`(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return "";
      const rect = at.getBoundingClientRect();
      const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent ?? "";
      const seen = rect.width > 0 && rect.height > 0 && rect.top < innerHeight && rect.bottom > 0;
      return (seen ? "" : "hidden: ") + at.tagName + " " + label.trim().replace(/\\s+/g, " ");
    })()`);
    if (name === "") break;
    stops.push(name);
  }
  return stops;
}

describeWithChromium("the pages by keyboard", () => {
  const browser = useBrowser();

  it("the keyboard reaches the pages, the switch and the buttons, and what has the focus is seen", () =>
    withPage(browser(), { path: "/#/marketplace" }, async ({ page }) => {
      await page.getByRole("switch").waitFor();
      const stops = await tabStops(page);
      expect(stops[0]).toBe("A Skip to the content");
      for (const wanted of [
        "A Settings",
        "BUTTON Back up now",
        "INPUT On. Next one in 21 hours.",
        "A All snapshots",
      ]) {
        expect(stops).toContain(wanted);
      }
      expect(stops.filter((stop) => stop.startsWith("hidden:"))).toEqual([]);
    }));

  it("the skip link leads to the content, and a new page says its heading", () =>
    withPage(browser(), { path: "/#/" }, async ({ page }) => {
      await page.getByRole("button", { name: "Back up now" }).waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      expect(await page.evaluate("document.activeElement.id")).toBe("content");
      await page.getByRole("link", { name: "Activity" }).first().press("Enter");
      await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
      await page.waitForFunction("document.activeElement.tagName === 'H1'");
      expect(await page.title()).toBe("Activity · 3Bot Backup");
    }));

  it("a dialog takes the focus, keeps it, and gives it back", () =>
    withPage(browser(), { path: "/#/marketplace" }, async ({ page }) => {
      const button = page.getByRole("button", { name: "Back up now" });
      await button.press("Enter");
      const dialog = page.getByRole("dialog", { name: "Back up now" });
      await dialog.waitFor();
      for (let index = 0; index < 6; index++) {
        await page.keyboard.press("Tab");
        expect(await page.evaluate("document.activeElement.closest('[role=dialog]') !== null")).toBe(true);
      }
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      await page.waitForFunction("document.activeElement.textContent.includes('Back up now')");
    }));
});
