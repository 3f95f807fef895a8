/** The audit of every page by axe, light and dark, desktop and phone, and what a keyboard reaches. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { startFakeService } from "./support/fake-service.mjs";
import { openScene, scenes } from "./support/scenes.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = [
  { name: "desktop, light", width: 1280, height: 860, colorScheme: "light" },
  { name: "phone, dark", width: 360, height: 740, colorScheme: "dark" },
] as const;

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate<AxeResults>("axe.run()");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

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

describeWithChromium("accessibility of the pages", () => {
  const browser = useBrowser();

  for (const scene of scenes) {
    it(`axe finds nothing at ${scene.name}`, async () => {
      const service = await startFakeService({
        scene: scene.scene,
        ...(scene.runTime === undefined ? {} : { runTime: scene.runTime }),
      });
      try {
        const [first] = views;
        const { context, page } = await openScene(browser(), service, scene, first);
        try {
          for (const { name, width, height, colorScheme } of views) {
            // The same page turns dark and narrow, as it would on a phone at dusk.
            await page.setViewportSize({ width, height });
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            await page.locator(`.v-application.v-theme--${colorScheme}`).waitFor();
            await page.evaluate(
              "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
            );
            expect(await violations(page), name).toEqual([]);
            expect(
              await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
              name,
            ).toBeLessThanOrEqual(0);
          }
        } finally {
          await context.close();
        }
      } finally {
        await service.close();
      }
    });
  }

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
