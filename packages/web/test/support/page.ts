/** What the tests of the page share: a fake service and a page of a real Chromium for each test. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromiumPath, startChromium } from "./chromium.mjs";
import { startFakeService, type FakeService, type RunTime, type Scene } from "./fake-service.mjs";
import { patience } from "./scenes.mjs";

const required = process.env["TASTIC_REQUIRE_PEERS"] === "1";

/** A test has many steps, of which none needs long where nothing else goes on. */
const timeout = 4 * patience;

/** A group of tests that need Chromium; skipped by name without one. */
export function describeWithChromium(name: string, tests: () => void): void {
  if (chromiumPath === undefined && !required) describe.skip(`${name} (there is no Chromium)`, tests);
  else describe(name, { timeout }, tests);
}

let browser: Browser | undefined;

/** One browser for all tests of a file. */
export function useBrowser(): () => Browser {
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    browser = undefined;
  });
  return () => {
    if (browser === undefined) throw new Error("the browser has not been started");
    return browser;
  };
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly service: FakeService;
  /** What went wrong in the page: errors, refusals by the policy, requests to elsewhere. */
  readonly complaints: string[];
}

export interface OpenOptions {
  readonly scene?: Scene;
  readonly path?: string;
  readonly loggedOut?: boolean;
  readonly runTime?: RunTime;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  readonly locale?: string;
}

/** Opens a page over a service of its own, hands it to `work`, and looks that nothing went wrong in it. */
export async function withPage(
  open: Browser,
  options: OpenOptions,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  const { scene = "safe", runTime = 600, path = "/", locale = "en-GB", colorScheme = "light" } = options;
  const service = await startFakeService({ scene, runTime });
  const viewport = { width: options.width ?? 1280, height: options.height ?? 860 };
  const context = await open.newContext({ viewport, locale, colorScheme, reducedMotion: "reduce" });
  context.setDefaultTimeout(patience);
  try {
    if (options.loggedOut !== true && scene !== "first") await logIn(context, service);
    const complaints: string[] = [];
    const page = await context.newPage();
    listen(page, service, complaints);
    await page.goto(service.url + path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await work({ page, context, service, complaints });
    expect(complaints).toEqual([]);
    expect(service.state.defects).toEqual([]);
  } finally {
    await context.close();
    await service.close();
  }
}

export async function logIn(context: BrowserContext, service: FakeService): Promise<void> {
  await context.addCookies([
    { name: "session", value: "given", url: service.url, httpOnly: true, sameSite: "Strict" },
  ]);
}

function listen(page: Page, service: FakeService, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    const text = message.text();
    // A refused request is an answer that the page shows; Chromium says so in its console, too.
    if (text.startsWith("Failed to load resource: the server responded with a status of 4")) return;
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(service.url) && !url.startsWith("blob:")) complaints.push(`elsewhere: ${url}`);
  });
}
