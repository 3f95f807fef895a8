/** Backups over a bad network to a real server: they complete, and restic finds nothing wrong with them. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startBadProxy, type Misdeeds } from "./support/bad-proxy.js";
import { sampleBytes } from "./support/bytes.js";
import {
  describeWithRestServer,
  runRestic,
  runTastic,
  startTastic,
  succeed,
  temporaryFolder,
  type Outcome,
  type RunOptions,
} from "./support/peers.js";
import { startRestServer } from "./support/rest-server.js";

async function source(home: string, files: number, size: number): Promise<string> {
  const folder = join(home, "source");
  for (let i = 0; i < files; i++) {
    await mkdir(join(folder, `d${i % 5}`), { recursive: true });
    await writeFile(join(folder, `d${i % 5}`, `f${i}`), sampleBytes(size, i + 1));
  }
  return folder;
}

/** Every `every`-th request, from `first` on. */
const each =
  (every: number, first: number, misdeed: NonNullable<ReturnType<Misdeeds>>): Misdeeds =>
  ({ n }) =>
    n % every === first ? misdeed : undefined;

describeWithRestServer("a backup to rest-server", () => {
  it.each<[string, Misdeeds]>([
    ["whose answers come late", each(3, 0, { kind: "delay", milliseconds: 100 })],
    ["that drops connections while it answers", each(7, 2, { kind: "cut", bytes: 20 })],
    [
      "that drops connections while it is sent to",
      ({ n, method }) =>
        method === "POST" && n % 4 === 1 ? { kind: "cut", bytes: 100, when: "request" } : undefined,
    ],
    [
      "that answers 503 in bursts",
      ({ n }) => (n % 12 < 2 && n > 3 ? { kind: "refuse", status: 503 } : undefined),
    ],
    ["whose answers get lost", each(6, 3, { kind: "lose" })],
    ["that hears some requests twice", each(5, 4, { kind: "repeat" })],
  ])("%s", async (_, misdeeds) => {
    const server = await startRestServer();
    const proxy = await startBadProxy(server.url, misdeeds);
    try {
      const home = await temporaryFolder();
      const folder = await source(home, 20, 500_000);
      const bad = { home, repo: `rest:${proxy.url}/r/` };
      const direct = { home, repo: `rest:${server.url}r/` };
      succeed(await runTastic(["init"], direct));
      const outcome = succeed(await runTastic(["backup", "--pack-size", "4", folder], bad));
      expect(outcome.stdout).toContain("20 new");
      succeed(await runTastic(["restore", "latest", "--target", join(home, "out")], bad));
      expect([...proxy.met.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      const check = succeed(await runRestic(["check", "--read-data", "--no-cache"], direct));
      expect(check.stdout).toContain("no errors were found");
      expect(succeed(await runRestic(["list", "locks", "--no-cache"], direct)).stdout).toBe("");
    } finally {
      await proxy.close();
      await server.stop();
    }
  });

  it("that hangs, and is asked again", async () => {
    const server = await startRestServer();
    const proxy = await startBadProxy(server.url, ({ n, method }) =>
      n % 9 === 5 && method !== "GET" ? { kind: "stall" } : undefined,
    );
    try {
      const home = await temporaryFolder();
      const folder = await source(home, 5, 300_000);
      const bad = { home, repo: `rest:${proxy.url}/r/` };
      succeed(await runTastic(["init"], { home, repo: `rest:${server.url}r/` }));
      const outcome = succeed(await runTastic(["backup", folder, "--stuck-request-timeout", "1s"], bad));
      expect(outcome.stderr).toMatch(/returned error, retrying after .*: .*no answer for 1 seconds/);
      expect(outcome.stderr).toMatch(/operation successful after 1 retries/);
    } finally {
      await proxy.close();
      await server.stop();
    }
  });

  it("that is gone for a while in the middle, in no more memory", async () => {
    const server = await startRestServer();
    let goAway = (): void => undefined;
    const proxy = await startBadProxy(server.url, ({ method, path }) => {
      if (method === "POST" && path.includes("/data/") && proxy.requests > 15) goAway();
      return undefined;
    });
    try {
      const home = await temporaryFolder();
      const folder = await source(home, 60, 2_000_000);
      succeed(await runTastic(["init"], { home, repo: `rest:${server.url}r/` }));
      goAway = () => {
        goAway = () => undefined;
        proxy.goAway(6000);
      };
      const args = ["backup", "--pack-size", "4", "--force", folder];
      const { outcome, peak } = await watched(args, { home, repo: `rest:${proxy.url}/r/` });
      expect(outcome.stderr).toMatch(/Save\(<data\/[0-9a-f]{10}>\) returned error, retrying after/);
      expect(outcome.stderr).toMatch(/operation successful after \d+ retries/);
      const check = succeed(
        await runRestic(["check", "--read-data", "--no-cache"], { home, repo: `rest:${server.url}r/` }),
      );
      expect(check.stdout).toContain("no errors were found");
      if (peak === 0) return;
      succeed(await runTastic(["init"], { home, repo: `rest:${server.url}fair/` }));
      const fair = await watched(args, { home, repo: `rest:${server.url}fair/` });
      expect(peak).toBeLessThan(fair.peak + 64 * 1024);
    } finally {
      await proxy.close();
      await server.stop();
    }
  });
});

/** A run that must succeed, and the most memory it used, in KiB; 0 where the system does not tell. */
async function watched(
  args: readonly string[],
  options: RunOptions,
): Promise<{ outcome: Outcome; peak: number }> {
  const { child, finished } = await startTastic(args, options);
  let peak = 0;
  const look = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, "utf8").then(
      (status) => (peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peak)),
      () => undefined,
    );
  }, 50);
  try {
    const outcome = succeed(await finished);
    return { outcome, peak };
  } finally {
    clearInterval(look);
  }
}
