/** The first page: what it says where there is nothing yet, and what its two graphs draw. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { daysOf, sizesOf } from "./support/fake-data.mjs";
import { describeWithChromium, useBrowser, withPage } from "./support/page.js";
import { until } from "./support/scenes.mjs";

/** The page's green, in light colours. */
const accent = "rgb(11, 110, 95)";

/** Nothing alarms: no problem is told, nothing is red or amber, and nothing is to be mended. */
async function expectCalm(page: Page): Promise<void> {
  expect(await page.locator(".problem-note, .problems").count()).toBe(0);
  const shield = "document.querySelector('.shield')";
  if (await page.evaluate(`${shield} !== null`))
    expect(await page.evaluate(`getComputedStyle(${shield}).color`)).toBe(accent);
}

/** What a line of the graph goes through, as shares of its width and height, from the lower left. */
async function lineOf(page: Page, name: "source" | "stored"): Promise<{ x: number; y: number }[]> {
  const text = await page.locator(`.size-graph polyline.${name}`).getAttribute("points");
  return (text ?? "").split(" ").map((point) => {
    const [x = NaN, y = NaN] = point.split(",").map(Number);
    return { x: x / 600, y: 1 - y / 150 };
  });
}

describeWithChromium("the first page", () => {
  const browser = useBrowser();

  it("is calm where nothing is set up, and leads on", () =>
    withPage(browser(), { scene: "new" }, async ({ page }) => {
      await page.getByRole("heading", { name: "Let us protect this 3Bot." }).waitFor();
      await expectCalm(page);
      await page.getByRole("link", { name: "Recover my 3Bot" }).waitFor();
      await page.getByRole("link", { name: "Set up backups" }).click();
      await page.getByRole("heading", { level: 1, name: "Backups" }).waitFor();
    }));

  it("is calm before the first backup, while it is made, and after it", () =>
    withPage(browser(), { scene: "begun", runTime: "held" }, async ({ page, service }) => {
      await page.getByRole("heading", { name: "All is ready for the first backup." }).waitFor();
      await page.getByText("It begins by itself").waitFor();
      await page.getByText("After the first backup, you see here how each day went.").waitFor();
      await page.getByText("After a few backups, you see here how your data grows.").waitFor();
      await expectCalm(page);
      // There is nothing yet to prove it with.
      expect(await page.getByRole("button", { name: "Prove it now" }).count()).toBe(0);
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("heading", { name: "The first backup is being made." }).waitFor();
      await expectCalm(page);
      service.advance(1);
      await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();
      await page.getByText("Last snapshot just now, in 2 places.").waitFor();
      expect(await page.locator(".day-strip .good").first().isVisible()).toBe(true);
      await expectCalm(page);
    }));

  it("leaves the decision over an earlier 3Bot's backups to the owner, without alarm", () =>
    withPage(browser(), { scene: "undecided" }, async ({ page, service }) => {
      await page.getByRole("heading", { name: "Welcome back. One decision is yours." }).waitFor();
      await page.getByText("Marketplace holds backups of an earlier 3Bot of this name.").waitFor();
      expect(await page.getByRole("button", { name: "Back up now" }).count()).toBe(0);
      await page.getByRole("button", { name: /^Go on with this 3Bot/ }).click();
      await page.getByRole("heading", { name: "All is ready for the first backup." }).waitFor();
      expect(service.state.places.marketplace.state).toBe("ready");
    }));

  it("says that the first backup failed, and not that there are backups", () =>
    withPage(browser(), { scene: "hindered" }, async ({ page }) => {
      await page.getByRole("heading", { name: "The first backup has not been made yet." }).waitFor();
      await page.getByText("A run has failed.").waitFor();
      await page.getByRole("button", { name: /^Look at it/ }).click();
      await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
    }));

  it.each([
    ["snapshots", "begun", "There is no snapshot yet. The first backup makes one."],
    ["restore", "begun", "There is nothing to bring back yet."],
    ["retention", "begun", "There is no snapshot yet. The first backup makes one."],
    ["marketplace", "begun", "There is no snapshot yet. The first backup makes one."],
    ["activity", "begun", "Nothing has been done yet."],
    ["snapshots", "new", "No place is set up yet."],
    ["restore", "new", "No place is set up yet."],
    ["activity", "new", "Nothing has been done yet."],
  ] as const)("%s is calm, too (%s)", (path, scene, sentence) =>
    withPage(browser(), { scene, path: `/#/${path}` }, async ({ page }) => {
      await page.getByText(sentence).waitFor();
      await expectCalm(page);
    }),
  );

  it("draws a bar for each of the last 30 days, by shape as well as by colour", () =>
    withPage(browser(), {}, async ({ page }) => {
      const bars = page.locator(".day-strip .bars span");
      await bars.first().waitFor();
      const days = daysOf(Date.now());
      expect(await bars.evaluateAll((all: Element[]) => all.map((bar) => bar.className))).toEqual(
        days.map(({ result }) => result),
      );
      const heights = await bars.evaluateAll((all: Element[]) =>
        all.map((bar) => bar.getBoundingClientRect().height),
      );
      const heightOf = (wanted: string): number =>
        heights[days.findIndex(({ result }) => result === wanted)]!;
      expect(heightOf("good")).toBeGreaterThan(heightOf("failed"));
      expect(heightOf("failed")).toBeGreaterThan(heightOf("none"));
      expect(heightOf("none")).toBeGreaterThan(0);
      await page.getByRole("img", { name: "26 days with a backup, 1 with a failure, 3 without." }).waitFor();
      const failed = await page.locator(".day-strip .bars .failed").getAttribute("title");
      expect(failed).toMatch(/^\d{1,2}\s\w+: failed$/);
      for (const word of ["backed up", "failed", "no backup"])
        await page.locator(".day-strip .legend").getByText(word, { exact: true }).waitFor();
    }));

  it.each([1280, 360])("draws how the data grew and what it takes, %i pixels wide", (width) =>
    withPage(browser(), { width }, async ({ page }) => {
      const sizes = sizesOf(Date.now());
      await page.locator(".size-graph").waitFor();
      const [source, stored] = [await lineOf(page, "source"), await lineOf(page, "stored")];
      const most = Math.max(...sizes.map((size) => size.source)) * 1.08;
      for (const [name, line] of [
        ["source", source],
        ["stored", stored],
      ] as const) {
        expect(line.length).toBe(sizes.length);
        for (const [index, { x, y }] of line.entries()) {
          expect(x, name).toBeCloseTo(index / (sizes.length - 1), 3);
          expect(y, name).toBeCloseTo(sizes[index]![name] / most, 2);
        }
      }
      await page.getByRole("img", { name: /^2\sGB of data take 7\d\d\sMB\.$/ }).waitFor();
      await page.getByText(/Compression and deduplication save 6\d%\./).waitFor();
      const beyond = "document.documentElement.scrollWidth - innerWidth";
      expect(await page.evaluate(beyond)).toBeLessThanOrEqual(0);
    }),
  );

  it("the graphs grow with the next backup, without being loaded anew", () =>
    withPage(browser(), { runTime: "held" }, async ({ page, service }) => {
      await page.locator(".size-graph").waitFor();
      const before = (await lineOf(page, "stored")).length;
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByText("of 18,247 files").waitFor();
      service.advance(1);
      const points = "document.querySelector('.size-graph .stored').getAttribute('points').split(' ').length";
      await until(page, `${points} === ${before + 1}`);
      await page.getByRole("img", { name: /^2\sGB of data take 500\sMB\.$/ }).waitFor();
      await page.getByText("Compression and deduplication save 75%.").waitFor();
    }));
});
