// Every page of both applications, with what the service holds when it is shown, for screenshots and for the audit.

/** So long a step of a test may take, in milliseconds, on a machine that is slow or has much else to do. */
export const patience = 60_000;

/** `act` brings the page to where there is something to see. */
export const scenes = [
  { name: "home", scene: "safe", path: "/#/" },
  { name: "home-trouble", scene: "trouble", path: "/#/" },
  { name: "home-new", scene: "new", path: "/#/" },
  { name: "home-begun", scene: "begun", path: "/#/" },
  { name: "home-undecided", scene: "undecided", path: "/#/" },
  { name: "home-hindered", scene: "hindered", path: "/#/" },
  { name: "first-run", scene: "first", path: "/", loggedOut: true },
  { name: "login", scene: "safe", path: "/", loggedOut: true },
  { name: "places", scene: "safe", path: "/#/places" },
  { name: "marketplace", scene: "safe", path: "/#/marketplace" },
  {
    name: "backup-running",
    scene: "safe",
    path: "/#/marketplace",
    runTime: "held",
    async act(page) {
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText("of 18,247 files").waitFor();
    },
  },
  {
    name: "marketplace-init",
    scene: "new",
    path: "/#/marketplace",
    act: (page) => page.getByRole("button", { name: "Init now" }).click(),
  },
  {
    name: "minio-init",
    scene: "new",
    path: "/#/minio",
    async act(page) {
      await page.getByRole("button", { name: "Init now" }).click();
      await fillMinio(page, { url: "https://minio.example:9000", password: "my own long password" });
      await page.getByText("The connection works.").waitFor();
    },
  },
  {
    name: "recovery-kit",
    scene: "new",
    path: "/#/minio",
    async act(page) {
      await page.getByRole("button", { name: "Init now" }).click();
      await fillMinio(page, { url: "https://minio.example:9000", password: "my own long password" });
      await page.getByText("The connection works.").waitFor();
      await page.getByRole("button", { name: "Next" }).click();
    },
  },
  { name: "snapshots", scene: "safe", path: "/#/snapshots" },
  { name: "search", scene: "safe", path: "/#/search/marketplace?pattern=toml" },
  {
    name: "snapshot",
    scene: "safe",
    path: "/#/snapshots",
    act: (page) => openSnapshot(page, "/home/alice/.config/jumpscale"),
  },
  {
    name: "hostile-names",
    scene: "safe",
    path: "/#/snapshots",
    act: (page) => openSnapshot(page, "/home/alice/.config/jumpscale/hostile"),
  },
  {
    name: "preview",
    scene: "safe",
    path: "/#/snapshots",
    async act(page) {
      await openSnapshot(page, "/home/alice/.config/jumpscale");
      await page.getByRole("button", { name: "config.toml" }).click();
      await page.getByText("port = 443").waitFor();
    },
  },
  { name: "compare", scene: "safe", path: "/#/compare/marketplace?older=a&newer=b" },
  {
    name: "restore",
    scene: "safe",
    path: "/#/restore",
    async act(page) {
      await page.getByRole("radio", { name: "To where it came from" }).check();
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByText("This would happen").waitFor();
    },
  },
  {
    name: "recover",
    scene: "new",
    path: "/#/recover",
    async act(page) {
      await page.getByLabel("Name of your 3Bot").fill("alice");
      await page.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await page.getByRole("button", { name: "Look for backups" }).click();
      await page.getByText("What was found").waitFor();
    },
  },
  {
    name: "backup-dialog",
    scene: "safe",
    path: "/#/marketplace",
    act: (page) => page.getByRole("button", { name: "Back up now" }).click(),
  },
  {
    name: "forget-dialog",
    scene: "safe",
    path: "/#/snapshots",
    async act(page) {
      await openSnapshot(page, "/home/alice/.config/jumpscale");
      await page.getByRole("button", { name: "Forget" }).click();
    },
  },
  {
    name: "restored",
    scene: "safe",
    path: "/#/restore",
    runTime: 300,
    async act(page) {
      await page.getByRole("radio", { name: "To where it came from" }).check();
      await page.getByRole("button", { name: "Show what would change" }).click();
      await page.getByRole("button", { name: "Restore now" }).click();
      await page.getByText("Everything is back.").waitFor();
    },
  },
  {
    name: "retention",
    scene: "safe",
    path: "/#/retention",
    act: (page) => page.getByText("would stay").waitFor(),
  },
  { name: "activity", scene: "trouble", path: "/#/activity" },
  { name: "run", scene: "trouble", path: "/#/activity/run-0004" },
  { name: "settings", scene: "safe", path: "/#/settings" },
  { name: "more", scene: "trouble", path: "/#/more" },
  { name: "missing", scene: "safe", path: "/#/nowhere" },
  { name: "deployer", scene: "safe", path: "/deployer.html" },
  {
    name: "deployer-destroy",
    scene: "safe",
    path: "/deployer.html",
    async act(page) {
      const alice = page.getByRole("group", { name: "What to do with alice" });
      await alice.getByRole("button", { name: "Destroy" }).click();
      await page.getByLabel("Type alice to confirm").fill("alice");
    },
  },
  {
    name: "deployer-create",
    scene: "safe",
    path: "/deployer.html#/new",
    async act(page) {
      await page.getByRole("radio", { name: "Create" }).check();
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("Name").fill("dave");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("button", { name: "Suggest one" }).click();
      await page.getByText("Strength: Very good").waitFor();
    },
  },
  {
    name: "deployer-recover",
    scene: "safe",
    path: "/deployer.html#/new",
    async act(page) {
      await page.getByRole("radio", { name: "Recover" }).check();
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("Name").fill("carol");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("Recovery password", { exact: true }).fill("the right password");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("This was found").waitFor();
    },
  },
];

