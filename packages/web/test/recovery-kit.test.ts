/** The recovery kit: what is on it, printed and downloaded, and that nobody goes on without having kept it. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser, withPage, type OpenOptions } from "./support/page.js";
import { fillMinio } from "./support/scenes.mjs";

const password = "my own long password";

interface Maker {
  readonly name: string;
  readonly options: OpenOptions;
  readonly heading: string;
  readonly file: string;
  readonly lines: Readonly<Record<string, string>>;
  /** Goes on from the kit, or does not yet. */
  readonly goOn: string;
  reach(page: Page): Promise<void>;
}

const next = (page: Page): Promise<void> => page.getByRole("button", { name: "Next" }).click();

const makers: readonly Maker[] = [
  {
    name: "Minio",
    options: { scene: "new", path: "/#/minio" },
    heading: "Recovery kit of Minio",
    file: "recovery-kit-Minio.txt",
    lines: {
      "Address of the store": "https://minio.example:9000",
      "Access key": "good-key",
      "Secret key": "good-secret",
      "Password of the backups": password,
    },
    goOn: "Init now",
    async reach(page) {
      await page.getByRole("button", { name: "Init now" }).click();
      await fillMinio(page, { url: "https://minio.example:9000", password });
      await page.getByText("The connection works.").waitFor();
      await next(page);
    },
  },
  {
    name: "the marketplace",
    options: { scene: "new", path: "/#/marketplace" },
    heading: "Recovery kit of alice",
    file: "recovery-kit-alice.txt",
    lines: { "Name of your 3Bot": "alice", "Recovery password": password },
    goOn: "Init now",
    async reach(page) {
      await page.getByRole("button", { name: "Init now" }).click();
      await page.getByLabel("Name of your 3Bot").fill("alice");
      await page.getByLabel("Recovery password", { exact: true }).fill(password);
      await next(page);
    },
  },
  {
    name: "the deployer",
    options: { path: "/deployer.html#/new" },
    heading: "Recovery kit of dave",
    file: "recovery-kit-dave.txt",
    lines: { "Name of your 3Bot": "dave", "Recovery password": password },
    goOn: "Next",
    async reach(page) {
      await page.getByRole("radio", { name: "Create" }).check();
      await next(page);
      await page.getByLabel("Name").fill("dave");
      await next(page);
      await page.getByLabel("Recovery password", { exact: true }).fill(password);
      await page.getByLabel("The same once more", { exact: true }).fill(password);
      await page.getByText("Strength: Very good").waitFor();
      await next(page);
    },
  },
];

/** Runs in the page: prints into a variable what would be on the paper. */
const catchPrint = `window.print = () => {
  const shown = (one) => getComputedStyle(one).visibility === "visible" && one.checkVisibility();
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (shown(walker.currentNode.parentElement)) texts.push(walker.currentNode.data.trim());
  window.printed = texts.filter((text) => text !== "").join("\\n");
}`;

describeWithChromium("the recovery kit", () => {
  const browser = useBrowser();

  it.each(makers)("of $name is downloaded, printed, and confirmed before one goes on", (maker) =>
    withPage(browser(), maker.options, async ({ page, service }) => {
      await maker.reach(page);
      const kept = page.getByLabel("I have kept it in a safe place");
      const goOn = page.getByRole("button", { name: maker.goOn });
      await kept.waitFor();
      const asked = service.state.requests.length;
      expect(await kept.isChecked()).toBe(false);
      expect(await goOn.isDisabled()).toBe(true);

      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download" }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(maker.file);
      const kit = readFileSync(await download.path(), "utf8");
      const lines = Object.entries(maker.lines).map(([label, value]) => `${label}: ${value}`);
      expect(kit.split("\n").slice(0, 2 + lines.length)).toEqual([maker.heading, "", ...lines]);
      expect(kit).toContain("To recover: open a new 3Bot");
      expect(kit).toMatch(/Made on \d{1,2}\s\w+\s\d{4}/);

      await page.emulateMedia({ media: "print" });
      await page.evaluate(catchPrint);
      await page.locator("button", { hasText: "Print" }).evaluate((button: HTMLElement) => button.click());
      const printed = await page.evaluate<string>("window.printed");
      for (const text of [maker.heading, ...Object.entries(maker.lines).flat(), "Made on"])
        expect(printed).toContain(text);
      // The paper has the kit, and nothing of the page around it.
      for (const text of ["Home", "Print", "I have kept it"]) expect(printed.split("\n")).not.toContain(text);
      await page.emulateMedia({ media: "screen" });

      // It was made in the browser, and having it printed is not having kept it.
      expect(service.state.requests.slice(asked).filter((request) => request.startsWith("POST"))).toEqual([]);
      expect(await goOn.isDisabled()).toBe(true);
      await kept.check();
      expect(await goOn.isEnabled()).toBe(true);
      await kept.uncheck();
      expect(await goOn.isDisabled()).toBe(true);
    }),
  );

  it("has to be kept anew when what is on it changes", () =>
    withPage(browser(), makers[1]!.options, async ({ page }) => {
      await makers[1]!.reach(page);
      const kept = page.getByLabel("I have kept it in a safe place");
      await kept.check();
      await page.getByRole("button", { name: "Back" }).click();
      await next(page);
      expect(await kept.isChecked()).toBe(true);
      await page.getByRole("button", { name: "Back" }).click();
      await page.getByLabel("Recovery password", { exact: true }).fill("another of my passwords");
      await next(page);
      expect(await kept.isChecked()).toBe(false);
      await page.getByText("another of my passwords").waitFor();
    }));
});
