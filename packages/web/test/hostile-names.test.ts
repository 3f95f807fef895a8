/**
 * Names that are hostile, wherever somebody else's choice is shown: in what changed, in a search, before and after a
 * restore, in logs and problems, and in the deployer's list.
 */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { hostileNames } from "./support/fake-data.mjs";
import { describeWithChromium, useBrowser, withPage, type OpenOptions } from "./support/page.js";
import { openSnapshot } from "./support/scenes.mjs";

/** As they have to be shown. */
const shown = [
  "<img src=x onerror=alert(1)>.txt",
  "<script>document.title='owned'</script>",
  '"><svg onload=alert(2)>.toml',
  "{{constructor.constructor('alert(3)')()}}.md",
  "javascript:alert(4)",
  "invoice⟨202e⟩fdp.exe",
  "right אבג to left.txt",
  "bell⟨0007⟩ escape⟨001b⟩[31mred.log",
  "new⟨000a⟩line.txt",
  "zero⟨200b⟩width.txt",
  "half ⟨d800⟩ surrogate",
  "%2e%2e%2f&path=/etc/passwd?x#y.txt",
  `${"long".repeat(62)}est.bin`,
  "  spaces  ",
];

/** Of one script, one picture or one sign that turns the text, this would be left. */
const traces = `({
  elements: document.querySelectorAll("#app :is(script, img[onerror], svg[onload], i:not(.v-icon), b, u)").length,
  signs: /[\\u0000-\\u0008\\u000b-\\u001f\\u007f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800]/.test(
    document.querySelector("#app").textContent),
  scripts: [...document.querySelectorAll("a")].filter(({ protocol }) => protocol === "javascript:").length,
  owned: document.title === "owned",
  beyond: Math.max(0, document.documentElement.scrollWidth - innerWidth),
})`;

async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(traces);
  expect(found).toEqual({ elements: 0, signs: false, scripts: 0, owned: false, beyond: 0 });
}

async function expectAll(page: Page, selector: string, prefix = ""): Promise<void> {
  await page.locator(selector).first().waitFor();
  const texts = await page.locator(selector).allTextContents();
  for (const name of shown)
    expect(texts.map((text) => text.trimStart())).toContain((prefix + name).trimStart());
}

/** As high as all rows, which are drawn only where they are in view; as narrow as a phone. */
const tall = { width: 360, height: 4000 } satisfies OpenOptions;

describeWithChromium("hostile names", () => {
  const browser = useBrowser();

  it("are as many here as there are, of which one has 255 bytes, as many as file systems allow", () => {
    expect(shown.length).toBe(hostileNames.length);
    expect(Math.max(...hostileNames.map((name) => Buffer.byteLength(name)))).toBe(255);
  });

  it("are text in what changed", () =>
    withPage(browser(), { ...tall, path: "/#/compare/marketplace?older=a&newer=b" }, async ({ page }) => {
      await expectAll(page, ".change-row .safe-name", "/home/alice/hostile/");
      await expectHarmless(page);
    }));

  it("are text in a search, and lead to themselves", () =>
    withPage(browser(), { ...tall, path: "/#/search/marketplace?pattern=*" }, async ({ page, service }) => {
      const folder = "/home/alice/.config/jumpscale/hostile/";
      await expectAll(page, "h2 .safe-name", folder);
      await expectHarmless(page);
      const links = await page
        .getByRole("link", { name: "Download" })
        .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      const asked = links.map((link) => new URL(link));
      expect(
        asked.every(({ origin, pathname }) => origin === service.url && pathname.endsWith("/file")),
      ).toBe(true);
      expect(asked.map(({ searchParams }) => searchParams.get("path"))).toContain(
        `${folder}%2e%2e%2f&path=/etc/passwd?x#y.txt`,
      );
    }));

  it("are text where they are chosen, before a restore, and in its report", () =>
    withPage(browser(), { ...tall, path: "/#/snapshots", runTime: "held" }, async ({ page, service }) => {
      await openSnapshot(page, "/home/alice/.config/jumpscale/hostile");
      for (const box of await page.locator(".entry-row input[type=checkbox]").all()) await box.check();
      await page.getByRole("button", { name: `Restore (${shown.length})` }).click();
      await expectAll(page, ".chosen-paths .safe-name", "/home/alice/.config/jumpscale/hostile/");
      await expectHarmless(page);
      await page.getByRole("radio", { name: "To where it came from" }).check();
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByText("These would be replaced").click();
      await expectAll(page, ".preview .safe-name", "/home/alice/");
      await expectHarmless(page);

      await page.getByRole("button", { name: "Restore now" }).click();
      await page.locator(".run-card").waitFor();
      const run = service.state.runs[0]!;
      const message = `could not write ${hostileNames.join(", ")}`;
      Object.assign(run, { problem: { code: "incomplete", message } });
      service.advance(1);
      const told = page.locator(".run-card .problem-note p").first();
      await told.waitFor();
      const text = (await told.textContent()) ?? "";
      for (const name of shown) expect(text).toContain(name.trim());
      await expectHarmless(page);
    }));

  it("are text in the list of what was done, and in a log", () =>
    withPage(browser(), { ...tall, scene: "trouble", path: "/#/activity" }, async ({ page, service }) => {
      const failed = service.state.runs.find(({ state }) => state === "failed")!;
      Object.assign(failed, { problem: { code: "storage-failed", message: hostileNames.join(", ") } });
      await page.reload();
      const row = page.locator(".run-row", { hasText: "Not looked at yet" });
      await row.waitFor();
      const text = (await row.textContent()) ?? "";
      for (const name of shown.slice(1)) expect(text).toContain(name.trim());
      await expectHarmless(page);
      await row.getByRole("link").click();
      await page.locator(".log").waitFor();
      const log = (await page.locator(".log").textContent()) ?? "";
      // A line of a log ends where a name says so.
      for (const name of shown.filter((one) => !one.includes("⟨000a⟩"))) expect(log).toContain(name);
      await expectHarmless(page);
    }));

  it("are text in the deployer's list, and no link leads into a script", () =>
    withPage(browser(), { ...tall, path: "/deployer.html" }, async ({ page, service }) => {
      const started = new Date().toISOString();
      for (const [index, name] of hostileNames.entries()) {
        const problem = { code: "storage-failed", message: name };
        const address = index % 2 === 0 ? "javascript:alert(5)" : "data:text/html,<script>alert(6)</script>";
        const state = ["failed", "running", "starting"][index % 3];
        service.state.deployments.push({ name, state, step: name, target: name, address, started, problem });
      }
      await page.reload();
      await expectAll(page, ".deployment h2 .safe-name");
      await expectHarmless(page);
      expect(await page.locator('a[href^="data:"]').count()).toBe(0);
      const group = page.getByRole("group", { name: "What to do with invoice⟨202e⟩fdp.exe" });
      expect(await group.count()).toBe(1);
    }));
});