export async function fillMinio(page, { url, password, secretKey = "good-secret" }) {
  await page.getByLabel("Address of the store").fill(url);
  await page.getByLabel("Access key").fill("good-key");
  await page.getByLabel("Secret key", { exact: true }).fill(secretKey);
  await page.getByLabel("Password of the backups", { exact: true }).fill(password);
}

export async function openSnapshot(page, folder) {
  await page.locator(".snapshot-row a").first().click();
  await page.getByRole("navigation", { name: "Folder" }).waitFor();
  await page.evaluate((path) => (location.hash += `?path=${encodeURIComponent(path)}`), folder);
  await folderShown(page, folder);
}

/** Waits until the rows are those of this folder, and not of the one before. */
export async function folderShown(page, folder) {
  const name = folder.split("/").at(-1);
  const folders = page.getByRole("navigation", { name: "Folder" });
  await folders.locator("[aria-current=page]").getByText(name, { exact: true }).waitFor();
  await page.locator(".entry-row .entry-name").first().waitFor();
}

/** A page of its own in a browser of its own settings, logged in unless it is not to be. */
export async function openScene(browser, service, scene, { width, height, colorScheme }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(patience);
  if (scene.loggedOut !== true) {
    await context.addCookies([
      { name: "session", value: "given", url: service.url, httpOnly: true, sameSite: "Strict" },
    ]);
  }
  const page = await context.newPage();
  await showScene(page, service, scene);
  return { context, page };
}

/** Another page of the same service in the same tab, loaded anew: a mere change of the address would keep an open dialog. */
export async function showScene(page, service, { path, act }) {
  await page.goto("about:blank");
  await page.goto(service.url + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await act?.(page);
  await settled(page);
}

/**
 * Waits until the expression is true. The page's policy forbids what Playwright's own way of waiting does from its second
 * look on: to evaluate a text from inside the page.
 */
export async function until(page, expression) {
  const end = Date.now() + patience;
  while (!(await page.evaluate(expression))) {
    if (Date.now() > end) throw new Error(`still not so: ${expression}`);
    await page.waitForTimeout(50);
  }
}

/** Waits until nothing is on its way: the stream of events keeps a browser from ever being idle by itself. */
async function settled(page) {
  await until(page, "!/One moment/.test(document.body.textContent)");
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}
