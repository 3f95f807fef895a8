/**
 * The 25 defects of the original 3Bot backup, by their numbers: one test for each, on one 3Bot that lives through all of
 * them in this order. What goes deeper is beside the subject, under the same numbers.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocalStorage } from "@tastic/storage";
import { deriveCredentials, parseName, type MinioFields, type OwnerService } from "@tastic/threebot";
import { Repository } from "tastic";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { treeOf } from "../../../test/support/trees.js";
import { applyRetention, type MergedSnapshot } from "../dist/copies/merged-snapshots.js";
import { defaultSettings } from "../dist/owner/default-settings.js";
import { isOverdue } from "../dist/owner/status-view.js";
import { nextRegular } from "../dist/schedule/times.js";
import {
  codeOf,
  register,
  secretOf,
  startMarketplace as startRealMarketplace,
} from "./marketplace-support.js";
import {
  backupNow,
  day,
  emptyFolder,
  ended,
  explain,
  fillHome,
  hour,
  password,
  startThreebot,
  startWorld,
  token,
  waitFor,
  type Threebot,
  type World,
} from "./owner-support.js";
import { startS3Store, type S3Store } from "./s3-store.js";
import { createSite, errorOf, loggedIn } from "./support/owner-site.js";

const place = "marketplace";
const name = parseName("alice");
/** What a script that is put together from text would stumble over. */
const oddPassword = `it's "$(touch /tmp/x)" & more; 'x`;

let world: World;
let store: S3Store;
let alice: Threebot;
let owner: OwnerService;
let first: string;

const minio = (change: Partial<MinioFields> = {}): MinioFields => ({
  url: store.url,
  accessKey: store.accessKey,
  secretKey: oddPassword,
  password: oddPassword,
  ...change,
});
const filesBelow = async (folder: string): Promise<readonly Buffer[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
};
const newestOf = async (): Promise<string> => (await owner.snapshots(place))[0]?.id ?? "";
/** With the same name and password, on another machine. */
const elsewhere = (): Promise<Threebot> => startThreebot(world);
const from = { place, name, password } as const;

beforeAll(async () => {
  world = await startWorld();
  store = await startS3Store();
  const home = join(await temporaryFolder(), "home");
  // In a folder that is backed up, as the original's script was.
  alice = await startThreebot(world, { home, stateFolder: join(home, ".config/jumpscale/backup") });
  owner = alice.owner;
  await fillHome(home);
  await owner.setUpMarketplace({ name, password, token });
  const run = await backupNow(owner, place);
  expect(run.state, await explain(owner, run)).toBe("done");
  first = await newestOf();
}, 120_000);

it("defect 1: automatic backups to Minio have the keys, and are made", async () => {
  await owner.setUpMinio(minio());
  await owner.setAutomatic("minio", true);
  await owner.start();
  await waitFor(async () =>
    (await owner.runs({ limit: 9 })).some((run) => run.place === "minio" && run.state === "done"),
  );
  expect((await owner.runs({ limit: 9 })).find((run) => run.place === "minio")?.by).toBe("schedule");
  expect(await owner.snapshots("minio")).toHaveLength(1);
});

it("defect 2: recovery takes all paths, and the newest state, whatever the hosts were called", async () => {
  world.clock.advance(hour);
  await fillHome(alice.home, 1);
  await backupNow(owner, place);
  const second = await elsewhere();
  const run = await ended(second.owner, await second.owner.recover({ from }));
  expect(run.state, await explain(second.owner, run)).toBe("done");
  await fillHome(second.home, 1);
  const before = await treeOf(second.home);
  await writeFile(join(second.home, ".ssh/known_hosts"), "of the second machine");
  world.clock.advance(hour);
  expect((await backupNow(second.owner, place)).state).toBe("done");
  const third = await elsewhere();
  await ended(third.owner, await third.owner.recover({ from }));
  expect(await readFile(join(third.home, ".ssh/known_hosts"), "utf8")).toBe("of the second machine");
  await rm(join(third.home, ".ssh/known_hosts"));
  expect(Object.keys(await treeOf(third.home))).toEqual(Object.keys(before));
});

