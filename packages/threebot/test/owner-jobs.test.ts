/**
 * Backup jobs, as the original had them: paths and excludes of their own, in several places; and that no job's snapshot is
 * ever taken for one of the 3Bot itself (defect 2).
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Job, Run } from "@tastic/threebot";
import { beforeEach, expect, it } from "vitest";
import {
  backupNow,
  day,
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
import { startS3Store } from "./s3-store.js";

const marketplace = "marketplace";
const retention = { last: 2, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const photos: Job = {
  name: "photos",
  paths: ["~/photos"],
  excludes: ["~/photos/private", "*.tmp"],
  places: [marketplace],
  everyHours: 0,
  retention,
};

let world: World;
let threebot: Threebot;
let owner: Threebot["owner"];

beforeEach(async () => {
  world = await startWorld();
  threebot = await startThreebot(world);
  ({ owner } = threebot);
  await fillHome(threebot.home);
  await owner.setUpMarketplace({ name: "alice", password, token });
  await mkdir(join(threebot.home, "photos", "private"), { recursive: true });
  for (const file of ["one.jpg", "two.jpg", "two.tmp", "private/three.jpg"])
    await writeFile(join(threebot.home, "photos", file), `picture ${file}`);
});

async function done(run: Run): Promise<Run> {
  const end = await ended(owner, run);
  expect(end.state, await explain(owner, end)).toBe("done");
  return end;
}

async function runJob(name = "photos"): Promise<Run[]> {
  const ends: Run[] = [];
  for (const run of await owner.runJob({ name })) ends.push(await done(run));
  return ends;
}

const jobsOf = async (): Promise<(string | undefined)[]> =>
  (await owner.snapshots(marketplace)).map(({ job }) => job);

it("backs its paths up without what it excludes, is restored, and is recorded", async () => {
  const made = await owner.setJob(photos);
  expect(made).toEqual({ ...photos, at: [{ place: marketplace, next: undefined, last: undefined }] });
  const [run] = await runJob();
  expect(run).toMatchObject({ kind: "job", job: "photos", place: marketplace, by: "owner" });
  const [one] = await owner.snapshots(marketplace, ["job:photos"]);
  expect(one).toMatchObject({ job: "photos", copies: ["marketplace-1", "marketplace-2"], complete: true });
  expect(one?.snapshot.paths).toEqual([join(threebot.home, "photos")]);
  const page = { offset: 0, limit: 100 };
  const { entries } = await owner.list(marketplace, one!.id, join(threebot.home, "photos"), page);
  expect(entries.map(({ name }) => name)).toEqual(["one.jpg", "two.jpg"]);
  expect((await owner.jobs())[0]?.at).toEqual([
    { place: marketplace, next: undefined, last: { run: run!.id, ended: run!.ended, state: "done" } },
  ]);
  await rm(join(threebot.home, "photos"), { recursive: true });
  const request = { place: marketplace, snapshot: one!.id, paths: [], target: undefined } as const;
  await done(await owner.restore({ ...request, existing: "replace" }));
  expect(await readFile(join(threebot.home, "photos", "one.jpg"), "utf8")).toBe("picture one.jpg");
});

it("is no backup of the 3Bot: neither the latest, nor what is recovered, nor why nothing is overdue", async () => {
  await backupNow(owner, marketplace);
  const [whole] = await owner.snapshots(marketplace);
  const backedUp = new Date(world.clock.now()).toISOString();
  await owner.setJob(photos);
  world.clock.advance(2 * day + hour);
  await runJob();
  expect(await jobsOf()).toEqual(["photos", undefined]);
  // On a busy machine a copy may not answer in the time that a person waits.
  const newest = async (): Promise<string | undefined> =>
    (await owner.findRecoverable({ place: marketplace, name: "alice", password })).newestComplete;
  await expect.poll(newest, { timeout: 90_000 }).toBe(whole?.id);
  const page = { offset: 0, limit: 1 };
  await expect(
    owner.list(marketplace, "latest", join(threebot.home, ".config/jumpscale"), page),
  ).resolves.toMatchObject({ total: 3 });
  const status = await owner.status();
  expect(status.places[0]).toMatchObject({ lastBackup: backedUp, overdue: true });
  expect(status.sizes).toHaveLength(1);
  expect(status.days.at(-1)?.result).toBe("none");
  // Nor does the next backup take it for what there was before: nothing of it is read again.
  world.clock.advance(hour);
  const next = await backupNow(owner, marketplace);
  expect(next.state, await explain(owner, next)).toBe("done");
  const [latest] = await owner.snapshots(marketplace);
  expect(latest?.snapshot.parent).toBe(whole?.id);
  expect(latest?.snapshot.summary).toMatchObject({ filesNew: 0, filesChanged: 0 });
});

it("has its own retention, and leaves what the settings keep alone", async () => {
  await backupNow(owner, marketplace);
  await owner.setJob(photos);
  for (let round = 0; round < 3; round++) {
    world.clock.advance(day);
    await writeFile(join(threebot.home, "photos", `more ${round}`), `more ${round}`);
    await runJob();
  }
  expect(await jobsOf()).toEqual(["photos", "photos", undefined]);
  await owner.changeSettings({ retention: { ...retention, last: 1 } });
  world.clock.advance(day);
  await backupNow(owner, marketplace);
  expect(await jobsOf()).toEqual([undefined, "photos", "photos"]);
  await owner.removeJob("photos");
  world.clock.advance(day);
  await backupNow(owner, marketplace);
  expect(await jobsOf()).toEqual([undefined, "photos", "photos"]);
});

it("asks before it backs up far fewer files than the last time", async () => {
  for (let i = 0; i < 20; i++) await writeFile(join(threebot.home, "photos", `${i}.jpg`), "a picture");
  await owner.setJob(photos);
  await runJob();
  await rm(join(threebot.home, "photos"), { recursive: true });
  await mkdir(join(threebot.home, "photos"));
  world.clock.advance(hour);
  const [lost] = await owner.runJob({ name: "photos" });
  expect(await ended(owner, lost!)).toMatchObject({ state: "failed", problem: { code: "job-shrunk" } });
  const [meant] = await owner.runJob({ name: "photos", allowLess: true });
  await done(meant!);
  expect(await jobsOf()).toEqual(["photos", "photos"]);
});

it("runs on its schedule in each of its places, and in one where another run goes on after that", async () => {
  const store = await startS3Store();
  await owner.setUpMinio({
    ...{ url: store.url, accessKey: store.accessKey, secretKey: "secret" },
    password: "of the store",
  });
  await owner.changeSettings({ automatic: { marketplace: false, minio: false }, drillDays: 0 });
  await owner.setJob({ ...photos, places: [marketplace, "minio"], everyHours: 6 });
  await owner.start();
  const states = async (): Promise<unknown[]> => (await owner.jobs())[0]!.at.map(({ last }) => last?.state);
  await waitFor(async () => (await states()).every((state) => state === "done"), 90_000);
  for (const place of [marketplace, "minio"] as const)
    expect(await owner.snapshots(place, ["job:photos"])).toHaveLength(1);
  await world.clock.pass(7 * hour);
  await waitFor(async () => (await owner.snapshots("minio", ["job:photos"])).length === 2, 90_000);
  const runs = await owner.runs({ limit: 10 });
  expect(runs.map(({ kind, by, job }) => [kind, by, job])).toContainEqual(["job", "schedule", "photos"]);
});

it("is refused with what cannot be one, and so is its tag elsewhere", async () => {
  const refused: [Partial<Job>, string][] = [
    [{ name: "../x" }, "invalid-argument"],
    [{ name: "Photos" }, "invalid-argument"],
    [{ paths: [] }, "invalid-argument"],
    [{ paths: ["photos"] }, "invalid-argument"],
    [{ paths: ["/etc"] }, "unsafe-path"],
    [{ places: [] }, "invalid-argument"],
    [{ places: ["minio"] }, "not-found"],
    [{ everyHours: -1 }, "invalid-argument"],
    [{ retention: { ...retention, last: 0 } }, "invalid-argument"],
  ];
  for (const [change, code] of refused)
    await expect(owner.setJob({ ...photos, ...change }), JSON.stringify(change)).rejects.toMatchObject({
      code,
    });
  expect(await owner.jobs()).toEqual([]);
  for (const work of [owner.runJob({ name: "photos" }), owner.removeJob("photos")])
    await expect(work).rejects.toMatchObject({ code: "not-found" });
  const tags = ["job:photos"];
  await expect(owner.backup({ place: marketplace, tags })).rejects.toMatchObject({
    code: "invalid-argument",
  });
  await expect(owner.tag(marketplace, "latest", { add: tags, remove: [] })).rejects.toMatchObject({
    code: "invalid-argument",
  });
});
