/** Registering: tokens, two servers of which one may be down, answers that are lost, processes that are killed. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createLocalDocuments,
  listen,
  localModes,
  OperatorApi,
  Passwords,
  silentLog,
} from "@tastic/rest-server";
import { createMarketplace, runMarketplace, serverSecret } from "@tastic/threebot";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { threebotRecord } from "../dist/marketplace/record.js";
import {
  remoteBackupServer,
  type RemoteBackupServerOptions,
} from "../dist/marketplace/remote-backup-server.js";
import { Records } from "../dist/state/records.js";
import { codeOf, day, register, secretOf, startMarketplace } from "./marketplace-support.js";

const from = "10.0.0.1";

it("gives a 3Bot an account on two servers, and says where", async () => {
  const { marketplace, servers } = await startMarketplace();
  const token = await marketplace.issueToken("alice");
  const loginSecret = secretOf("alice");
  const places = await marketplace.register({ name: " Alice", token, loginSecret }, from);
  expect(places.name).toBe("alice");
  expect(places.copies.map(({ url }) => url).sort()).toEqual(servers.map(({ url }) => `${url}alice/`).sort());
  for (const server of servers) expect(await server.letsIn("alice", loginSecret)).toBe(true);
  expect(await marketplace.login({ name: "alice", loginSecret }, from)).toEqual(places);
});

it("threat 33: a token is for one name, once, and not for ever", async () => {
  const { marketplace, clock } = await startMarketplace();
  const token = await marketplace.issueToken("alice", 7);
  const ask = (name: string, given = token, loginSecret = secretOf(name)) =>
    codeOf(marketplace.register({ name, token: given, loginSecret }, from));
  expect(await ask("bob")).toBe("access-denied");
  expect(await ask("alice", `${token.slice(0, -1)}_`)).toBe("access-denied");
  clock.now += 7 * day;
  expect(await ask("alice")).toBe("access-denied");
  clock.now -= 1;
  expect(await ask("alice")).toBe("none");
  // A replay by somebody else, and the same request again after its answer was lost.
  expect(await ask("alice", token, "another secret")).toBe("access-denied");
  expect(await ask("alice")).toBe("none");
  clock.now += 30 * day;
  expect(await ask("alice")).toBe("none");
  expect(await codeOf(marketplace.issueToken("alice"))).toBe("already-exists");
});

it("keeps no token and no secret as it was given", async () => {
  const { marketplace, folder } = await startMarketplace();
  const token = await marketplace.issueToken("alice");
  await marketplace.register({ name: "alice", token, loginSecret: secretOf("alice") }, from);
  const record = await readFile(join(folder, "threebots", "alice", "1.json"), "utf8");
  expect(record).toContain('"hash"');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile())) {
    const text = await readFile(join(file.parentPath, file.name), "utf8");
    expect(text).not.toContain(token);
    expect(text).not.toContain(secretOf("alice"));
  }
});

it("is done with one server down, and completed later, also after a restart", async () => {
  const test = await startMarketplace();
  const [one, two] = test.servers;
  two.down = "before";
  await register(test.marketplace, "alice");
  expect(await one.letsIn("alice", secretOf("alice"))).toBe(true);
  expect(await codeOf(two.rest.accounts.get("alice"))).toBe("not-found");
  two.down = "no";
  const again = await test.restart();
  await again.work();
  expect(await two.letsIn("alice", secretOf("alice"))).toBe(true);
});

it("defect 6: with both servers down the token is not spent, and another password may be tried", async () => {
  const { marketplace, servers } = await startMarketplace();
  const token = await marketplace.issueToken("alice");
  const ask = (loginSecret: string) =>
    codeOf(marketplace.register({ name: "alice", token, loginSecret }, from));
  // One of them makes the account, but nobody learns of it.
  servers[0].down = "after";
  servers[1].down = "before";
  expect(await ask("mistyped secret")).toBe("storage-failed");
  expect(await codeOf(marketplace.login({ name: "alice", loginSecret: "mistyped secret" }, from))).toBe(
    "wrong-password",
  );
  servers[0].down = servers[1].down = "no";
  expect(await ask("right secret")).toBe("none");
  for (const server of servers) {
    expect(await server.letsIn("alice", "right secret")).toBe(true);
    expect(await server.letsIn("alice", "mistyped secret")).toBe(false);
  }
});

it("many at once with one token: one secret wins, on both servers", async () => {
  const { marketplace, servers } = await startMarketplace();
  const token = await marketplace.issueToken("alice");
  const secrets = Array.from({ length: 8 }, (_, i) => `secret number ${i}`);
  const codes = await Promise.all(
    secrets.map((loginSecret) => codeOf(marketplace.register({ name: "alice", token, loginSecret }, from))),
  );
  expect(codes.filter((code) => code === "none")).toHaveLength(1);
  const winner = secrets[codes.indexOf("none")]!;
  for (const server of servers) expect(await server.letsIn("alice", winner)).toBe(true);
  expect(await marketplace.login({ name: "alice", loginSecret: winner }, from)).toMatchObject({
    name: "alice",
  });
});

it("never takes over an account that somebody else has at a server: then it is registered at neither", async () => {
  const { marketplace, servers } = await startMarketplace();
  await servers[1].rest.accounts.create("alice", "of somebody else");
  const token = await marketplace.issueToken("alice");
  expect(
    await codeOf(marketplace.register({ name: "alice", token, loginSecret: secretOf("alice") }, from)),
  ).toBe("already-exists");
  await marketplace.work();
  expect(await codeOf(servers[0].rest.accounts.get("alice"))).toBe("not-found");
  expect(await servers[1].rest.accounts.verify("alice", "of somebody else")).toBe(true);
  expect(await marketplace.standing("alice")).toBe("invited");
});

it("defect 6, threat 34: names fold nowhere: alice.x is not alice", async () => {
  const { marketplace, servers } = await startMarketplace();
  await register(marketplace, "victim");
  const token = await marketplace.issueToken("victim.x");
  await marketplace.register({ name: "victim.x", token, loginSecret: secretOf("attacker") }, from);
  for (const server of servers) {
    expect(await server.letsIn("victim", secretOf("victim"))).toBe(true);
    expect(await server.letsIn("victim", secretOf("attacker"))).toBe(false);
  }
  for (const name of ["../x", "data", "a", "victim/x", "victim%2fx", "víctim", "victim.", "metrics"])
    expect([name, await codeOf(marketplace.issueToken(name))]).toEqual([name, "invalid-argument"]);
});

it("does the same with servers on other machines, over their operator's interface", async () => {
  const test = await startMarketplace();
  const token = "operator-token-0123456789";
  const servers = await Promise.all(
    test.servers.map(async (server) => {
      const api = new OperatorApi({ ...server.rest, log: silentLog, token });
      const listening = await listen((ask, answer) => void api.handle(ask, answer), {
        address: "127.0.0.1:0",
      });
      onTestFinished(() => listening.close(0));
      return {
        id: server.id,
        url: server.url,
        operatorUrl: `http://${listening.address}/`,
        operatorToken: token,
      };
    }),
  );
  const folder = join(test.folder, "remote");
  const make = (list: readonly RemoteBackupServerOptions[]) =>
    createMarketplace({ folder, servers: list.map(remoteBackupServer), now: () => test.clock.now });
  const [one, two] = servers as [RemoteBackupServerOptions, RemoteBackupServerOptions];
  // One of them refuses, as if its operator had changed the token: it is done with the other, and completed later.
  const first = await make([one, { ...two, operatorToken: "another-token-0123456789" }]);
  await register(first, "alice");
  await first.stop();
  expect(await codeOf(test.servers[1].rest.accounts.get("alice"))).toBe("not-found");
  const marketplace = await make(servers);
  onTestFinished(() => marketplace.stop());
  await marketplace.start();
  await marketplace.work();
  for (const server of test.servers) expect(await server.letsIn("alice", secretOf("alice"))).toBe(true);
  await test.servers[0].rest.accounts.create("bob", "of somebody else");
  const bobs = await marketplace.issueToken("bob");
  expect(
    await codeOf(marketplace.register({ name: "bob", token: bobs, loginSecret: secretOf("bob") }, from)),
  ).toBe("already-exists");
  await marketplace.destroy({ name: "alice", loginSecret: secretOf("alice"), confirm: "alice" }, from);
  for (const server of test.servers) expect(await server.letsIn("alice", secretOf("alice"))).toBe(false);
  test.clock.now += 8 * day;
  await marketplace.work();
  expect(await marketplace.standing("alice")).toBe("free");
  expect((await test.servers[0].rest.accounts.list()).map(({ name }) => name)).toEqual(["bob"]);
  expect(await test.servers[1].rest.accounts.list()).toEqual([]);
});

it("threat 16: nothing that secrets go to is reached without TLS, unless it is this machine", async () => {
  const folder = await temporaryFolder();
  const listening = "127.0.0.1:0";
  const here = { embedded: [{ listen: listening }, { listen: listening }] } as const;
  const refused = [
    { listen: "0.0.0.0:0", servers: here },
    { listen: listening, servers: { embedded: [{ listen: listening }, { listen: "0.0.0.0:0" }] } as const },
    { listen: listening, url: "http://backup.example/", servers: here },
    ...["url", "operatorUrl"].map((key) => {
      const good = { url: "https://b.example/", operatorUrl: "https://b.example:8001/", operatorToken: "x" };
      return {
        listen: listening,
        servers: [
          { id: "one", ...good },
          { id: "two", ...good, [key]: "http://b.example/" },
        ],
      };
    }),
  ];
  for (const options of refused)
    expect(await codeOf(runMarketplace({ folder, ...options }))).toBe("invalid-argument");
  const running = await runMarketplace({
    folder,
    listen: "127.0.0.1:0",
    url: "https://m.example",
    servers: here,
  });
  await running.stop();
  expect(running.url).toBe("https://m.example/");
  const inside = { operatorUrl: "http://10.0.0.1:8001/", operatorToken: "x", privateNetwork: true };
  const apart = await runMarketplace({
    folder: await temporaryFolder(),
    listen: listening,
    servers: ["one", "two"].map((id) => ({ id, url: `https://${id}.example/`, ...inside })),
  });
  await apart.stop();
});

it("what one server is told lets nobody into the other, nor has it both copies destroyed", async () => {
  const { marketplace, servers } = await startMarketplace();
  await register(marketplace, "alice");
  const [one, two] = servers;
  const told = serverSecret(secretOf("alice"), "alice", one.id);
  expect(await one.rest.accounts.verify("alice", told)).toBe(true);
  for (const known of [told, serverSecret(told, "alice", two.id)]) {
    expect(await two.rest.accounts.verify("alice", known)).toBe(false);
    const asked = { name: "alice", loginSecret: known, confirm: "alice" };
    expect(await codeOf(marketplace.destroy(asked, from))).toBe("wrong-password");
  }
});

it("still knows those whose accounts had the login secret itself", async () => {
  const folder = join(await temporaryFolder(), "marketplace");
  const passwords = new Passwords({ cost: 4 });
  onTestFinished(() => passwords.close());
  const records = new Records(createLocalDocuments(folder, localModes(false)), "threebots", threebotRecord);
  const secret = await passwords.hash(secretOf("alice"));
  const copies = ["one", "two"].map((server) => ({ server, is: "unknown" as const }));
  await records.update("alice", () => {
    return { name: "alice", state: "active", tokens: [], earlier: [], secret, copies };
  });
  const { marketplace, servers } = await startMarketplace({ folder });
  await marketplace.work();
  for (const { rest } of servers) expect(await rest.accounts.verify("alice", secretOf("alice"))).toBe(true);
  const places = await marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  expect(places.copies.map(({ server }) => server)).toEqual([undefined, undefined]);
});
