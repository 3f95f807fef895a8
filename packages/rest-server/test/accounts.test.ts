/** The accounts service: what becomes of an account, for one server and for many at once. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Accounts,
  createLocalDocuments,
  createMemoryDocuments,
  HtpasswdFile,
  localModes,
  Passwords,
  updateDocument,
  type DocumentStore,
} from "@tastic/rest-server";
import { afterAll, expect, it } from "vitest";
import { mirrored } from "../dist/accounts/htpasswd-mirror.js";
import { call, shaLine, startServer, temporaryFolder } from "./support.js";

const passwords = new Passwords();
afterAll(() => passwords.close());

const audit = { record: () => Promise.resolve(), close: () => Promise.resolve() };
const accountsIn = (documents: DocumentStore): Accounts =>
  new Accounts({ documents, passwords, audit, remember: 0 });

it("creates, verifies, suspends, resumes, limits and removes", async () => {
  const accounts = accountsIn(createLocalDocuments(await temporaryFolder(), localModes(false)));
  expect(await accounts.create("alice", "secret", { quota: 1000 })).toMatchObject({
    name: "alice",
    state: "active",
    quota: 1000,
  });
  await expect(accounts.create("alice", "other")).rejects.toMatchObject({ code: "already-exists" });
  expect(await accounts.verify("alice", "secret")).toBe(true);
  expect(await accounts.verify("alice", "other")).toBe(false);
  expect(await accounts.verify("bob", "secret")).toBe(false);
  await accounts.suspend("alice");
  expect(await accounts.verify("alice", "secret")).toBe(false);
  await accounts.resume("alice");
  await accounts.setPassword("alice", "new");
  expect([await accounts.verify("alice", "secret"), await accounts.verify("alice", "new")]).toEqual([
    false,
    true,
  ]);
  expect(await accounts.setPolicy("alice", { quota: null, appendOnly: true, trashDays: 3 })).toMatchObject({
    appendOnly: true,
    trashDays: 3,
  });
  const shown = await accounts.get("alice");
  expect(shown.quota).toBeUndefined();
  expect(JSON.stringify([shown, await accounts.list()])).not.toContain("$2");
  await accounts.remove("alice");
  expect(await accounts.verify("alice", "new")).toBe(false);
  expect(await accounts.list()).toEqual([]);
  const acts = [
    () => accounts.remove("alice"),
    () => accounts.suspend("alice"),
    () => accounts.get("alice"),
    () => accounts.setPassword("alice", "x"),
  ];
  for (const act of acts) {
    await expect(act()).rejects.toMatchObject({ code: "not-found" });
  }
  await accounts.create("alice", "again");
  expect(await accounts.verify("alice", "again")).toBe(true);
});

it("refuses names that are, or look like, something else", async () => {
  const accounts = accountsIn(createMemoryDocuments());
  const names = [
    "", ".", "..", "a/b", "a\\b", "Alice", "äh", "data", "index", "keys", "locks", "snapshots", "config", "health", "ready",
    ".tastic", ".htpasswd", "a:b", "a b", "a\nb", "-a", "a.", "a".repeat(64), "a%2fb", "__proto__", "a\0",
  ]; // prettier-ignore
  for (const name of names) {
    await expect(accounts.create(name, "secret"), JSON.stringify(name)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  }
  for (const password of ["", "x".repeat(73)]) {
    await expect(accounts.create("a", password)).rejects.toMatchObject({ code: "invalid-argument" });
  }
  console.log(`${names.length} names refused`);
});

it("loses no change of several servers at once", async () => {
  const folder = await temporaryFolder();
  const stores = Array.from({ length: 4 }, () => createLocalDocuments(folder, localModes(false)));
  const rounds = 15;
  await Promise.all(
    stores.map(async (documents) => {
      for (let i = 0; i < rounds; i++) {
        await updateDocument(documents, "counter", (old) => String(Number(old ?? 0) + 1));
      }
    }),
  );
  expect((await stores[0]!.read("counter"))?.content).toBe(String(rounds * stores.length));
  // One of several who make the same account has made it.
  const made = await Promise.allSettled(
    stores.map((documents, i) => accountsIn(documents).create("same", `password ${i}`)),
  );
  expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const winner = made.findIndex(({ status }) => status === "fulfilled");
  expect(await accountsIn(stores[0]!).verify("same", `password ${winner}`)).toBe(true);
});

it("a late writer does not take a version's name that was free again", async () => {
  const folder = await temporaryFolder();
  const documents = createLocalDocuments(folder, localModes(false));
  for (let i = 1; i <= 30; i++) {
    expect(await documents.write("d", `content ${i}`, i === 1 ? undefined : String(i - 1))).toBe(true);
  }
  expect(await documents.write("d", "late", "29")).toBe(false);
  expect(await documents.write("d", "late", undefined)).toBe(false);
  expect(await documents.read("d")).toEqual({ content: "content 30", version: "30" });
  expect((await readdir(join(folder, "d"))).length).toBeLessThanOrEqual(21);
});

it("serves accounts and htpasswd names at once, and suspends within seconds", async () => {
  const path = join(await temporaryFolder(), ".htpasswd");
  await writeFile(path, `# by hand\n${shaLine("bob", "b")}`);
  const server = await startServer({
    authentication: { kind: "basic", htpasswd: new HtpasswdFile(path, { interval: 0 }) },
    mirror: path,
    privateRepositories: true,
  });
  const status = async (user: string, password: string, method = "GET"): Promise<number> =>
    (await call(server.url, method, `/${user}/data/`, { user, password })).status;
  await server.server.accounts.create("alice", "a", { appendOnly: true });
  expect([await status("alice", "a"), await status("bob", "b")]).toEqual([200, 200]);
  // For rest-server, and for whoever looks.
  const lines = (await readFile(path, "utf8")).split("\n");
  expect(lines.slice(0, 2)).toEqual(["# by hand", shaLine("bob", "b").trim()]);
  expect(lines[2]).toMatch(/^alice:\$2y\$10\$/);
  expect(
    (await call(server.url, "DELETE", `/alice/data/${"0".repeat(64)}`, { user: "alice", password: "a" }))
      .status,
  ).toBe(403);
  await server.server.accounts.suspend("alice");
  const refused = await call(server.url, "GET", "/alice/data/", { user: "alice", password: "a" });
  expect([refused.status, refused.text]).toEqual([403, "this account is suspended\n"]);
  expect(await status("alice", "wrong")).toBe(401);
  expect(await readFile(path, "utf8")).not.toContain("alice");
  await server.server.accounts.remove("alice");
  expect(await status("alice", "a")).toBe(401);
  const log = await readFile(join(server.folder, ".tastic", "audit.log"), "utf8");
  const events = log
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events).toEqual(["account-created", "account-suspended", "account-removed"]);
  expect(log).not.toContain("$2");
});

it("mirrors into an htpasswd file without touching what is not its own", () => {
  const base = { created: "", changed: "" };
  const records = [
    { ...base, name: "gone", state: "removed" as const, password: "$2y$gone" },
    { ...base, name: "back", state: "removed" as const, password: "$2y$old" },
    { ...base, name: "on", state: "active" as const, password: "$2y$on" },
    { ...base, name: "off", state: "suspended" as const, password: "$2y$off" },
  ];
  const old = "hand:{SHA}x\ngone:$2y$gone\nback:$2y$new\non:$2y$before\noff:$2y$off\n";
  expect(mirrored(old, records)).toBe("hand:{SHA}x\nback:$2y$new\non:$2y$on\n");
});
