/** Removing the backups of a 3Bot: not by mistake, not at once, and in the end really, on both servers (threat 38, defect 7). */
import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { serverSecret } from "@tastic/threebot";
import { expect, it } from "vitest";
import { call, sha256 } from "../../../test/support/serve-rest.js";
import { codeOf, day, register, secretOf, startMarketplace, type CutServer } from "./marketplace-support.js";

const from = "10.0.0.1";
const alice = { name: "alice", loginSecret: secretOf("alice") };

/** Stores something as a 3Bot would, and returns how to look at it. */
async function store({ id, url }: CutServer): Promise<() => Promise<number>> {
  const body = randomBytes(1000);
  const path = `/alice/data/${sha256(body)}`;
  const login = { user: "alice", password: serverSecret(secretOf("alice"), "alice", id) };
  const { status } = await call(url, "POST", path, { ...login, body });
  if (status !== 200) throw new Error(`storing ended with ${status}`);
  return async () => (await call(url, "GET", path, login)).status;
}

const isThere = ({ folder }: CutServer): Promise<boolean> =>
  stat(join(folder, "alice")).then(
    () => true,
    () => false,
  );

it("threat 38: asks for the name again, keeps the 3Bot out at once, and can be undone for seven days", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  await register(marketplace, "alice");
  const looks = [await store(servers[0]), await store(servers[1])];
  expect(await codeOf(marketplace.destroy({ ...alice, confirm: "alicia" }, from))).toBe("invalid-argument");
  expect(await codeOf(marketplace.destroy({ ...alice, confirm: "" }, from))).toBe("invalid-argument");
  expect(
    await codeOf(marketplace.destroy({ ...alice, loginSecret: "wrong secret", confirm: "alice" }, from)),
  ).toBe("wrong-password");
  for (const look of looks) expect(await look()).toBe(200);
  const asked = await marketplace.destroy({ ...alice, confirm: "Alice " }, from);
  expect(asked).toEqual({ status: "destroying", undoUntil: new Date(clock.now + 7 * day).toISOString() });
  for (const look of looks) expect(await look()).toBe(403);
  expect(await codeOf(marketplace.login(alice, from))).toBe("locked");
  expect(await codeOf(marketplace.login({ ...alice, loginSecret: "wrong secret" }, from))).toBe(
    "wrong-password",
  );
  // Asked again, the time does not begin anew.
  clock.now += 3 * day;
  expect(await marketplace.destroy({ ...alice, confirm: "alice" }, from)).toEqual(asked);
  clock.now += 4 * day - 1;
  await marketplace.work();
  expect(await codeOf(marketplace.restoreBackups({ ...alice, loginSecret: "wrong secret" }, from))).toBe(
    "wrong-password",
  );
  expect(await marketplace.restoreBackups(alice, from)).toEqual({ status: "active" });
  expect(await marketplace.restoreBackups(alice, from)).toEqual({ status: "active" });
  for (const look of looks) expect(await look()).toBe(200);
  clock.now += 30 * day;
  await marketplace.work();
  for (const look of looks) expect(await look()).toBe(200);
});

it("defect 7: in the end nothing is left on either server, also if one is down for days and everything restarts", async () => {
  const test = await startMarketplace();
  const { servers, clock } = test;
  const [one, two] = servers;
  await register(test.marketplace, "alice");
  for (const server of servers) await store(server);
  two.down = "before";
  await test.marketplace.destroy({ ...alice, confirm: "alice" }, from);
  let marketplace = await test.restart();
  for (let hours = 0; hours < 7 * 24 + 1; hours++) {
    clock.now += day / 24;
    await marketplace.work();
  }
  expect([await isThere(one), await isThere(two)]).toEqual([false, true]);
  expect(await marketplace.standing("alice")).toBe("destroying");
  expect(await codeOf(marketplace.restoreBackups(alice, from))).toBe("wrong-password");
  // The name is not free before all of it is gone: the next one would find what the last one left.
  expect(await codeOf(marketplace.issueToken("alice"))).toBe("already-exists");
  // Two more days; then it is back, but its answers are lost.
  for (let hours = 0; hours < 48; hours++) {
    clock.now += day / 24;
    await marketplace.work();
  }
  two.down = "after";
  clock.now += day;
  await marketplace.work();
  expect([await isThere(two), await marketplace.standing("alice")]).toEqual([false, "destroying"]);
  marketplace = await test.restart();
  two.down = "no";
  await marketplace.work();
  expect(await marketplace.standing("alice")).toBe("free");
  for (const { rest } of servers) expect(await rest.accounts.list()).toEqual([]);
  const audit = (await readFile(join(test.folder, "audit.log"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; server?: string });
  const events = audit.map(({ event, server }) => (server === undefined ? event : `${event} ${server}`));
  expect(events.slice(events.indexOf("destroy-asked"))).toEqual([
    "destroy-asked",
    "copy-suspended one",
    "destroy-begun",
    "copy-erased one",
    "login-failed",
    "copy-erased two",
    "destroyed",
  ]);
  // Somebody else may have the name now, and finds nothing.
  const token = await marketplace.issueToken("alice");
  await marketplace.register({ name: "alice", token, loginSecret: "of the next one" }, from);
  for (const server of servers) expect(await server.letsIn("alice", "of the next one")).toBe(true);
  expect(await codeOf(marketplace.login(alice, from))).toBe("wrong-password");
});

it("can be undone while a server is down, and before its registration was complete", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  const [one, two] = servers;
  two.down = "before";
  await register(marketplace, "alice");
  await marketplace.destroy({ ...alice, confirm: "alice" }, from);
  expect(await one.letsIn("alice", secretOf("alice"))).toBe(false);
  await marketplace.restoreBackups(alice, from);
  expect(await one.letsIn("alice", secretOf("alice"))).toBe(true);
  two.down = "no";
  clock.now += day;
  await marketplace.work();
  expect(await two.letsIn("alice", secretOf("alice"))).toBe(true);
});

it("destroys nothing of what somebody else has at a server under the same name", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  const [one, two] = servers;
  two.down = "before";
  await register(marketplace, "alice");
  await two.rest.accounts.create("alice", "of somebody else");
  two.down = "no";
  clock.now += day;
  await marketplace.work();
  await marketplace.destroy({ ...alice, confirm: "alice" }, from);
  clock.now += 8 * day;
  await marketplace.work();
  expect(await marketplace.standing("alice")).toBe("free");
  expect(await one.rest.accounts.list()).toEqual([]);
  expect(await two.rest.accounts.verify("alice", "of somebody else")).toBe(true);
});

it("a destruction and its undoing at the same time leave both servers agreeing", async () => {
  const { marketplace, servers } = await startMarketplace({
    throttle: { perName: { failures: 1000, forgiveness: 1 } },
  });
  await register(marketplace, "alice");
  for (let i = 0; i < 5; i++) {
    await Promise.all([
      marketplace.destroy({ ...alice, confirm: "alice" }, from),
      codeOf(marketplace.restoreBackups(alice, from)),
      marketplace.destroy({ ...alice, confirm: "alice" }, from),
    ]);
    const standing = await marketplace.standing("alice");
    for (const { rest } of servers)
      expect((await rest.accounts.get("alice")).state).toBe(
        standing === "registered" ? "active" : "suspended",
      );
    await marketplace.restoreBackups(alice, from);
  }
});
