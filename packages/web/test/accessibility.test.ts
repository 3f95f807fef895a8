/** The audit of every page by axe, light and dark, desktop and phone. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser } from "./support/page.js";
import { startFakeService } from "./support/fake-service.mjs";
import { openScene, scenes } from "./support/scenes.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = [
  { name: "desktop, light", width: 1280, height: 860, colorScheme: "light" },
  { name: "phone, dark", width: 360, height: 740, colorScheme: "dark" },
] as const;

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
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
          await page.evaluate(axe);
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
});
