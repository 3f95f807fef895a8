/** Accounts that another service keeps on several servers, and the end of all that an account has stored. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createMemoryDocuments,
  createRestServer,
  createStorageRepositories,
  createTextLog,
  listen,
  OperatorApi,
  Passwords,
} from "@tastic/rest-server";
import { createMemoryStorage, type Storage } from "@tastic/storage";
import { expect, it, onTestFinished } from "vitest";
import { all, call, sha256, startServer, temporaryFolder, type TestServer } from "./support.js";

const passwords = new Passwords();
const hashOf = (password: string): Promise<string> => passwords.hash(password);

async function operator(server: TestServer) {
  const api = new OperatorApi({ ...server.server, log: createTextLog(() => undefined) });
  const listening = await listen((ask, answer) => void api.handle(ask, answer), { address: "127.0.0.1:0" });
  onTestFinished(() => listening.close(0));
  return async (method: string, path: string, body?: unknown) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const { status, text } = await call(`http://${listening.address}/`, method, path, json);
    return { status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  };
}

const privateServer = (): Promise<TestServer> =>
  startServer({ authentication: { kind: "basic" }, privateRepositories: true });

/** Stores an object, and another that it deletes again. */
async function fill(url: string, name: string, folders = name): Promise<void> {
  const [kept, deleted] = [randomBytes(100), randomBytes(100)];
  const login = { user: name, password: "p" };
  for (const body of [kept, deleted])
    await call(url, "POST", `/${folders}/data/${sha256(body)}`, { ...login, body });
  await call(url, "DELETE", `/${folders}/data/${sha256(deleted)}`, login);
}

it("makes an account from a hash, once, and touches nobody else's", async () => {
  const { accounts } = (await privateServer()).server;
  const [hash, earlier, other] = [await hashOf("right"), await hashOf("earlier"), await hashOf("right")];
  const first = await accounts.provision("alice", { hash });
  expect(first).toMatchObject({ name: "alice", state: "active" });
  expect(await accounts.provision("alice", { hash })).toEqual(first);
  expect(await accounts.verify("alice", "right")).toBe(true);
  // The same password is not enough: the hash says who has made it.
  await expect(accounts.provision("alice", { hash: other })).rejects.toMatchObject({
    code: "already-exists",
  });
  await expect(accounts.provision("alice", { hash: other, state: "suspended" })).rejects.toMatchObject({
    code: "already-exists",
  });
  await accounts.provision("bob", { hash: earlier });
  await accounts.provision("bob", { hash, replaces: [earlier] });
  expect(await accounts.verify("bob", "right")).toBe(true);
  expect(await accounts.provision("bob", { hash, state: "suspended" })).toMatchObject({ state: "suspended" });
  expect(await accounts.verify("bob", "right")).toBe(false);
  expect(await accounts.provision("bob", { hash })).toMatchObject({ state: "active" });
  await expect(accounts.provision("nobody", { hash, state: "suspended" })).rejects.toMatchObject({
    code: "not-found",
  });
  for (const bad of ["", "right", `${hash}x`, "{SHA}0000"])
    await expect(accounts.provision("eve", { hash: bad })).rejects.toMatchObject({
      code: "invalid-argument",
    });
});

it("the operator's API does the same", async () => {
  const server = await privateServer();
  const ask = await operator(server);
  const [hash, other] = [await hashOf("p"), await hashOf("q")];
  const put = (body: object) => ask("PUT", "/v1/accounts/alice", body);
  expect((await put({ hash, state: "suspended" })).status).toBe(404);
  expect(await put({ hash })).toMatchObject({ status: 200, body: { name: "alice", state: "active" } });
  expect((await put({ hash: other })).status).toBe(403);
  expect((await put({ hash: other, replaces: "x" })).status).toBe(400);
  expect((await put({ hash: other, replaces: [hash] })).status).toBe(200);
  expect((await put({})).status).toBe(400);
  expect((await ask("POST", "/v1/accounts/alice/erase", {})).status).toBe(403);
  expect((await put({ hash: other, state: "suspended" })).status).toBe(200);
  expect((await ask("POST", "/v1/accounts/alice/erase", { hash })).status).toBe(403);
  expect(await ask("POST", "/v1/accounts/alice/erase", { hash: other })).toMatchObject({
    status: 200,
    body: { repositories: 0 },
  });
  expect((await ask("POST", "/v1/accounts/nobody/erase", {})).status).toBe(404);
});

