/**
 * kill -9 at random moments under load: no object is visible that does not match its name, what was answered is there, no
 * account is lost, and the next server is up within a second. TASTIC_SERVER_KILLS sets how often.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLocalDocuments, createMemoryDocuments, localModes } from "@tastic/rest-server";
import { temporaryFolder } from "./support/peers.js";
import { call, serveRest, sha256 } from "./support/serve-rest.js";

const kills = Number(process.env["TASTIC_SERVER_KILLS"] ?? 15);

it(`survives ${kills} kills under load`, { timeout: 60_000 + kills * 20_000 }, async () => {
  const home = await temporaryFolder();
  let folder = "";
  const answered = new Set<string>();
  const deleted = new Set<string>();
  const accounts = new Set<string>();
  const totals = { objects: 0, accounts: 0 };
  let slowest = 0;
  let busiest = 0;
  let looked = 0;
  for (let kill = 0; kill < kills; kill++) {
    if (kill % 25 === 0) {
      // Everything is read after each kill: many kills of one server would be spent on that.
      totals.objects += answered.size;
      totals.accounts += accounts.size;
      for (const set of [answered, deleted, accounts]) set.clear();
      folder = join(home, `served${kill}`);
    }
    const server = await serveRest({
      folder,
      args: ["--repository-quota", "1T", "--operator-listen", "127.0.0.1:0"],
    });
    const operator = `http://${/operator's API on (\S+)\n/.exec(server.said())![1]!}/`;
    slowest = Math.max(slowest, server.startedIn);
    busiest = Math.max(busiest, processorSeconds(server.running.child.pid!));
    // An upload waits for nothing that the server has to do after a crash.
    const first = randomBytes(1_000);
    expect((await call(server.url, "POST", `/r0/data/${sha256(first)}`, { body: first })).status).toBe(200);
    answered.add(`r0/data/${sha256(first)}`);
    await expectNoLoss(folder, answered, deleted, accounts);
    looked += answered.size;
    const until = performance.now() + 100 + Math.random() * 500;
    const busy = (): boolean => performance.now() < until;
    const load = [
      ...Array.from({ length: 6 }, async (_, client) => {
        while (busy()) {
          const body = randomBytes(1 + Math.floor(Math.random() * 400_000));
          const path = `r${client % 2}/${["data", "index", "snapshots"][client % 3]}/${sha256(body)}`;
          const { status } = await call(server.url, "POST", `/${path}`, { body });
          if (status === 200) answered.add(path);
          if (status === 200 && Math.random() < 0.3) {
            deleted.add(path);
            await call(server.url, "DELETE", `/${path}`);
          }
        }
      }),
      (async () => {
        for (let i = 0; busy(); i++) {
          const name = `a${kill}-${i}`;
          const body = JSON.stringify({ hash: `$2y$10$${"a".repeat(53)}`, state: "active" });
          const { status } = await call(operator, "PUT", `/v1/accounts/${name}`, { body });
          if (status === 200) accounts.add(name);
        }
      })(),
    ].map((client) => client.catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now() - 50)));
    await server.stop("SIGKILL");
    await Promise.all(load);
  }
  const last = await serveRest({ folder });
  await expectNoLoss(folder, answered, deleted, accounts);
  await last.stop();
  console.log(
    `${kills} kills, ${totals.objects + answered.size} objects answered, looked at ${looked + answered.size} times, ` +
      `${totals.accounts + accounts.size} accounts, slowest start ${(slowest / 1000).toFixed(2)} s, ` +
      `of the processor at most ${busiest.toFixed(2)} s`,
  );
  expect(totals.accounts + accounts.size).toBeGreaterThan(0);
  // How long a start takes is a matter of what else the machine does; what it takes of the processor is not.
  expect(busiest).toBeLessThan(1);
});

async function expectNoLoss(
  folder: string,
  answered: ReadonlySet<string>,
  deleted: ReadonlySet<string>,
  accounts: ReadonlySet<string>,
): Promise<void> {
  const visible = new Set<string>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const trashed = new Set<string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    if (path.includes(".tastic/trash")) trashed.add(entry.name.split(".")[0]!);
    if (!/^[0-9a-f]{64}$/.test(entry.name)) continue;
    expect(
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    ).toBe(entry.name);
    const [repository, type] = path.slice(folder.length + 1).split("/");
    visible.add(`${repository}/${type}/${entry.name}`);
  }
  for (const path of answered) {
    const there = visible.has(path) || (deleted.has(path) && trashed.has(path.split("/")[2]!));
    expect([path, there]).toEqual([path, true]);
  }
  const documents = createLocalDocuments(join(folder, ".tastic"), localModes(false));
  for (const name of accounts)
    expect(JSON.parse((await documents.read(`accounts/${name}`))!.content)).toMatchObject({ name });
}

/** What a process has used of processors so far, in seconds; 0 where the system does not say. */
function processorSeconds(pid: number): number {
  if (process.platform !== "linux") return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

it("documents of a memory store are not mistaken for files", async () => {
  const documents = createMemoryDocuments();
  expect(await documents.write("a/b", "1", undefined)).toBe(true);
  expect(await documents.write("a/b", "2", undefined)).toBe(false);
  expect(await documents.read("a/b")).toMatchObject({ content: "1" });
});
