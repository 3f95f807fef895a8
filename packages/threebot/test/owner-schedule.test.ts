import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import type { OwnerService } from "@tastic/threebot";
import { describe, expect, it, onTestFinished } from "vitest";
import { nextAttempt, nextMissed, nextRegular } from "../dist/schedule/times.js";
import {
  backupNow,
  day,
  explain,
  fillHome,
  hour,
  password,
  startThreebot,
  startWorld,
  token,
  waitFor,
  type World,
} from "./owner-support.js";

/** Waits until so many runs have ended, and nothing goes on. */
async function runsEnded(owner: OwnerService, count: number): Promise<void> {
  await waitFor(async () => {
    const runs = await owner.runs({ limit: 100 });
    return runs.length >= count && runs.every(({ state }) => state !== "running");
  }, 40_000);
}

/** Lets time pass in steps, as it does, until a run has begun and ended. */
async function passUntilRun(world: World, owner: OwnerService, mostHours: number): Promise<number> {
  const before = (await owner.runs({ limit: 100 })).length;
  await runsEnded(owner, before);
  const start = world.clock.now();
  for (let i = 0; i < mostHours * 4; i++) {
    await world.clock.pass(hour / 4);
    if ((await owner.runs({ limit: 100 })).length > before) {
      await runsEnded(owner, before + 1);
      return (world.clock.now() - start) / hour;
    }
  }
  throw new Error(`nothing began within ${mostHours} hours`);
}

interface Heard {
  readonly path: string;
  readonly body: string;
}

async function startListener(answer = 200): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      heard.push({ path: request.url ?? "", body });
      response.writeHead(answer, answer === 302 ? { location: "/elsewhere" } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

describe("the schedule", () => {
  it("the marketplace is backed up at once and then every day, without being asked", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.changeSettings({ drillDays: 0 });
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.start();
    await runsEnded(owner, 1);
    for (let i = 0; i < 2; i++) expect(await passUntilRun(world, owner, 26)).toBeCloseTo(24, 0);
    const runs = await owner.runs({ limit: 10 });
    for (const run of runs) {
      expect(run, await explain(owner, run)).toMatchObject({ state: "done", by: "schedule" });
    }
    const snapshots = await owner.snapshots("marketplace");
    expect(snapshots.at(-1)?.snapshot.tags).toEqual(["init"]);
    expect(snapshots).toHaveLength(3);
  });

  it("defect 13: survives the process, and makes up for what was missed while nothing ran", async () => {
    const world = await startWorld();
    const first = await startThreebot(world);
    await fillHome(first.home);
    await first.owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(first.owner, "marketplace");
    await first.owner.stop();
    world.clock.advance(9 * day);
    const second = await startThreebot(world, first);
    expect((await second.owner.status()).places[0]).toMatchObject({ overdue: true });
    await second.owner.start();
    const hours = await passUntilRun(world, second.owner, 2);
    expect(hours).toBeLessThanOrEqual(1);
    expect((await second.owner.status()).places[0]).toMatchObject({ overdue: false });
  });

  it("can be switched off, and is due at once when it is switched on", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setAutomatic("marketplace", false);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.start();
    await world.clock.pass(3 * day);
    expect(await owner.runs({ limit: 10 })).toEqual([]);
    expect(await owner.setAutomatic("marketplace", true)).toMatchObject({ automatic: true });
    await runsEnded(owner, 1);
  });

  it("tries again soon after a failure, then less and less often", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMarketplace({ name: "alice", password, token });
    for (const server of world.servers) await server.stop();
    await owner.start();
    await runsEnded(owner, 1);
    const waits = [];
    for (let i = 0; i < 4; i++) waits.push(await passUntilRun(world, owner, 8));
    expect(waits).toEqual([0.25, 0.25, 0.5, 0.75]);
    for (const server of world.servers) await server.startAgain();
    await passUntilRun(world, owner, 8);
    expect((await owner.runs({ limit: 1 }))[0]).toMatchObject({ state: "done" });
  });

  it("catches a copy up as soon as it answers again, without waiting for the next day", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    await owner.setUpMarketplace({ name: "alice", password, token });
    await world.servers[1].stop();
    await owner.start();
    await runsEnded(owner, 1);
    expect((await owner.status()).places[0]?.copies[1]).toMatchObject({ state: "unreachable", behind: 1 });
    await world.clock.pass(hour);
    expect(await owner.runs({ limit: 10 })).toHaveLength(1);
    await world.servers[1].startAgain();
    expect(await passUntilRun(world, owner, 8)).toBeLessThan(4);
    expect((await owner.runs({ limit: 1 }))[0]).toMatchObject({ kind: "catch-up", state: "done" });
    expect((await owner.status()).places[0]?.copies[1]).toMatchObject({ state: "in-step", behind: 0 });
  });

  it("defect 11: a thousand 3Bots set up at the same moment are spread, and stay so after an outage", () => {
    const random = mulberry(1);
    const now = Date.parse("2026-03-01T00:00:00Z");
    let times = Array.from({ length: 1000 }, () => now);
    for (let i = 0; i < 7; i++) times = times.map((time) => nextRegular(time, day, random));
    const perMinute = new Map<number, number>();
    for (const time of times) {
      const minute = Math.floor(time / 60_000);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
    expect(Math.max(...perMinute.values())).toBeLessThan(25);
    const missed = times.map((time) => nextMissed(time, day, random) - time);
    expect(Math.max(...missed)).toBeLessThanOrEqual(15 * 60_000);
    expect(new Set(missed.map((wait) => Math.floor(wait / 60_000))).size).toBe(15);
    for (let failures = 1; failures < 40; failures++) {
      const wait = nextAttempt(now, failures, day, random) - now;
      expect(wait).toBeGreaterThan(3 * 60_000);
      expect(wait).toBeLessThanOrEqual(1.25 * 6 * hour);
    }
  });
});

