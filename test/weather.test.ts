/**
 * Backups over a bad network to real servers: they complete, and restic finds nothing wrong with them.
 *
 *   TASTIC_OUTAGE=60   for how many seconds the server is gone in the middle of a backup, 6 if not given
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Repository } from "@tastic/repository";
import type { Storage } from "@tastic/storage";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { createS3Storage, parseS3Location } from "@tastic/storage-s3";
import { expect, it, onTestFinished } from "vitest";
import { startBadProxy, type BadProxy, type Misdeeds } from "./support/bad-proxy.js";
import { sampleBytes } from "./support/bytes.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRestServer,
  newBucketName,
  runRestic,
  runTastic,
  startTastic,
  succeed,
  temporaryFolder,
  testPassword,
  type Outcome,
  type RunOptions,
} from "./support/peers.js";
import { startRestServer } from "./support/rest-server.js";
import { treeOf } from "./support/trees.js";

const OUTAGE = Number(process.env["TASTIC_OUTAGE"] ?? 6) * 1000;
/** Of a run that has to sit the outage out. */
const PATIENCE = 50_000 + 3 * OUTAGE;

/** A server, for one test. */
interface Server {
  /** Its URL. */
  readonly url: string;
  /** A repository of this name there, or at a proxy in front of it. */
  readonly repoAt: (url: string, name: string) => string;
  readonly open: (repo: string) => Storage;
  readonly env?: Readonly<Record<string, string>>;
}

async function restServer(): Promise<Server> {
  const server = await startRestServer();
  onTestFinished(() => server.stop());
  return {
    url: server.url.replace(/\/$/, ""),
    repoAt: (url, name) => `rest:${url}/${name}/`,
    open: (repo) => createRestStorage({ location: parseRestLocation(repo) }),
  };
}

async function ceph(): Promise<Server> {
  const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
  const bucket = newBucketName();
  const credentials = { kind: "keys", accessKeyId, secretAccessKey } as const;
  return {
    url: `http://${endpoint}`,
    repoAt: (url, name) => `s3:${url}/${bucket}/${name}`,
    open: (repo) => createS3Storage({ location: parseS3Location(repo), credentials }),
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
}

/** A new repository there, whose password costs nothing to try, and how to run a command on it. */
async function newRepository(server: Server, home: string, name = "r"): Promise<RunOptions> {
  const repo = server.repoAt(server.url, name);
  const storage = server.open(repo);
  await Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
  await storage.close();
  return { home, repo, ...(server.env && { env: server.env }) };
}

async function proxyTo(server: Server, misdeeds: Misdeeds): Promise<BadProxy> {
  const proxy = await startBadProxy(server.url, misdeeds);
  onTestFinished(() => proxy.close());
  return proxy;
}

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

/** Does the request bring an object? */
const isUpload = (method: string): boolean => method === "POST" || method === "PUT";

const WEATHER: readonly (readonly [string, Misdeeds])[] = [
  ["whose answers come late", each(3, 0, { kind: "delay", milliseconds: 100 })],
  ["that drops connections while it answers", each(7, 2, { kind: "cut", bytes: 20 })],
  [
    "that drops connections while it is sent to",
    ({ n, method }) =>
      isUpload(method) && n % 4 === 1 ? { kind: "cut", bytes: 100, when: "request" } : undefined,
  ],
  [
    "that answers 503 in bursts",
    ({ n }) => (n % 12 < 2 && n > 3 ? { kind: "refuse", status: 503 } : undefined),
  ],
  ["whose answers get lost", each(6, 3, { kind: "lose" })],
  ["that hears some requests twice", each(5, 4, { kind: "repeat" })],
];

function inAllWeather(start: () => Promise<Server>): void {
  it.each(WEATHER)("%s", async (_, misdeeds) => {
    const server = await start();
    const proxy = await proxyTo(server, misdeeds);
    const home = await temporaryFolder();
    const folder = await source(home, 20, 500_000);
    const direct = await newRepository(server, home);
    const bad = { ...direct, repo: server.repoAt(proxy.url, "r") };
    const outcome = succeed(await runTastic(["backup", "--pack-size", "4", folder], bad));
    expect(outcome.stdout).toContain("20 new");
    succeed(await runTastic(["restore", `latest:${folder}`, "--target", join(home, "out")], bad));
    expect(await treeOf(join(home, "out"))).toEqual(await treeOf(folder));
    expect([...proxy.met.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    const check = succeed(await runRestic(["check", "--read-data", "--no-cache"], direct));
    expect(check.stdout).toContain("no errors were found");
    expect(succeed(await runRestic(["list", "locks", "--no-cache"], direct)).stdout).toBe("");
  });

  it("that hangs, and is asked again", async () => {
    const server = await start();
    const proxy = await proxyTo(server, ({ n, method }) =>
      n % 9 === 5 && method !== "GET" ? { kind: "stall" } : undefined,
    );
    const home = await temporaryFolder();
    const folder = await source(home, 5, 300_000);
    const bad = { ...(await newRepository(server, home)), repo: server.repoAt(proxy.url, "r") };
    const outcome = succeed(await runTastic(["backup", folder, "--stuck-request-timeout", "1s"], bad));
    expect(outcome.stderr).toMatch(/returned error, retrying after .*: .*no answer for 1 seconds/);
    expect(outcome.stderr).toMatch(/operation successful after \d+ retries/);
  });

  it("that is gone for a while in the middle, in no more memory", { timeout: 4 * PATIENCE }, async () => {
    const server = await start();
    let goAway = (): void => undefined;
    const proxy = await proxyTo(server, ({ method, path }) => {
      if (isUpload(method) && path.includes("/data/") && proxy.requests > 15) goAway();
      return undefined;
    });
    const home = await temporaryFolder();
    const folder = await source(home, 60, 2_000_000);
    const direct = await newRepository(server, home);
    let gone = false;
    goAway = () => {
      goAway = () => undefined;
      gone = true;
      proxy.goAway(OUTAGE);
    };
    const args = ["backup", "--pack-size", "4", "--force", folder];
    const began = Date.now();
    const bad = { ...direct, repo: server.repoAt(proxy.url, "r"), timeout: PATIENCE };
    const { outcome, peak } = await watched(args, bad);
    expect(gone).toBe(true);
    const seconds = Math.round((Date.now() - began) / 1000);
    expect(outcome.stderr).toMatch(/Save\(<data\/[0-9a-f]{10}>\) returned error, retrying after/);
    expect(outcome.stderr).toMatch(/operation successful after \d+ retries/);
    const check = succeed(await runRestic(["check", "--read-data", "--no-cache"], direct));
    expect(check.stdout).toContain("no errors were found");
    if (peak === 0) return;
    const fair = await watched(args, await newRepository(server, home, "fair"));
    console.log(
      `gone for ${OUTAGE / 1000} s: ${seconds} s and ${peak >> 10} MiB in all, ${fair.peak >> 10} MiB without`,
    );
    expect(peak).toBeLessThan(fair.peak + 64 * 1024);
  });
}

describeWithRestServer("a backup to rest-server", () => inAllWeather(restServer));
describeWithCeph("a backup to Ceph", () => inAllWeather(ceph));

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