it("defect 3: with one copy lost, the other's snapshots are all found", async () => {
  await emptyFolder(join(world.servers[0].folder, "alice"));
  const found = await owner.findRecoverable(from);
  expect(found.copies.map(({ finding }) => finding.found)).toEqual(["new", "existing"]);
  expect(found.snapshots).toHaveLength(3);
  expect((await backupNow(owner, place)).state).toBe("done");
  for (const { copies } of await owner.snapshots(place)) expect(copies).toHaveLength(2);
});

it("defect 4: what logs in decrypts nothing, and is in no URL and no argument", async () => {
  const { loginSecret } = await deriveCredentials(name, password);
  for (const { folder, seen } of world.servers) {
    expect(seen.join()).toContain(Buffer.from(`alice:${loginSecret}`).toString("base64"));
    for (const line of seen) expect(line.split(" ")[1]).not.toContain(loginSecret);
    const storage = createLocalStorage(join(folder, "alice"));
    await expect(Repository.open(storage, { password: loginSecret })).rejects.toMatchObject({
      code: "wrong-password",
    });
  }
  expect([...process.argv, JSON.stringify(process.env)].join()).not.toContain(password);
});

it("defect 5: nothing that is kept or sent can be tried against a password quickly", async () => {
  const seed = Buffer.from(password.padStart(32, "0"));
  const quick = [
    password,
    createHash("md5").update(password).digest("hex"),
    createHash("sha256").update(password).digest("hex"),
    seed.toString("base64"),
    seed.toString("hex"),
  ];
  const kept: Buffer[] = [...world.marketplace.seen, ...world.servers.flatMap(({ seen }) => seen)].map(
    (text) => Buffer.from(text),
  );
  for (const { folder } of world.servers) kept.push(...(await filesBelow(folder)));
  kept.push(...(await filesBelow(alice.stateFolder)));
  for (const bytes of kept) for (const guess of quick) expect(bytes.includes(guess)).toBe(false);
  // And where there is no hash, no password is right.
  const visitor = createSite().visitor();
  expect(await errorOf(await visitor.post("/api/v1/session", { password: "whatever it is" }))).toMatchObject({
    code: "wrong-password",
  });
});

it("defect 6: a token is for one name, spent on success alone; no name is another's up to a dot", async () => {
  const { marketplace, servers } = await startRealMarketplace();
  const given = await marketplace.issueToken("victim");
  const ask = (who: string) =>
    codeOf(marketplace.register({ name: who, token: given, loginSecret: secretOf(who) }, "10.0.0.1"));
  expect(await ask("victim.x")).not.toBe("none");
  expect(await ask("other")).toBe("access-denied");
  for (const server of servers) server.down = "before";
  expect(await ask("victim")).toBe("storage-failed");
  for (const server of servers) server.down = "no";
  expect(await ask("victim")).toBe("none");
});

it("defect 7: destroying ends on both servers, with the data, also if one was down", async () => {
  const { marketplace, servers, clock } = await startRealMarketplace();
  await register(marketplace, "alice");
  const alices = { name: "alice", loginSecret: secretOf("alice"), confirm: "alice" };
  for (const { folder } of servers) await mkdir(join(folder, "alice/data"), { recursive: true });
  servers[0].down = "before";
  await marketplace.destroy(alices, "10.0.0.1");
  clock.now += 8 * day;
  await marketplace.work();
  servers[0].down = "no";
  clock.now += day;
  await marketplace.work();
  for (const { rest, folder } of servers) {
    expect(await rest.accounts.list()).toEqual([]);
    await expect(stat(join(folder, "alice"))).rejects.toThrow("ENOENT");
  }
});

it("defect 8: a wrong field at Minio changes nothing that worked", async () => {
  for (const wrong of [{ accessKey: "TYPO" }, { password: "typo" }, { url: "http://127.0.0.1:1" }])
    await expect(owner.setUpMinio(minio(wrong))).rejects.toThrow();
  expect((await backupNow(owner, "minio")).state).toBe("done");
});

