/** Counts are right again after any server before a place has died, whoever else began or ended meanwhile. */
import { randomBytes } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  createLocalDocuments,
  createMemoryDocuments,
  createStorageRepositories,
  localModes,
  updateDocument,
  type DocumentStore,
} from "@tastic/rest-server";
import { createMemoryStorage, type Storage } from "@tastic/storage";
import { expect, it } from "vitest";
import { RunningServers } from "../dist/operations/running-servers.js";
import { silentLog } from "../dist/operations/log.js";
import { mortal } from "../../../test/support/mortal-documents.js";
import { all, call, sha256, startServer, temporaryFolder, type TestServer } from "./support.js";

const signOfLife = 40;
/** Marks of servers that are at work change within this time, those of the dead are noticed. */
const some = 20 * signOfLife;
/** On a machine that does much else. */
const soon = { timeout: 30_000 };

async function upload({ url }: TestServer, size: number): Promise<void> {
  const body = randomBytes(size);
  expect((await call(url, "POST", `/r/data/${sha256(body)}`, { body })).status).toBe(200);
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A folder, and a bucket. */
async function places() {
  const folder = join(await temporaryFolder(), "served");
  await mkdir(folder);
  const memory = createMemoryDocuments();
  const stores = new Map<string, Storage>();
  const open = (path: string): Storage => {
    const storage = stores.get(path) ?? createMemoryStorage();
    stores.set(path, storage);
    return storage;
  };
  const bucket = () => createStorageRepositories({ location: "memory", open, documents: memory });
  return [
    {
      documents: createLocalDocuments(join(folder, ".tastic"), localModes(false)),
      options: () => ({ folder }),
    },
    { documents: memory, options: () => ({ repositories: bucket() }) },
  ];
}

it("counts anew after a server that died, though another has ended in order since", async () => {
  for (const { documents, options } of await places()) {
    const start = (own: DocumentStore, interval = signOfLife) =>
      startServer({ ...options(), documents: own, repositoryLimit: 1_000_000, signOfLife: interval });
    const killed = mortal(documents);
    const one = await start(killed.documents);
    const two = await start(documents, 60_000);
    await upload(one, 1000);
    await one.server.usage.flush();
    await upload(one, 5000);
    killed.kill();
    await upload(two, 300);
    await two.stop();
    // It has not been here for long enough to see it, and what is written down is wrong.
    expect(await all(documents.list("running"))).toHaveLength(1);

    const three = await start(documents);
    await expect.poll(() => three.server.usage.of(["r"]), soon).toEqual({ objects: 6300, trash: 0 });
    await expect.poll(() => all(documents.list("running")), soon).toHaveLength(1);
    await three.stop();
    expect(await all(documents.list("running"))).toEqual([]);
  }
});

it("counts anew while it is at work, repositories too that only the dead one knew of", async () => {
  for (const { documents, options } of await places()) {
    const start = (own: DocumentStore) =>
      startServer({ ...options(), documents: own, repositoryLimit: 1_000_000, signOfLife });
    const one = await start(documents);
    const killed = mortal(documents);
    const two = await start(killed.documents);
    expect(await one.server.usage.of(["r"])).toBeUndefined();
    await upload(two, 1000);
    await upload(two, 2000);
    killed.kill();
    await expect.poll(() => one.server.usage.of(["r"]), soon).toEqual({ objects: 3000, trash: 0 });
    await one.stop();
  }
});

it("takes nobody for dead who is at work, and leaves nothing behind", async () => {
  for (const { documents } of await places()) {
    let deaths = 0;
    const servers = Array.from(
      { length: 5 },
      () =>
        new RunningServers({
          documents,
          log: silentLog,
          interval: 3 * signOfLife,
          afterDeath: async () => ++deaths > 0,
        }),
    );
    for (const server of servers) await server.start();
    await pause(3 * some);
    expect(await all(documents.list("running"))).toHaveLength(5);
    for (const server of servers) await server.stop(true);
    expect(await all(documents.list("running"))).toEqual([]);
    expect(deaths).toBe(0);
  }
});

it("has one of several do what is due after a death, again until it is done, and another if that one dies of it", async () => {
  const [{ documents } = { documents: createMemoryDocuments() }] = await places();
  const attempts: string[] = [];
  const make = (name: string, own: DocumentStore, afterDeath: () => Promise<boolean>) =>
    new RunningServers({
      documents: own,
      log: silentLog,
      interval: signOfLife,
      afterDeath: () => {
        attempts.push(name);
        return afterDeath();
      },
    });
  const dead = mortal(documents);
  const first = make("first", dead.documents, async () => true);
  await first.start();
  dead.kill();

  // Two come after it; the one that begins fails for a while.
  const failing = async () => attempts.length > 3;
  const heirs = [make("a", documents, failing), make("b", documents, failing)];
  for (const heir of heirs) await heir.start();
  await expect.poll(() => all(documents.list("running")), soon).toHaveLength(2);
  await pause(some);
  expect(attempts).toHaveLength(4);
  expect(new Set(attempts).size).toBe(1);
  for (const heir of heirs) await heir.stop(true);
  await first.stop(false);

  // One that dies over it, and what it had taken over: both are somebody's again.
  attempts.length = 0;
  const before = mortal(documents);
  const second = make("second", before.documents, async () => true);
  await second.start();
  before.kill();
  const dying = mortal(documents);
  const third = make("third", dying.documents, async () => {
    dying.kill();
    return true;
  });
  await third.start();
  await expect.poll(() => attempts, soon).toContain("third");
  expect(await all(documents.list("running"))).toHaveLength(2);
  const last = make("last", documents, async () => true);
  await last.start();
  await expect.poll(() => all(documents.list("running")), soon).toHaveLength(1);
  expect(attempts).toContain("last");
  await last.stop(true);
  await second.stop(false);
  await third.stop(false);
});

it("counts anew, and is there again, after others took it for dead", async () => {
  const documents = createMemoryDocuments();
  let counts = 0;
  const server = new RunningServers({
    documents,
    log: silentLog,
    interval: signOfLife,
    afterDeath: async () => ++counts > 0,
  });
  await server.start();
  await pause(3 * signOfLife);
  const [name = ""] = await all(documents.list("running"));
  await documents.remove(name);
  await expect.poll(() => counts, soon).toBe(1);
  expect(await all(documents.list("running"))).toEqual([name]);
  await server.stop(true);
  expect(counts).toBe(1);
});

it("leaves its mark where it could not write everything down", async () => {
  const documents = createMemoryDocuments();
  let full = false;
  const options = {
    documents: {
      ...documents,
      write: async (name: string, content: string, expected: string | undefined) => {
        if (full) throw new Error("the disk is full");
        return documents.write(name, content, expected);
      },
    },
    repositoryLimit: 1_000_000,
    signOfLife,
  };
  const one = await startServer(options);
  await upload(one, 100);
  await one.server.usage.flush();
  await upload(one, 2000);
  full = true;
  await one.stop();
  full = false;
  expect(await all(documents.list("running"))).toHaveLength(1);
  const two = await startServer({ ...options, folder: one.folder });
  await expect.poll(() => two.server.usage.of(["r"]), soon).toEqual({ objects: 2100, trash: 0 });
});

it("counts anew after a server of before, which had one mark for all", async () => {
  const folder = join(await temporaryFolder(), "served");
  const options = { folder, repositoryLimit: 1_000_000, signOfLife };
  const one = await startServer(options);
  await upload(one, 1000);
  await one.stop();
  const documents = createLocalDocuments(join(folder, ".tastic"), localModes(false));
  const [counted = ""] = await all(documents.list("usage"));
  await updateDocument(documents, counted, (old) => old?.replace("1000", "10"));
  for (const [state, objects] of [
    ["ended in order", 10],
    ["running", 1000],
  ] as const) {
    await updateDocument(documents, "state/usage", () => JSON.stringify({ state }));
    const two = await startServer(options);
    await pause(some);
    await expect.poll(() => two.server.usage.of(["r"]), soon).toEqual({ objects, trash: 0 });
    await two.stop();
  }
  // Once is enough.
  expect(await documents.read("state/usage")).toBeUndefined();
  expect(await readdir(join(folder, ".tastic", "running"))).toEqual([]);
});
