/**
 * A fresh 3Bot's page over the real service: the first run, Init now for Minio (which is Ceph) and the marketplace with
 * each thing that can be wrong, a backup that is watched and cancelled, the schedule, sessions and tabs.
 */
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startBadProxy, type BadProxy } from "../../../test/support/bad-proxy.js";
import { cephAccess, describeWithCeph, newBucketName } from "../../../test/support/peers.js";
import { codesAround } from "./support/authenticator.js";
import { describeWithChromium, useBrowser } from "./support/page.js";
import {
  firstRun,
  openReal,
  startFresh,
  tokenFor,
  useRealSite,
  type Fresh,
  type OpenedReal,
} from "./support/real-site.js";

const pagePassword = "four words of mine";
const backupPassword = "six words that are mine as well";
const bucket = newBucketName();

describeWithCeph("setting up", () => {
  describeWithChromium("over the real service", () => {
    const browser = useBrowser();
    const site = useRealSite();
    let fresh: Fresh;
    let opened: OpenedReal;
    /** In front of Ceph, so that a backup takes its time. */
    let store: BadProxy;
    let slow = 0;
    let keys: { readonly accessKeyId: string; readonly secretAccessKey: string };

    beforeAll(async () => {
      const { endpoint, ...access } = await cephAccess();
      keys = access;
      store = await startBadProxy(`http://${endpoint}`, () =>
        slow === 0 ? undefined : { kind: "delay", milliseconds: slow },
      );
      const home = join(site().folder, "erin");
      cpSync(site().home, home, { recursive: true });
      fresh = await startFresh(site(), "erin-state", home);
      opened = await openReal(browser(), fresh.page);
    });
    afterAll(async () => {
      await fresh.stop();
      await store.close();
    });

    const onPage =
      (work: (page: Page) => Promise<void>): (() => Promise<void>) =>
      async () => {
        await work(opened.page);
        expect(opened.complaints).toEqual([]);
      };

    async function fill(page: Page, change: { url?: string; secretKey?: string; password?: string } = {}) {
      await page.getByLabel("Address of the store").fill(change.url ?? store.url);
      await page.getByLabel("Access key").fill(keys.accessKeyId);
      await page.getByLabel("Secret key", { exact: true }).fill(change.secretKey ?? keys.secretAccessKey);
      await page
        .getByLabel("Password of the backups", { exact: true })
        .fill(change.password ?? backupPassword);
      const more = page.getByRole("button", { name: "More choices" });
      if (await more.isVisible()) await more.click();
      await page.getByLabel("Bucket", { exact: true }).fill(bucket);
    }

    it(
      "at the first run, the setup code and a password of one's own lead in",
      onPage(async (page) => {
        await page.getByRole("heading", { name: "Welcome to 3Bot Backup" }).waitFor();
        await firstRun(page, "0000-0000", pagePassword);
        await page.locator(".problem-note").waitFor();
        await firstRun(page, fresh.setupCode, pagePassword);
        await page.getByRole("heading", { name: "Let us protect this 3Bot." }).waitFor();
      }),
    );

    it(
      "Minio: a wrong address and a wrong key are told while one types; what is right begins with a kit",
      onPage(async (page) => {
        await page.goto(`${fresh.page}#/minio`);
        await page.getByRole("button", { name: "Init now" }).click();
        const next = page.getByRole("button", { name: "Next" });
        await fill(page, { url: "http://127.0.0.1:9" });
        await page.getByText("Nothing answers at this address.").waitFor();
        expect(await next.isDisabled()).toBe(true);
        await fill(page, { secretKey: "not the secret key" });
        await page.getByText("The store answers, but refuses these keys.").waitFor();
        expect(await next.isDisabled()).toBe(true);
        await fill(page);
        await page.getByText("The connection works. There are no backups yet").waitFor();
        await next.click();
        const begin = page.getByRole("button", { name: "Init now" });
        expect(await begin.isDisabled()).toBe(true);
        await page.getByLabel("I have kept it in a safe place").check();
        await begin.click();
        await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
      }),
    );

    it(
      "the switch turns automatic backups on, which begin at once, and off",
      onPage(async (page) => {
        const toggle = page.getByRole("switch");
        await toggle.check();
        await page.locator(".snapshot-row").first().waitFor();
        await page.getByText(/On\. Next one/).waitFor();
        await toggle.uncheck();
        await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
        await page.reload();
        await page.getByText("Off. Nothing is backed up unless you do it.").waitFor();
      }),
    );

    it(
      "Minio: what is there opens with its own password only",
      onPage(async (page) => {
        await page.getByRole("button", { name: "Change connection" }).click();
        await fill(page, { password: "another password of mine" });
        await page.getByText("there are backups, but not with this password").waitFor();
        expect(await page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
        await page.getByLabel("Password of the backups", { exact: true }).fill(backupPassword);
        await page.getByText(/There (is|are) 1 snapshot already/).waitFor();
        await page.getByRole("button", { name: "Cancel" }).click();
      }),
    );

    it(
      "Marketplace: a wrong password and a token that is none are told; with a token it begins",
      onPage(async (page) => {
        await page.goto(`${fresh.page}#/marketplace`);
        await page.getByRole("button", { name: "Init now" }).click();
        const name = page.getByLabel("Name of your 3Bot");
        const password = page.getByLabel("Recovery password", { exact: true });
        const token = page.getByLabel("Registration token");
        const begin = async (): Promise<void> => {
          await page.getByRole("button", { name: "Next" }).click();
          await page.getByLabel("I have kept it in a safe place").check();
          await page.getByRole("button", { name: "Init now" }).click();
        };
        await name.fill("demo");
        await password.fill("not the password of demo");
        await begin();
        await page.locator(".problem-note").waitFor();
        await name.fill("erin");
        await password.fill("a password for erin alone");
        await token.fill("not-a-token");
        await begin();
        await page.locator(".problem-note").waitFor();
        await token.fill(tokenFor(site(), "erin"));
        await begin();
        await page.getByRole("switch").waitFor();
        await page.getByText("erin").first().waitFor();
        await page.locator(".snapshot-row").first().waitFor();
        expect(await page.locator(".copy-list li").count()).toBe(2);
      }),
    );

    it(
      "a backup shows where it is in every tab, over one stream, and is cancelled",
      onPage(async (page) => {
        await page.goto(`${fresh.page}#/minio`);
        const streams: string[] = [];
        opened.context.on("request", (request) => {
          if (request.url().endsWith("/api/v1/events")) streams.push(request.url());
        });
        const other = await opened.context.newPage();
        await other.goto(`${fresh.page}#/`);
        await other.getByRole("button", { name: "Back up now" }).waitFor();
        slow = 1000;
        await page.getByRole("button", { name: "Back up now" }).click();
        await page.getByRole("button", { name: "Start" }).click();
        await Promise.all(
          [page, other].map((tab) => tab.getByRole("progressbar", { name: "Backup" }).waitFor()),
        );
        await page
          .locator(".run-card")
          .getByText(/Opening|Finding|Backing up/)
          .waitFor();
        await page.locator(".run-card").getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("button", { name: "Stop it" }).click();
        slow = 0;
        await page.getByText("It was cancelled.").waitFor();
        await other.getByRole("progressbar", { name: "Backup" }).waitFor({ state: "hidden" });
        expect(streams).toEqual([]);
        await other.close();
      }),
    );

    it(
      "when the session is over, one logs in over the page, and what was typed is sent after all",
      onPage(async (page) => {
        await page.goto(`${fresh.page}#/settings`);
        await page.getByLabel("Left out").fill("*.cache");
        // Ended as it would be by its time: the service knows it no more.
        const { context } = await openReal(browser(), fresh.page);
        const other = context.pages()[0]!;
        await other.getByLabel("Password of this page", { exact: true }).fill(pagePassword);
        await other.getByRole("button", { name: "Log in" }).click();
        await other.getByRole("link", { name: "Settings" }).first().click();
        await other.getByRole("button", { name: /^End:/ }).click();
        await other.getByRole("button", { name: /^End:/ }).waitFor({ state: "hidden" });
        await context.close();
        await page.getByRole("button", { name: "Save" }).nth(1).click();
        const dialog = page.getByRole("dialog", { name: "Your session is over" });
        await dialog.getByLabel("Password of this page", { exact: true }).fill(pagePassword);
        await dialog.getByRole("button", { name: "Log in" }).click();
        await dialog.waitFor({ state: "hidden" });
        await page.getByText("Saved.").waitFor();
        await page.reload();
        await page.getByLabel("Left out").waitFor();
        expect(await page.getByLabel("Left out").inputValue()).toContain("*.cache");
      }),
    );

    it(
      "a second factor is on with a first code, which the login asks for from then on, and is off with another",
      onPage(async (page) => {
        await page.goto(`${fresh.page}#/settings`);
        const password = page.getByLabel("Password of this page", { exact: true });
        const code = page.getByLabel("Code of your authenticator");
        await password.fill("not my password");
        await page.getByRole("button", { name: "Switch it on" }).click();
        await page.locator(".problem-note").waitFor();
        await password.fill(pagePassword);
        await page.getByRole("button", { name: "Switch it on" }).click();
        const secret = await page.locator("code.fresh-token").innerText();
        const link = page.getByRole("link", { name: "Open it on this device" });
        expect(await link.getAttribute("href")).toContain(`secret=${secret.replaceAll(" ", "")}`);
        await code.fill("000000");
        await page.getByRole("button", { name: "Confirm with a code" }).click();
        await page.locator(".problem-note").waitFor();
        // The service takes a code of the half minute before and after, too, but each only once, and in their order.
        const [before, now, next] = await codesAround(secret);
        await code.fill(before);
        await page.getByRole("button", { name: "Confirm with a code" }).click();
        await page.getByText("It is on: the login asks for a code.").waitFor();

        await page.getByRole("button", { name: "Log out" }).click();
        const logIn = page.getByRole("button", { name: "Log in" });
        await logIn.waitFor();
        await password.fill(pagePassword);
        await code.fill(before);
        await logIn.click();
        await page.getByText("Password and code do not fit together.").waitFor();
        await code.fill(now);
        await logIn.click();
        await logIn.waitFor({ state: "hidden" });

        await page.goto(`${fresh.page}#/settings`);
        await password.fill(pagePassword);
        await code.fill(next);
        await page.getByRole("button", { name: "Switch it off" }).click();
        await page.getByRole("button", { name: "Switch it on" }).waitFor();
        // Chromium says, too, what was refused.
        for (const said of opened.complaints.splice(0)) expect(said).toMatch(/40[0-9]/);
      }),
    );
  });
});
