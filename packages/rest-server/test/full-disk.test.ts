/** A disk that is full: 507, nothing left behind, what is there stays readable, and room can be made. */
import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import {
  createJsonLog,
  createLocalRepositories,
  type ObjectStore,
  type Repositories,
} from "@tastic/rest-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { leftovers, openBelow, unharmed } from "./bad-clients-support.js";
import { call, sha256, startServer, temporaryFolder, type TestServer } from "./support.js";

const mebibyte = 1024 * 1024;

interface Upload {
  readonly path: string;
  readonly body: Buffer;
}

function upload(size: number, type = "data"): Upload {
  const body = randomBytes(size);
  return { path: `/r/${type}/${sha256(body)}`, body };
}

const post = async (server: TestServer, { path, body }: Upload, headers: Record<string, string> = {}) =>
  (await call(server.url, "POST", path, { body, headers })).status;

const chunked = { "transfer-encoding": "chunked" };

/** What everybody may expect of a full disk that has `stored` on it. Returns the number of cases. */
async function lifeOnFullDisk(server: TestServer, stored: Upload): Promise<number> {
  const cases: [what: string, status: number, expected: number[]][] = [];
  const refused = [
    ...["data", "index", "snapshots", "keys"].map((type) => upload(2 * mebibyte, type)),
    upload(20 * mebibyte),
  ];
  for (const one of refused) {
    cases.push([`an upload of ${one.body.length}`, await post(server, one), [507]]);
    cases.push([`the same in chunks`, await post(server, one, chunked), [507]]);
    cases.push([`what was refused is not there`, (await call(server.url, "GET", one.path)).status, [404]]);
  }
  const many = await Promise.all(
    Array.from({ length: 10 }, () => post(server, upload(2 * mebibyte), chunked)),
  );
  for (const status of many) cases.push(["ten at once", status, [507]]);
  const read = await call(server.url, "GET", stored.path);
  cases.push(["reading", read.status, [200]], ["what is read", read.body.equals(stored.body) ? 1 : 0, [1]]);
  cases.push(["the same object again", await post(server, stored), [200]]);
  cases.push(["a list", (await call(server.url, "GET", "/r/data/")).status, [200]]);
  cases.push(["health", (await call(server.url, "GET", "/health")).status, [200]]);
  for (const [what, status, expected] of cases)
    expect([what, status, expected.includes(status)]).toEqual([what, status, true]);
  await expect.poll(() => leftovers(server.folder)).toEqual([]);
  if (process.platform === "linux") await expect.poll(() => openBelow(join(server.folder, "r"))).toEqual([]);
  return cases.length;
}

it("a full disk is 507, leaves nothing, and does not keep what is there from being sent again", async () => {
  const folder = join(await temporaryFolder(), "served");
  let full = false;
  const real = createLocalRepositories(folder);
  const repositories: Repositories = {
    location: real.location,
    list: () => real.list(),
    probe: () => real.probe(),
    open: (folders) => failing(real.open(folders), () => full),
  };
  const server = await startServer({ folder, repositories });
  const stored = upload(200_000);
  expect(await post(server, stored)).toBe(200);
  full = true;
  const cases = await lifeOnFullDisk(server, stored);
  full = false;
  await unharmed(server);
  console.log(`${cases} cases of a full disk`);
});

/** A file system in memory of 12 MiB. Only root may mount one, and not in every container. */
function mountSmall(folder: string): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root may mount a small disk";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", folder], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `no small disk can be mounted: ${(error as Error).message.split("\n").at(-2) ?? ""}`;
  }
}

const whyNot = await (async () => {
  const folder = await temporaryFolder();
  const reason = mountSmall(folder);
  if (reason === undefined) execFileSync("umount", [folder]);
  return reason;
})();

