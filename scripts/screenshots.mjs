// Pictures of every page, desktop and phone, light and dark: `npm run screenshots [-- NAME…]`. All go to `.screenshots/`;
// those that the documents show, also to `docs/screenshots/`.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pnpm.mjs";
import { setup } from "./setup.mjs";

const shown = ["home-desktop-light", "home-phone-dark", "snapshot-desktop-light", "restore-desktop-dark"];
const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };
const all = join(root, ".screenshots");
const documents = join(root, "docs", "screenshots");
const wanted = process.argv.slice(2);

await setup();
const support = join(root, "packages", "web", "test", "support");
const { startFakeService } = await import(join(support, "fake-service.mjs"));
const { startChromium } = await import(join(support, "chromium.mjs"));
const { openScene, scenes } = await import(join(support, "scenes.mjs"));

mkdirSync(all, { recursive: true });
mkdirSync(documents, { recursive: true });
const browser = await startChromium();
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.includes(scene.name)) continue;
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const service = await startFakeService(scene);
      const { context, page } = await openScene(browser, service, scene, { ...viewport, colorScheme });
      const name = `${scene.name}-${size}-${colorScheme}`;
      const path = join(all, `${name}.png`);
      if (!shown.includes(name)) {
        // A window as high as the page, so that what stays at its edges is at the edges of the picture.
        const height = await page.evaluate("document.documentElement.scrollHeight");
        await page.setViewportSize({ width: viewport.width, height: Math.max(height, viewport.height) });
      }
      await page.screenshot({ path });
      if (shown.includes(name)) copyFileSync(path, join(documents, `${name}.png`));
      await context.close();
      await service.close();
    }
  }
  console.log(scene.name);
}
await browser.close();
