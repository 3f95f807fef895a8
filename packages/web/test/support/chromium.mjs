// A real Chromium, driven by Playwright: where it is, and how it is started.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Where one may be; CHROMIUM_PATH says it outright. */
const places = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export const chromiumPath = places.find((path) => path !== undefined && existsSync(path));

export async function startChromium() {
  if (chromiumPath === undefined) throw new Error("there is no Chromium: install one, or set CHROMIUM_PATH");
  return chromium.launch({
    executablePath: chromiumPath,
    // The pages are ours, and tests may run as root, whom Chromium gives no sandbox.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--hide-scrollbars",
    ],
  });
}
