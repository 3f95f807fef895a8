/**
 * A 3Bot's page over the real service: backed up, looked into, compared, restored with each choice, and, when all of it is
 * lost with one of the two servers, recovered by a fresh 3Bot.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithChromium, useBrowser } from "./support/page.js";
import {
  loseDisk,
  contentOf,
  figures,
  firstRun,
  loggedIn,
  openReal,
  startFresh,
  useRealSite,
} from "./support/real-site.js";
import { patience } from "./support/scenes.mjs";

const playground = "sandbox/code/playground";

describeWithChromium("a 3Bot's page over the real service", () => {
  const browser = useBrowser();
  const site = useRealSite();
  const owner = () => ({ address: site().page, label: "Password of this page", password: site().password });

  it("backs up with a tag, finds a file, previews and downloads it, and compares two snapshots", () =>
    loggedIn(browser(), owner(), async ({ page }) => {
      const { home } = site();
      const readme = join(home, playground, "README.md");
      const before = readFileSync(readme, "utf8");
      await page.getByRole("heading", { name: "Everything is backed up." }).waitFor();
      writeFileSync(readme, "# Another\n");
      await page.getByRole("link", { name: "Marketplace" }).first().click();
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByLabel("Tag").fill("mine");
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText("The backup is done.").waitFor();
      await page.locator(".label", { hasText: "mine" }).waitFor();

      // Two versions of the file, each with its content.
      await page.goto(`${site().page}#/search/marketplace?pattern=README`);
      await page.getByText("1 file found").waitFor();
      await page.locator(".version").nth(1).waitFor();
      const contents: string[] = [];
      for (const index of [0, 1]) {
        const link = page.getByRole("link", { name: "Download" }).nth(index);
        const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
        contents.push(readFileSync(await download.path(), "utf8"));
      }
      expect(contents).toEqual(["# Another\n", before]);

      await page.goto(`${site().page}#/snapshots`);
      await page.locator(".snapshot-row a").first().click();
      const folders = page.getByRole("navigation", { name: "Folder" });
      await folders.getByRole("link", { name: "All", exact: true }).click();
      for (const name of [...home.split("/").slice(1), "sandbox", "code", "playground"])
        await page.locator(".entry-row").getByRole("link", { name, exact: true }).click();
      await page.getByRole("button", { name: "README.md" }).click();
      await page.getByText("# Another").waitFor();
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      const [zip] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download as zip" }).click(),
      ]);
      expect(zip.suggestedFilename()).toBe("playground.zip");
      expect(
        readFileSync(await zip.path())
          .subarray(0, 2)
          .toString(),
      ).toBe("PK");

      await page.getByRole("link", { name: "Compare with the one before" }).click();
      await page.getByText("0 new, 0 gone, 1 changed").waitFor();
      await page.locator(".change-row", { hasText: "README.md" }).waitFor();
    }));

  it.each([
    {
      choice: "Replace those that differ",
      readme: "old",
      hello: "old",
      report: { created: "1", replaced: "2" },
    },
    { choice: "Replace them", readme: "old", hello: "old", report: { created: "1", replaced: "2" } },
    {
      choice: "Replace those that are older",
      readme: "old",
      hello: "mine",
      report: { created: "1", replaced: "1" },
    },
    { choice: "Keep them", readme: "mine", hello: "mine", report: { created: "1", replaced: "0" } },
  ])("restores what is chosen: $choice", ({ choice, readme, hello, report }) =>
    loggedIn(browser(), owner(), async ({ page }) => {
      const folder = join(site().home, playground);
      const paths = {
        readme: join(folder, "README.md"),
        hello: join(folder, "hello.py"),
        logo: join(folder, "logo.svg"),
      };
      const old = { readme: readFileSync(paths.readme, "utf8"), hello: readFileSync(paths.hello, "utf8") };
      // One is older than what the snapshot holds, one newer, one is gone.
      writeFileSync(paths.readme, "mine\n");
      utimesSync(paths.readme, 1_000_000_000, 1_000_000_000);
      writeFileSync(paths.hello, "mine, and newer\n");
      utimesSync(paths.hello, 4_000_000_000, 4_000_000_000);
      rmSync(paths.logo);

      await page.goto(`${site().page}#/snapshots`);
      await page.locator(".snapshot-row", { hasText: "mine" }).getByRole("link").click();
      await page.getByRole("navigation", { name: "Folder" }).waitFor();
      await page.evaluate(
        `location.hash = location.hash.split("?")[0] + "?path=${encodeURIComponent(folder)}"`,
      );
      for (const name of ["README.md", "hello.py", "logo.svg"])
        await page.getByRole("checkbox", { name: `Restore: ${name}` }).check();
      await page.getByRole("button", { name: "Restore (3)" }).click();
      await page.getByRole("radio", { name: "To where it came from" }).check();
      await page.getByRole("radio", { name: choice, exact: false }).check();
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByText("This would happen").waitFor();
      await page.getByRole("button", { name: "Restore now" }).click();
      await page.getByText("Everything is back.").waitFor();
      const told = await figures(page);
      expect([told["made new"], told["replaced"]]).toEqual([report.created, report.replaced]);
      expect(readFileSync(paths.readme, "utf8")).toBe(readme === "old" ? old.readme : "mine\n");
      expect(readFileSync(paths.hello, "utf8")).toBe(hello === "old" ? old.hello : "mine, and newer\n");
      expect(existsSync(paths.logo)).toBe(true);
      writeFileSync(paths.readme, old.readme);
      writeFileSync(paths.hello, old.hello);
    }),
  );

  it("tries rules on the real snapshots and saves them; every run has its log", () =>
    loggedIn(browser(), owner(), async ({ page }) => {
      await page.goto(`${site().page}#/retention`);
      await page.getByText(/\d snapshots would stay, \d+ would be tidied away\./).waitFor();
      for (const [label, value] of Object.entries({
        "The last": "1",
        Days: "0",
        Weeks: "0",
        Months: "0",
        Years: "0",
      }))
        await page.getByLabel(label).fill(value);
      await page.getByText(/would stay, [1-9]\d* would be tidied away\./).waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved.").waitFor();
      await page.goto(`${site().page}#/activity`);
      await page.locator(".run-row", { hasText: "Restore" }).getByRole("link").first().click();
      await page.getByText("restore ended: done").waitFor();
    }));

  it("when the time of a session is over, the page asks for the password again and goes on where it was", async () => {
    const home = join(site().folder, "idle");
    mkdirSync(home);
    const fresh = await startFresh(site(), "idle-state", home);
    try {
      const { page, context, complaints } = await openReal(browser(), fresh.page);
      await firstRun(page, fresh.setupCode, "four words of mine");
      await page.getByRole("link", { name: "Settings" }).first().click();
      await page.getByLabel("Left out").fill("*.cache");
      // More than half an hour in which nothing is asked.
      fresh.later();
      await page.getByRole("button", { name: "Save" }).nth(1).click();
      const dialog = page.getByRole("dialog", { name: "Your session is over" });
      const password = dialog.getByLabel("Password of this page", { exact: true });
      await password.fill("not it");
      await dialog.getByRole("button", { name: "Log in" }).click();
      await dialog.getByText("That is not the password.").waitFor();
      await password.fill("four words of mine");
      await dialog.getByRole("button", { name: "Log in" }).click();
      await dialog.waitFor({ state: "hidden" });
      // What was typed is still there, and is saved without being asked for again.
      await page.getByText("Saved.").waitFor();
      expect(await page.getByLabel("Left out").inputValue()).toBe("*.cache");
      // A page that is opened when it is over leads back to where it was, too.
      fresh.later();
      await page.reload();
      await page.getByRole("heading", { name: "Welcome back" }).waitFor();
      await page.getByLabel("Password of this page", { exact: true }).fill("four words of mine");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
      expect(await page.getByLabel("Left out").inputValue()).toBe("*.cache");
      expect(complaints).toEqual([]);
      await context.close();
    } finally {
      await fresh.stop();
    }
  });

  it("a fresh 3Bot becomes the lost one at its own page, with one of the two servers lost as well", async () => {
    const { home, folder, password } = site();
    const before = contentOf(home);
    expect(Object.keys(before).length).toBeGreaterThan(40);
    const last = browser();
    await loggedIn(last, owner(), async ({ page }) => {
      await page.goto(`${site().page}#/marketplace`);
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText("The backup is done.").waitFor();
    });
    const fresh = await startFresh(site(), "fresh", home);
    try {
      loseDisk(join(folder, "marketplace/servers/1"));
      for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true });
      const { page, context, complaints } = await openReal(last, fresh.page);
      await firstRun(page, fresh.setupCode, "four words of mine");
      await page.getByRole("link", { name: "Recover my 3Bot" }).click();
      await page.getByLabel("Name of your 3Bot").fill("demo");
      await page.getByLabel("Recovery password", { exact: true }).fill("not the password of demo");
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.locator(".problem-note").waitFor();
      await page.getByLabel("Recovery password", { exact: true }).fill(password);
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByText("What was found").waitFor();
      await page.getByText("The server refuses").waitFor();
      await page.getByRole("button", { name: "Recover everything" }).click();
      // That one server has nothing any more does not matter to what is back, and is said.
      await page
        .getByRole("heading", { level: 1, name: "Your 3Bot is back." })
        .waitFor({ timeout: 2 * patience });
      await page.getByText("One copy of the backups could not be reached").waitFor();
      await page.getByRole("link", { name: "Go to Home" }).waitFor();
      expect(await figures(page)).toMatchObject({ "made new": String(Object.keys(before).length) });
      expect(contentOf(home)).toEqual(before);
      expect(complaints).toEqual([]);
      await context.close();
    } finally {
      await fresh.stop();
    }
  });
});