it("defect 9: GET restores nothing; in place, a preview and a safety snapshot come first", async () => {
  const site = createSite();
  site.owner.states.set("minio", "ready");
  site.owner.add("minio");
  const visitor = await loggedIn(site);
  expect((await visitor.get("/backup/actors/minio/restore")).status).toBe(302);
  expect(site.owner.calls.map(([method]) => method)).not.toContain("restore");
  const script = join(alice.home, "sandbox/code/playground/script.py");
  await writeFile(script, "not backed up yet\n");
  const request = {
    place,
    snapshot: first,
    paths: [script],
    target: undefined,
    existing: "replace",
  } as const;
  expect(await owner.previewRestore(request)).toMatchObject({ replace: 1 });
  expect(await readFile(script, "utf8")).toBe("not backed up yet\n");
  await ended(owner, await owner.restore(request));
  expect(await readFile(script, "utf8")).toBe("print(0)\n");
  // By its tag, not its place: nothing has moved this clock since the last backup.
  const tags = (await owner.snapshots(place)).map(({ snapshot }) => snapshot.tags?.join());
  expect(tags.filter((tag) => tag === "safety")).toEqual(["safety"]);
});

it("defect 10: after a backup that fails nothing is forgotten, and it is told", async () => {
  const before = (await owner.snapshots(place)).length;
  await owner.changeSettings({ paths: ["~/nothing/is/here"], retention: { ...oneOnly, last: 1 } });
  const run = await backupNow(owner, place);
  expect(run).toMatchObject({ state: "failed", unread: true });
  expect(await owner.log(run.id)).not.toMatch(/forget|prune/);
  expect(await owner.snapshots(place)).toHaveLength(before);
  await owner.changeSettings({ paths: defaultSettings.paths, retention: defaultSettings.retention });
});

it("defect 11: one run with one snapshot of all paths, one at a time, and not all at midnight", async () => {
  const run = await owner.backup({ place });
  await expect(owner.backup({ place })).rejects.toMatchObject({ code: "locked" });
  const { snapshots } = await ended(owner, run);
  expect(snapshots).toHaveLength(1);
  const made = (await owner.snapshots(place)).find(({ id }) => id === snapshots[0]);
  expect(made?.snapshot.paths).toHaveLength(4);
  const next = Array.from({ length: 100 }, (_, i) => nextRegular(0, day, () => i / 100));
  expect(Math.max(...next) - Math.min(...next)).toBeGreaterThan(2 * hour);
});

it("defect 12: what is secret is in no backup and for nobody else, and no character of it is special", async () => {
  expect(await owner.search(place, "secret.key", 10)).toEqual([]);
  expect((await stat(join(alice.stateFolder, "secret.key"))).mode & 0o077).toBe(0);
  for (const bytes of await filesBelow(alice.stateFolder)) expect(bytes.includes(oddPassword)).toBe(false);
  expect(await owner.testMinio(minio())).toMatchObject({ found: "existing" });
});

it("defect 13: what is changed counts from the next run on, also after a restart", async () => {
  await owner.setUpMinio(minio({ prefix: "moved" }));
  await owner.setAutomatic("minio", false);
  await owner.stop();
  const { home, stateFolder } = alice;
  alice = await startThreebot(world, { home, stateFolder });
  owner = alice.owner;
  expect((await owner.status()).places[1]).toMatchObject({ state: "ready", automatic: false });
  expect((await backupNow(owner, "minio")).state).toBe("done");
  expect([...store.objects.keys()]).toContain("threebotbackup/moved/config");
});

it("defect 14: overdue is overdue after any number of days, also where there never was a backup", () => {
  const now = Date.parse("2026-03-01T00:00:00Z");
  for (let days = 0; days <= 250; days++) {
    const then = new Date(now - days * day).toISOString();
    const settings = { ...defaultSettings, overdueDays: 2 };
    for (const record of [
      { lastBackup: then, since: "2020-01-01T00:00:00Z" },
      { lastBackup: undefined, since: then },
    ])
      expect([days, isOverdue(record as never, settings, now)]).toEqual([days, days > 2]);
  }
});

it("defect 15: the status says when a backup last succeeded, not that one was asked for", async () => {
  const before = (await owner.status()).places[0]?.lastBackup;
  world.clock.advance(hour);
  await owner.changeSettings({ paths: ["~/nothing/is/here"] });
  await backupNow(owner, place);
  expect((await owner.status()).places[0]).toMatchObject({ automatic: true, lastBackup: before });
  await owner.changeSettings({ paths: defaultSettings.paths });
  const run = await backupNow(owner, place);
  expect(Date.parse((await owner.status()).places[0]?.lastBackup ?? "")).toBeGreaterThanOrEqual(
    Date.parse(run.started),
  );
});

