/**
 * Every page, as axe and a keyboard find it: desktop and phone, light and dark. Pages that need the same of a service share
 * it and the browser's page, which is what makes this quick.
 */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datesOn } from "./support/dates.js";
import { startFakeService, type FakeService } from "./support/fake-service.mjs";
import { keyboardFaults } from "./support/keyboard.js";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { openScene, scenes, showScene, type Scene } from "./support/scenes.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = [
  { size: "desktop", width: 1280, height: 860 },
  { size: "phone", width: 360, height: 740 },
] as const;
const colours = ["light", "dark"] as const;

async function violations(page: Page, colour: (typeof colours)[number]): Promise<string[]> {
  // There are no frames, and nothing is to be fetched for it. What turned dark differs in nothing but its colours.
  const only = colour === "dark" ? ", runOnly: ['color-contrast', 'link-in-text-block']" : "";
  const options = `{ resultTypes: ['violations'], iframes: false, preload: false${only} }`;
  const { violations: found } = await page.evaluate<AxeResults>(`axe.run(${options})`);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** The same page turns narrow and dark, as it would on a phone at dusk. */
async function turn(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.locator(`.v-application.v-theme--${colorScheme}`).waitFor();
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

const groupOf = ({ scene, runTime, loggedOut, path }: Scene): string =>
  [scene, runTime, loggedOut, path.split("#")[0]].join();

describeWithChromium("accessibility of the pages", () => {
  const browser = useBrowser();

  describe.each([...new Set(scenes.map(groupOf))])("with a service of %s", (group) => {
    let service: FakeService;
    let page: Page | undefined;

    beforeAll(async () => {
      const { scene = "safe", runTime } = scenes.find((one) => groupOf(one) === group) ?? {};
      service = await startFakeService({ scene, ...(runTime === undefined ? {} : { runTime }) });
    });
    afterAll(async () => {
      await page?.context().close();
      await service.close();
    });

    it.each(scenes.filter((scene) => groupOf(scene) === group))(
      "axe finds nothing at $name, and a keyboard reaches everything",
      async (scene) => {
        const { width, height } = sizes[0];
        if (page === undefined) {
          ({ page } = await openScene(browser(), service, scene, { width, height, colorScheme: "light" }));
          await page.evaluate(axe);
        } else {
          await page.setViewportSize({ width, height });
          await showScene(page, service, scene);
          if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(axe);
        }
        for (const { size, ...viewport } of sizes) {
          await page.setViewportSize(viewport);
          for (const colour of colours) {
            await turn(page, colour);
            expect(await violations(page, colour), `${size}, ${colour}`).toEqual([]);
          }
          const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect(beyond, `${size}: as wide as the window`).toBeLessThanOrEqual(0);
          expect((await datesOn(page)).broken, `${size}: dates in more than one line`).toEqual([]);
          expect(await keyboardFaults(page), `${size}, by keyboard`).toEqual([]);
        }
      },
    );
  });

  it.each([
    ["snapshots", "en"],
    ["snapshots", "de"],
    ["retention", "de"],
    ["search/marketplace?pattern=toml", "de"],
    ["marketplace", "de"],
    ["activity/run-0004", "de"],
  ])("dates at %s are in one line on a narrow screen (%s)", (path, locale) =>
    withPage(browser(), { path: `/#/${path}`, scene: "trouble", width: 360, locale }, async ({ page }) => {
      const pattern =
        locale === "de" ? /\d{1,2}\.\d{1,2}\.\d{4},\s\d{2}:\d{2}/ : /\d\s\w{3,4}\s\d{4},\s\d{2}:\d{2}/;
      await page.locator("main").getByText(pattern).first().waitFor();
      const { count, broken } = await datesOn(page);
      expect(count).toBeGreaterThan(0);
      expect(broken).toEqual([]);
      // What would be broken is seen.
      await page.evaluate("document.querySelector('main').style.setProperty('width', '60px')");
      await page.evaluate(`for (const text of document.querySelectorAll("main *"))
        if (text.children.length === 0) text.textContent = text.textContent.replaceAll("\u00a0", " ");`);
      expect((await datesOn(page)).broken.length).toBeGreaterThan(0);
    }),
  );
});