it("erases what a suspended account has stored, with its trash, and nothing of others", async () => {
  const server = await privateServer();
  const { accounts, eraser } = server.server;
  for (const name of ["alice", "alice2"]) {
    await accounts.create(name, "p");
    await fill(server.url, name);
    await fill(server.url, name, `${name}/laptop`);
  }
  // An operator has moved one to another disk.
  const elsewhere = join(await temporaryFolder(), "disk");
  await mkdir(elsewhere);
  await rename(join(server.folder, "alice", "laptop"), join(elsewhere, "laptop"));
  await symlink(join(elsewhere, "laptop"), join(server.folder, "alice", "laptop"));
  await expect(eraser.erase("alice")).rejects.toMatchObject({ code: "already-exists" });
  await accounts.suspend("alice");
  expect(await eraser.erase("alice")).toEqual({ repositories: 2 });
  await expect(stat(join(server.folder, "alice"))).rejects.toThrow(/ENOENT/);
  await expect(stat(join(elsewhere, "laptop"))).rejects.toThrow(/ENOENT/);
  // Again, also once the account is removed: what was interrupted is brought to its end.
  expect(await eraser.erase("alice")).toEqual({ repositories: 0 });
  await accounts.remove("alice");
  expect(await eraser.erase("alice")).toEqual({ repositories: 0 });
  for (const folders of [["alice2"], ["alice2", "laptop"]]) {
    expect(await all(server.server.trash.find({ repository: folders }))).toHaveLength(1);
    await stat(join(server.folder, ...folders, "data"));
  }
  const audit = await readFile(join(server.folder, ".tastic", "audit.log"), "utf8");
  expect(audit).toContain(
    '"event":"account-erase-begun","account":"operator","name":"alice","repositories":2',
  );
  expect(audit).toContain('"event":"account-erased","account":"operator","name":"alice","repositories":2');
});

it("gives the room back that it had taken", async () => {
  const server = await startServer({
    authentication: { kind: "basic" },
    privateRepositories: true,
    totalLimit: 1_000_000,
  });
  const { accounts, eraser, usage } = server.server;
  await accounts.create("alice", "p");
  await fill(server.url, "alice");
  expect(await usage.ofAccount("alice")).toMatchObject({ objects: 100, trash: 100 });
  await accounts.suspend("alice");
  await eraser.erase("alice");
  expect(await usage.ofAccount("alice")).toMatchObject({ objects: 0, trash: 0 });
});

it("erases in a bucket, too", async () => {
  const documents = createMemoryDocuments();
  const storages = new Map<string, Storage>();
  const open = (path: string): Storage => {
    const storage = storages.get(path) ?? createMemoryStorage();
    storages.set(path, storage);
    return storage;
  };
  const repositories = createStorageRepositories({ location: "memory", open, documents });
  const server = await createRestServer({ repositories, documents, authentication: { kind: "basic" } });
  onTestFinished(() => server.close());
  const listening = await listen(server.handle, { address: "127.0.0.1:0" });
  onTestFinished(() => listening.close(0));
  for (const name of ["alice", "bob"]) {
    await server.accounts.create(name, "p");
    await fill(`http://${listening.address}/`, name);
  }
  await server.accounts.suspend("alice");
  expect(await server.eraser.erase("alice")).toEqual({ repositories: 1 });
  const left = async (path: string): Promise<number> => (await all(open(path).list("pack"))).length;
  const trashed = [...storages.keys()].filter((path) => path.startsWith("alice/.tastic/trash/"));
  expect(trashed).toHaveLength(1);
  expect([await left("alice"), await left(trashed[0]!), await left("bob")]).toEqual([0, 0, 1]);
});

it("leaves what a link inside a repository points to", async () => {
  const server = await privateServer();
  const { accounts, eraser } = server.server;
  await accounts.create("alice", "p");
  await fill(server.url, "alice");
  const outside = join(await temporaryFolder(), "outside");
  await mkdir(outside);
  await writeFile(join(outside, "file"), "stays");
  await symlink(outside, join(server.folder, "alice", "data", "ff-link"));
  await accounts.suspend("alice");
  await eraser.erase("alice");
  expect(await readFile(join(outside, "file"), "utf8")).toBe("stays");
});