it("defect 16: retention counts a 3Bot's snapshots together, on whichever machine they were made", async () => {
  const all = await owner.snapshots(place);
  expect(new Set(all.map(({ snapshot }) => snapshot.hostname))).toEqual(new Set(["alice"]));
  const kept = (await owner.simulateRetention(place, oneOnly)).filter(({ kept }) => kept.includes("last 1"));
  expect(kept).toHaveLength(1);
});

it("defect 17: a fresh 3Bot does not back up its emptiness over what there is", async () => {
  const fresh = await elsewhere();
  expect(await fresh.owner.setUpMarketplace({ name, password })).toMatchObject({
    state: "recovery-undecided",
  });
  await expect(fresh.owner.backup({ place })).rejects.toThrow(/nothing was decided/);
  await fresh.owner.start();
  await world.clock.pass(2 * day);
  expect(await fresh.owner.runs({ limit: 1 })).toEqual([]);
});

it("defect 18: a year of daily backups leaves weeks and months to go back to", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const all = Array.from({ length: 365 }, (_, days): MergedSnapshot => {
    const time = now - days * day;
    const snapshot = { id: `${days}`, hostname: "alice", time: new Date(time).toISOString(), paths: ["/a"] };
    return { key: `${days}`, snapshot: snapshot as never, inCopies: new Map(), time };
  });
  const { reasons } = applyRetention(all, "alice", defaultSettings.retention, now);
  const ages = [...reasons.keys()].map(Number);
  expect(Math.max(...ages)).toBeGreaterThan(300);
  expect(ages.filter((age) => age > 20 && age < 365).length).toBeGreaterThan(8);
});

it("defect 19: a backup begins at once, all else is answered meanwhile, and it can be cancelled", async () => {
  const run = await owner.backup({ place });
  expect(run.state).toBe("running");
  expect((await owner.status()).places[0]?.running?.id).toBe(run.id);
  expect((await owner.cancel(run.id)).state).toBe("cancelled");
});

it("defect 20: a chosen file of a chosen snapshot goes to a chosen folder, and is proven to", async () => {
  const target = join(alice.home, "back");
  const script = join(alice.home, "sandbox/code/playground/script.py");
  await ended(
    owner,
    await owner.restore({ place, snapshot: first, paths: [script], target, existing: "keep" }),
  );
  expect((await filesBelow(target)).map(String)).toEqual(["print(0)\n"]);
  expect((await ended(owner, await owner.drill(place))).state).toBe("done");
});

it("defect 21: errors have their text where a page looks for it, and nothing secret is shown", async () => {
  const visitor = await loggedIn(createSite());
  expect(await errorOf(await visitor.post("/api/v1/places/minio/backup", { tags: [","] }))).toMatchObject({
    code: "invalid-argument",
    message: expect.stringMatching(/tag/) as string,
  });
  expect(JSON.stringify([await owner.status(), await owner.settings()])).not.toContain(oddPassword);
});

it("defect 22: what is not there is said to be so, with what an owner can do", async () => {
  const alone = await startThreebot(world, { marketplaceUrl: undefined });
  expect((await alone.owner.status()).places.map(({ state }) => state)).toEqual(["absent", "absent"]);
  await expect(alone.owner.setUpMarketplace({ name, password })).rejects.toMatchObject({
    message: expect.stringMatching(/no marketplace/) as string,
    guidance: expect.stringMatching(/Minio of your own/) as string,
  });
});

it("defect 23: two 3Bots on one Minio do not share a repository by accident", async () => {
  const other = await elsewhere();
  const own = minio({ password: "of the other one" });
  await expect(other.owner.setUpMinio(own)).rejects.toMatchObject({ code: "wrong-password" });
  expect(await other.owner.setUpMinio({ ...own, prefix: "other" })).toMatchObject({ state: "ready" });
});

it("defect 24: a run has an id and a state; a name is refused if it is taken, and is never run", async () => {
  const run = await owner.backup({ place });
  expect(run).toMatchObject({ id: expect.stringMatching(/./) as string, state: "running" });
  expect((await ended(owner, run)).state).toBe("done");
  for (const hostile of ["$(reboot)", "a; rm -rf /", "a b", "__proto__", "a/b"])
    expect(() => parseName(hostile)).toThrow();
  const { marketplace } = await startRealMarketplace();
  await register(marketplace, "taken");
  expect(await codeOf(marketplace.issueToken("taken"))).toBe("already-exists");
});

const oneOnly = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
