/**
 * An owner's own S3 store, as the seed tells it, on a real one (Ceph): the four fields, automatic backups, the prompt of
 * the shell as a process of its own, the address that restores. One 3Bot lives through all of it in this order.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@tastic/rest-server";
import type { Finding, MinioFields, OwnedSnapshot, OwnerService } from "@tastic/threebot";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { cephAccess, describeWithCeph, newBucketName } from "../../../test/support/peers.js";
import { runProgram, succeed } from "../../../test/support/programs.js";
import { treeOf } from "../../../test/support/trees.js";
import { openSite } from "../dist/command/site.js";
import { openStore } from "../dist/copies/copy-store.js";
import { minioAccess } from "../dist/owner/set-up-minio.js";
import {
  day,
  ended,
  explain,
  fillHome,
  startThreebot,
  startWorld,
  waitFor,
  type Threebot,
  type World,
} from "./owner-support.js";
import { ownerPassword, Visitor } from "./support/owner-site.js";
import { whenOver } from "./support/when-over.js";

const minio = "/backup/actors/minio";
const command = join(import.meta.dirname, "..", "bin", "3bot-backup.js");

describeWithCeph("a Minio that is Ceph", () => {
  let world: World;
  let alice: Threebot;
  let owner: OwnerService;
  let url: string;
  /** The owner, logged in at the page. */
  let browser: Visitor;
  let fields: MinioFields;
  /** A file with what the shell may come in by. */
  let tokenFile: string;
  let good: Record<string, string>;

  beforeAll(async () => {
    const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
    fields = {
      url: endpoint.startsWith("http") ? endpoint : `http://${endpoint}`,
      accessKey: accessKeyId,
      secretKey: secretAccessKey,
      password: "canary password of the Minio",
      bucket: newBucketName(),
    };
    world = await startWorld();
    alice = await startThreebot(world);
    owner = alice.owner;
    await fillHome(alice.home);
    await owner.changeSettings({ drillDays: 0 });
    const site = await openSite({
      owner,
      state: alice.stateFolder,
      listen: "127.0.0.1:0",
      firstPassword: ownerPassword,
      log: silentLog,
    });
    whenOver(() => site.stop(1_000));
    url = site.url.replace(/\/$/, "");
    browser = new Visitor((path, init) => fetch(url + path, { redirect: "manual", ...init }));
    expect((await browser.post("/api/v1/session", { password: ownerPassword })).status).toBe(200);
    const made = (await (await browser.post("/api/v1/tokens", { name: "shell" })).json()) as {
      token: string;
    };
    tokenFile = join(await temporaryFolder(), "token");
    await writeFile(tokenFile, made.token);
  }, 180_000);

  const found = async (change: Partial<MinioFields> = {}): Promise<Finding> =>
    (await (await browser.post("/api/v1/minio/test", { ...fields, ...change })).json()) as Finding;
  const snapshots = (): Promise<readonly OwnedSnapshot[]> => owner.snapshots("minio");
  const countOfRuns = async (): Promise<number> => (await owner.runs({ limit: 100 })).length;
  /** As the original's page read an answer: JSON in JSON. */
  const dataOf = async (response: Response): Promise<unknown> =>
    (JSON.parse((await response.json()) as string) as { data: unknown }).data;

  /** The names of all that is stored. */
  async function stored(): Promise<string[]> {
    const storage = openStore(minioAccess(fields), { retryForMs: 0 });
    try {
      const names: string[] = [];
      for (const type of ["key", "index", "snapshot", "pack", "lock"] as const)
        for await (const { name } of storage.list(type)) names.push(`${type}/${name}`);
      return names.sort();
    } finally {
      await storage.close();
    }
  }

  /** What a 3Bot may suffer: one file changed, one gone, one that was not there. */
  async function damage(): Promise<void> {
    await writeFile(join(alice.home, ".config/jumpscale/config.toml"), "all wrong\n");
    await rm(join(alice.home, ".ssh/id_ed25519"));
    await mkdir(join(alice.home, ".config/jumpscale/new"), { recursive: true });
    await writeFile(join(alice.home, ".config/jumpscale/new/file"), "made since\n");
  }

  /** All that was in the backup is as it was there; what was made since may stay. */
  async function expectBack(folder = alice.home): Promise<void> {
    const {
      ".config/jumpscale/new": _folder,
      ".config/jumpscale/new/file": _file,
      ...now
    } = await treeOf(folder);
    expect(now).toEqual(good);
  }

  async function isSafe(): Promise<void> {
    const [newest] = await snapshots();
    expect(newest?.snapshot.tags).toContain("safety");
    const path = join(alice.home, ".config/jumpscale/config.toml");
    let kept = "";
    for await (const piece of await owner.read("minio", newest?.id ?? "", path))
      kept += Buffer.from(piece).toString();
    expect(kept).toBe("all wrong\n");
  }

  /** Types lines into `3bot-backup shell`, a process of its own. */
  const typed = async (...lines: string[]): Promise<string> => {
    const args = [command, "shell", "--service", url, "--token-file", tokenFile];
    return succeed(await runProgram(process.execPath, args, { input: `${lines.join("\n")}\n` })).stdout;
  };

  it("is looked at and left alone; Init now then makes what was missing", async () => {
    expect(await found()).toMatchObject({ found: "new", snapshots: 0 });
    expect(await found()).toMatchObject({ found: "new" });
    expect(await (await browser.get(`${minio}/repos_exist`)).json()).toBe(false);
    // The dialog of the original had no field for the bucket; it may stand in the URL.
    const body = {
      minio_url: `${fields.url}/${fields.bucket}`,
      access_key: fields.accessKey,
      secret_key: fields.secretKey,
      password: fields.password,
    };
    expect(await dataOf(await browser.post(`${minio}/init`, body))).toBe("backup repos inited");
    expect(await (await browser.get(`${minio}/repos_exist`)).json()).toBe(true);
    expect(await dataOf(await browser.post(`${minio}/backup`, { tags: "first" }))).toBe("backup done");
    expect(await found()).toMatchObject({ found: "existing", snapshots: 1 });
    good = await treeOf(alice.home);
  });

  it("that is wrong is told within ten seconds, by its reason, and changes nothing that worked", async () => {
    const before = { stored: await stored(), status: await owner.status() };
    for (const [change, reason] of [
      [{ secretKey: "wrong" }, "wrong-keys"],
      [{ accessKey: "NOBODY" }, "wrong-keys"],
      [{ password: "another" }, "wrong-password"],
      [{ url: "http://no-such-host.invalid:9000" }, "unreachable"],
      [{ url: "http://127.0.0.1:1" }, "unreachable"],
      [{ url: "http://169.254.169.254" }, "refused"],
    ] as const) {
      const began = performance.now();
      const finding = await found(change);
      expect([change, finding.found]).toEqual([change, reason]);
      expect(performance.now() - began).toBeLessThan(10_500);
      expect(finding.problem?.guidance).toMatch(/\w/);
      const refused = await browser.post("/api/v1/minio/init", { ...fields, ...change });
      expect([400, 401, 403, 502]).toContain(refused.status);
    }
    expect({ stored: await stored(), status: await owner.status() }).toEqual(before);
    expect(await dataOf(await browser.post(`${minio}/backup`, { tags: "second" }))).toBe("backup done");
    expect(await snapshots()).toHaveLength(2);
  });

  it("defect 1: is backed up to by itself, at once when that is switched on and then every day", async () => {
    expect(await (await browser.get(`${minio}/check_auto_backup`)).json()).toBe(false);
    const before = await countOfRuns();
    await owner.start();
    expect(await dataOf(await browser.post(`${minio}/enable_auto_backup`))).toBe("auto backup enabled");
    const allDone = (count: number): Promise<void> =>
      waitFor(async () => {
        const runs = await owner.runs({ limit: 100 });
        return runs.length >= before + count && runs.every(({ state }) => state === "done");
      }, 120_000);
    await allDone(1);
    for (let count = 2; count <= 3; count++) {
      // The regular time is no more than some minutes from a day.
      await world.clock.pass(1.1 * day);
      await allDone(count);
    }
    const [newest] = await owner.runs({ limit: 1 });
    expect(newest, newest && (await explain(owner, newest))).toMatchObject({
      place: "minio",
      by: "schedule",
    });
    expect(await (await browser.get(`${minio}/check_auto_backup`)).json()).toBe(true);
    expect(await snapshots()).toHaveLength(5);
    expect(await dataOf(await browser.post(`${minio}/disable_auto_backup`))).toBe("auto backup disabled");
    await world.clock.pass(2 * day);
    expect(await snapshots()).toHaveLength(5);
  });

  it("answers the words of the seed in the shell: a list, a restore of the latest, one of another snapshot", async () => {
    const listed = await typed("restic = j.tools.restic.minio_backup ", "restic.list_snapshots()");
    const all = await snapshots();
    const times = [...listed.matchAll(/'time': '([^']+)'/g)].map(([, time]) => time);
    expect(times).toEqual(all.map(({ snapshot }) => snapshot.time).reverse());
    const oldest = all.at(-1)!;
    for (const text of [
      `'tree': '${oldest.snapshot.tree}'`,
      `'hostname': '${oldest.snapshot.hostname}'`,
      `'${join(alice.home, ".config/jumpscale")}'`,
      "'first'",
      `'id': '${oldest.id}'`,
      `'short_id': '${oldest.id.slice(0, 8)}'`,
    ])
      expect(listed).toContain(text);
    for (const field of ["username", "parent"]) expect(listed).toContain(`'${field}': `);
    await damage();
    expect(await typed("restic = j.tools.restic.minio_backup ", 'restic.restore("/")')).toBe("");
    await expectBack();
    await isSafe();
    const target = join(alice.home, "back");
    await typed(
      "restic = j.tools.restic.minio_backup",
      `restic.restore(target_path="${target}", snapshot_id="${oldest.id.slice(0, 8)}")`,
    );
    expect(await readFile(join(target, alice.home, ".ssh/id_ed25519"), "utf8")).toContain("BEGIN KEY");
    await expectBack(join(target, alice.home));
    await rm(target, { recursive: true });
  });

  it("defect 9: by the seed's address, restores only what was confirmed: GET leads to the question, POST does it", async () => {
    await damage();
    const damaged = await treeOf(alice.home);
    const runs = await countOfRuns();
    const asked = await browser.get(`${minio}/restore`, { "sec-fetch-site": "none" });
    expect([asked.status, asked.headers.get("location")]).toEqual([
      302,
      "/#/restore?place=minio&snapshot=latest",
    ]);
    // What that page shows before it asks.
    const request = { place: "minio", snapshot: "latest", paths: [], existing: "replace" };
    const preview = (await (await browser.post("/api/v1/restore/preview", request)).json()) as object;
    expect(preview).toMatchObject({
      create: 1,
      replace: 1,
      replaced: [join(alice.home, ".config/jumpscale/config.toml")],
    });
    expect(await treeOf(alice.home)).toEqual(damaged);
    expect(await countOfRuns()).toBe(runs);
    expect(await dataOf(await browser.post(`${minio}/restore`))).toBe("data restored");
    await expectBack();
    await isSafe();
  });

  it("brings another machine back from its four fields", async () => {
    const second = await startThreebot(world);
    const from = { place: "minio", ...fields } as const;
    const wrong = await second.owner.findRecoverable({ ...from, secretKey: "wrong" });
    expect(wrong.copies[0]?.finding.found).toBe("wrong-keys");
    const run = await ended(second.owner, await second.owner.recover({ from }));
    expect(run.state, await explain(second.owner, run)).toBe("done");
    expect(await treeOf(second.home)).toEqual(good);
    expect((await second.owner.status()).places[1]).toMatchObject({ place: "minio", state: "ready" });
  });
});
