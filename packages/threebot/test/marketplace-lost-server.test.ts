/** A backup server that has lost its disk, and was replaced by an empty one: its accounts are made anew, and no others. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { listen, OperatorApi, silentLog } from "@tastic/rest-server";
import { expect, it, onTestFinished, vi } from "vitest";
import { remoteBackupServer } from "../dist/marketplace/remote-backup-server.js";
import {
  codeOf,
  day,
  register,
  secretOf,
  startMarketplace,
  type CutServer,
  type TestMarketplace,
} from "./marketplace-support.js";

const from = "10.0.0.1";
const accountsOf = async ({ rest }: CutServer): Promise<string[]> =>
  (await rest.accounts.list()).map(({ name, state }) => `${name} ${state}`).sort();

async function loseAll({ folder }: CutServer): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

it("makes the accounts of all its 3Bots anew when it looks, and says so once", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  for (const name of ["alice", "bob", "carol"]) await register(marketplace, name);
  await marketplace.destroy({ name: "bob", loginSecret: secretOf("bob"), confirm: "bob" }, from);
  await marketplace.destroy({ name: "carol", loginSecret: secretOf("carol"), confirm: "carol" }, from);
  clock.now += 8 * day;
  await marketplace.work();
  await register(marketplace, "dora");
  await marketplace.destroy({ name: "dora", loginSecret: secretOf("dora"), confirm: "dora" }, from);
  const [lost, other] = servers;
  await loseAll(lost);
  clock.now += 11 * 60_000;
  await marketplace.work();
  // Neither those that are gone, nor one that is to be kept out.
  expect(await accountsOf(lost)).toEqual(["alice active"]);
  expect(await lost.letsIn("alice", secretOf("alice"))).toBe(true);
  expect(await accountsOf(other)).toEqual(["alice active", "dora suspended"]);
  const calls = lost.calls.length;
  clock.now += 11 * 60_000;
  await marketplace.work();
  expect(lost.calls).toHaveLength(calls);
});

it("makes it anew at once for who logs in", async () => {
  const { marketplace, servers } = await startMarketplace();
  await register(marketplace, "alice");
  await loseAll(servers[0]);
  expect(await codeOf(marketplace.login({ name: "alice", loginSecret: "another-secret" }, from))).toBe(
    "wrong-password",
  );
  expect(await accountsOf(servers[0])).toEqual([]);
  await marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  // A login waits for it, but not for ever.
  await vi.waitFor(async () => expect(await accountsOf(servers[0])).toEqual(["alice active"]), 30_000);
});

it("takes one that is down, or whose operator has suspended somebody, for no loss", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  await register(marketplace, "alice");
  await servers[0].rest.accounts.suspend("alice");
  servers[1].down = "before";
  clock.now += 11 * 60_000;
  await marketplace.work();
  await marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  servers[1].down = "no";
  expect(await accountsOf(servers[0])).toEqual(["alice suspended"]);
  expect(servers[1].calls).toEqual(["activate"]);
  expect(marketplace.unsettled).toBe(0);
});

it("leaves the account of somebody else alone who has the name there now", async () => {
  const { marketplace, servers, clock } = await startMarketplace();
  await register(marketplace, "alice");
  await loseAll(servers[0]);
  await servers[0].rest.accounts.create("alice", "of somebody else");
  clock.now += 11 * 60_000;
  await marketplace.work();
  await marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  expect(await servers[0].rest.accounts.verify("alice", "of somebody else")).toBe(true);
});

it("does the same over the operator's interface", async () => {
  const token = "operator-token-0123456789";
  const test: TestMarketplace = await startMarketplace();
  const remote = await Promise.all(
    test.servers.map(async ({ id, url, rest }) => {
      const api = new OperatorApi({ ...rest, log: silentLog, token });
      const listening = await listen((ask, answer) => void api.handle(ask, answer), {
        address: "127.0.0.1:0",
      });
      onTestFinished(() => listening.close(0));
      return remoteBackupServer({
        id,
        url,
        operatorUrl: `http://${listening.address}/`,
        operatorToken: token,
      });
    }),
  );
  const { marketplace, clock } = await startMarketplace({ servers: remote });
  await register(marketplace, "alice");
  await loseAll(test.servers[0]);
  clock.now += 11 * 60_000;
  await marketplace.work();
  expect(await accountsOf(test.servers[0])).toEqual(["alice active"]);
  await loseAll(test.servers[1]);
  await marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  await vi.waitFor(async () => expect(await accountsOf(test.servers[1])).toEqual(["alice active"]), 30_000);
});