describe.skipIf(whyNot !== undefined)(
  `a real disk${whyNot === undefined ? "" : ` [skipped: ${whyNot}]`}`,
  () => {
    for (const trashDays of [14, 0]) {
      it(`that is full, ${trashDays === 0 ? "without a trash" : "with a trash"}`, async () => {
        const folder = join(await temporaryFolder(), "served");
        await mkdir(folder);
        expect(mountSmall(folder)).toBeUndefined();
        onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
        const lines: string[] = [];
        const log = createJsonLog((line) => lines.push(line));
        const server = await startServer({ folder, policy: { trashDays }, log });
        const stored = upload(3 * mebibyte);
        expect(await post(server, stored)).toBe(200);
        // To the last page.
        let filler = 0;
        for (let size = mebibyte; size >= 1; size = Math.floor(size / 2)) {
          while ((await post(server, upload(size))) === 200) filler++;
        }
        const cases = await lifeOnFullDisk(server, stored);
        // Deleting has to work on a full disk, or there would be no way out.
        expect((await call(server.url, "DELETE", stored.path)).status).toBe(200);
        expect((await call(server.url, "GET", stored.path)).status).toBe(404);
        if (trashDays > 0) {
          // There is no room for the audit log: the server's own log has what it would have said.
          const object = stored.path.slice("/r/data/".length);
          const told = lines.find((line) => line.includes("NOT IN THE AUDIT LOG") && line.includes(object));
          expect(told).toMatch(/"event":"deleted"/);
          expect(await server.server.trash.restore({})).toMatchObject({ restored: 1 });
          expect((await call(server.url, "GET", stored.path)).body.equals(stored.body)).toBe(true);
        } else {
          await unharmed(server);
          expect(await post(server, upload(mebibyte), chunked)).toBe(200);
        }
        console.log(`${cases + 2} cases of a disk that ${filler} uploads have filled`);
      });
    }
  },
);

it("threat 35: keeps some of the disk free, also where many come at once, and takes locks all the same", async () => {
  const folder = join(await temporaryFolder(), "served");
  let size = 10 * mebibyte;
  const free = async (): Promise<number> => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return size - names.filter((name) => /data\/..\/[0-9a-f]{64}$/.test(name)).length * mebibyte;
  };
  const server = await startServer({ folder, diskReserve: { path: folder, bytes: 4 * mebibyte, free } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(server, upload(mebibyte))));
  let stored = answers.filter((status) => status === 200).length;
  expect(answers.filter((status) => status === 507)).toHaveLength(20 - stored);
  // While they come, what the disk has of them already may count twice. When all is quiet it is exact.
  expect(stored).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  while (stored < 10 && (await post(server, upload(mebibyte))) === 200) stored++;
  expect(stored).toBe(6);
  for (const headers of [{}, chunked] as Record<string, string>[]) {
    expect(await post(server, upload(1), headers)).toBe(507);
    expect(await post(server, upload(150, "locks"), headers)).toBe(200);
  }
  size += mebibyte;
  const one = upload(mebibyte);
  await expect.poll(() => post(server, one), { timeout: 10_000 }).toBe(200);
  await expect.poll(() => leftovers(server.folder)).toEqual([]);
});

it("keeps some of a real disk free", async () => {
  const folder = await temporaryFolder();
  const { bavail, bsize } = await statfs(folder);
  // Others use the disk, too: half of what is free, and far more than there is.
  const roomy = await startServer({ diskReserve: { path: folder, bytes: Math.floor((bavail * bsize) / 2) } });
  expect(await post(roomy, upload(mebibyte))).toBe(200);
  const tight = await startServer({ diskReserve: { path: folder, bytes: 100 * bavail * bsize } });
  expect(await post(tight, upload(mebibyte))).toBe(507);
  const nowhere = await startServer({ diskReserve: { path: join(folder, "gone"), bytes: 1 } });
  expect(await post(nowhere, upload(mebibyte))).toBe(404);
});

/** A store whose disk is full while `full` says so. */
function failing(store: ObjectStore, full: () => boolean): ObjectStore {
  return {
    location: store.location,
    trash: store.trash,
    create: () => store.create(),
    stat: (file) => store.stat(file),
    open: (file) => store.open(file),
    list: (type, options) => store.list(type, options),
    removeUnfinished: (before) => store.removeUnfinished(before),
    remove: (file) => store.remove(file),
    erase: () => store.erase(),
    discard: (file, account, now) => store.discard(file, account, now),
    begin: async (...args: Parameters<ObjectStore["begin"]>) => {
      const writer = await store.begin(...args);
      return {
        write: (piece: Uint8Array) => writer.write(piece),
        commit: () => {
          if (full()) throw new TasticError("no-space", "no space left");
          return writer.commit();
        },
        abort: () => writer.abort(),
      };
    },
  };
}