describe("the watchdog", () => {
  it("defect 14: alarms when there never was a backup, and each day that it stays so", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    const { url, heard } = await startListener();
    const start = world.clock.now();
    const { notifications } = await owner.settings();
    await owner.changeSettings({ notifications: { ...notifications, webhook: `${url}/hook` } });
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.setAutomatic("marketplace", false);
    await owner.start();
    await world.clock.pass(day);
    expect(heard).toEqual([]);
    // Of 10 to 19 days, and of more than 99, the original said nothing.
    for (const [at, days] of [2, 9, 10, 15, 100].entries()) {
      await world.clock.pass(start + days * day + hour - world.clock.now());
      await waitFor(() => heard.length === at + 1);
      expect(JSON.parse(heard[at]?.body ?? "")).toMatchObject({
        event: "overdue",
        name: "alice",
        text: expect.stringContaining(
          `never was a backup to marketplace, which was set up ${days} days ago`,
        ) as string,
      });
    }
  });

  it("pings before and after each run, and says when one failed, once a day", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    const { url, heard } = await startListener();
    const { notifications } = await owner.settings();
    await owner.changeSettings({
      drillDays: 0,
      notifications: { ...notifications, ping: `${url}/ping/uuid`, webhook: `${url}/hook` },
    });
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.start();
    await waitFor(() => heard.length === 2);
    expect(heard.map(({ path }) => path)).toEqual(["/ping/uuid/start", "/ping/uuid"]);
    for (const server of world.servers) await server.stop();
    await passUntilRun(world, owner, 26);
    await waitFor(() => heard.length === 5);
    expect(heard.slice(2).map(({ path }) => path)).toEqual(["/ping/uuid/start", "/ping/uuid/fail", "/hook"]);
    expect(JSON.parse(heard[4]?.body ?? "")).toMatchObject({ event: "failed", name: "alice" });
    await passUntilRun(world, owner, 2);
    await waitFor(() => heard.length === 7);
    expect(heard.slice(5).map(({ path }) => path)).toEqual(["/ping/uuid/start", "/ping/uuid/fail"]);
  });

  it("sends mail, and its test says what is wrong with it", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    await expect(owner.testNotifications()).rejects.toMatchObject({ code: "invalid-argument" });
    const mail = await startMailServer();
    const { notifications } = await owner.settings();
    const channels = {
      ...notifications,
      smtpUrl: mail.url,
      from: "3bot@example.org",
      to: ["owner@example.org"],
    };
    await owner.changeSettings({ notifications: channels });
    await owner.testNotifications();
    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]).toMatch(/To: owner@example.org/);
    // The password is not sent to a server without TLS.
    await owner.changeSettings({ notifications: { ...channels, smtpUser: "me" }, smtpPassword: "canary" });
    expect((await owner.settings()).notifications).toMatchObject({ smtpUser: "me", smtpPasswordSet: true });
    await expect(owner.testNotifications()).rejects.toMatchObject({ code: "storage-failed" });
    expect(mail.all()).not.toContain("canary");
    expect(mail.all()).not.toContain(Buffer.from("\0me\0canary").toString("base64"));
  });

  it("reports each week, if that is wanted", async () => {
    const world = await startWorld();
    const { owner, home } = await startThreebot(world);
    await fillHome(home);
    const { url, heard } = await startListener();
    await owner.setUpMarketplace({ name: "alice", password, token });
    await backupNow(owner, "marketplace");
    await owner.setAutomatic("marketplace", false);
    const { notifications } = await owner.settings();
    await owner.changeSettings({
      overdueDays: 30,
      notifications: { ...notifications, webhook: url, weeklyReport: true },
      drillDays: 0,
    });
    await owner.start();
    await world.clock.pass(hour);
    expect(heard).toEqual([]);
    await world.clock.pass(7 * day + hour);
    await waitFor(() => heard.length === 1);
    expect(JSON.parse(heard[0]?.body ?? "")).toMatchObject({
      event: "report",
      text: expect.stringMatching(/marketplace-1: in-step/) as string,
    });
  });

  it("threats 22 and 31: goes to no address that is not allowed, and nowhere it is sent", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    const { notifications } = await owner.settings();
    for (const change of [
      { webhook: "http://169.254.169.254/latest" },
      { ping: "http://[::ffff:169.254.169.254]/" },
      { webhook: "file:///etc/passwd" },
      { webhook: "http://user:secret@host/" },
      { smtpUrl: "smtp://169.254.169.254:25" },
      { smtpUrl: "smtp://user:secret@host" },
      { smtpUrl: "http://host" },
      { to: ["owner@example.org\r\nBcc: all@example.org"] },
    ]) {
      await expect(
        owner.changeSettings({ notifications: { ...notifications, ...change } }),
      ).rejects.toThrow();
    }
    const { url, heard } = await startListener(302);
    await owner.changeSettings({ notifications: { ...notifications, webhook: `${url}/hook` } });
    await expect(owner.testNotifications()).rejects.toThrow(/elsewhere/);
    expect(heard.map(({ path }) => path)).toEqual(["/hook"]);
  });

  it("a retention that keeps nothing, paths that are none and intervals of nothing are refused", async () => {
    const world = await startWorld();
    const { owner } = await startThreebot(world);
    for (const change of [
      { retention: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 } },
      { retention: { last: -1, daily: 0, weekly: 0, monthly: 0, yearly: 0 } },
      { paths: [] },
      { paths: ["relative/path"] },
      { everyHours: 0 },
      { overdueDays: 0 },
    ]) {
      await expect(owner.changeSettings(change)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });
});

/** A mail server that takes everything and offers no TLS. */
async function startMailServer(): Promise<{ url: string; mails: string[]; all: () => string }> {
  const mails: string[] = [];
  let all = "";
  const server = createTcpServer((socket) => {
    let mail: string | undefined;
    let rest = "";
    socket.on("error", () => undefined);
    socket.write("220 test\r\n");
    socket.on("data", (piece) => {
      all += String(piece);
      rest += String(piece);
      for (let end = rest.indexOf("\r\n"); end !== -1; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (mail !== undefined) {
          if (line === ".") {
            mails.push(mail);
            mail = undefined;
            socket.write("250 taken\r\n");
          } else mail += `${line}\n`;
        } else if (/^EHLO/i.test(line)) socket.write("250-test\r\n250 AUTH PLAIN\r\n");
        else if (/^DATA/i.test(line)) {
          mail = "";
          socket.write("354 go on\r\n");
        } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
        else if (/^STARTTLS/i.test(line)) socket.write("502 no\r\n");
        else socket.write("250 ok\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `smtp://127.0.0.1:${port}`, mails, all: () => all };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
