/** The faces on a real 3Bot with two real backup servers: over HTTP, through the original's routes, at the prompt. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createJsonLog } from "@tastic/rest-server";
import { createClient, createResticRepo, type Client } from "@tastic/threebot";
import { expect, it, onTestFinished, vi } from "vitest";
import { mustEndWell } from "../dist/owner-api/until-ended.js";
import { openSite } from "../dist/command/site.js";
import { runPrompt } from "../dist/shell/prompt.js";
import {
  fillHome,
  startThreebot,
  startWorld,
  token,
  type TestClock,
  type Threebot,
} from "./owner-support.js";
import { filesWith } from "./support/files-with.js";
import { createTerminal } from "./support/terminal.js";

// Real backups, checked and pruned: a busy machine needs its time.
vi.setConfig({ testTimeout: 240_000 });

const minute = 60_000;
const apiToken = `3bot_${"t".repeat(43)}`;

async function threebotWithSite(
  lines: string[] = [],
  firstPassword?: string,
): Promise<Threebot & { client: Client; url: string; clock: TestClock }> {
  const log = createJsonLog((line) => lines.push(line), "debug");
  const world = await startWorld();
  const threebot = await startThreebot(world, { log });
  await fillHome(threebot.home);
  const { owner, stateFolder } = threebot;
  const site = await openSite({
    owner,
    state: stateFolder,
    listen: "127.0.0.1:0",
    token: { name: "test", token: apiToken },
    firstPassword,
    log,
  });
  onTestFinished(() => site.stop(0));
  const url = site.url.replace(/\/$/, "");
  return { ...threebot, client: createClient(url, { token: apiToken }), url, clock: world.clock };
}

it("everything that the interface has works on a real 3Bot, in the shapes that it promises", async () => {
  const { client, home, clock } = await threebotWithSite();
  expect(await client.status()).toMatchObject({ verdict: "new", unreadFailures: 0 });
  const place = await client.setUpMarketplace({ name: "alice", password: "four words of mine", token });
  expect(place).toMatchObject({ place: "marketplace", state: "ready", automatic: true });
  const first = await mustEndWell(client, await client.backup({ place: "marketplace", tags: ["first"] }));
  await writeFile(join(home, ".ssh", "na\u00efve \u202ename <b>.txt"), "changed");
  await rm(join(home, ".config/jumpscale/many/3.txt"));
  clock.advance(minute);
  const second = await mustEndWell(client, await client.backup({ place: "marketplace" }));
  const [newest, oldest] = await client.snapshots("marketplace");
  expect([newest!.id, oldest!.id]).toEqual([second.snapshots[0], first.snapshots[0]]);
  expect((await client.snapshots("marketplace", ["first"])).map(({ id }) => id)).toEqual([oldest!.id]);

  const folder = join(home, ".config/jumpscale/many");
  const { total, entries } = await client.list("marketplace", newest!.id, folder, { offset: 2, limit: 5 });
  expect([total, entries.length]).toEqual([19, 5]);
  expect(entries[0]).toMatchObject({ type: "file", path: expect.stringContaining(folder) as string });
  const strange = join(home, ".ssh", "na\u00efve \u202ename <b>.txt");
  expect(await textOf(await client.read("marketplace", newest!.id, strange))).toBe("changed");
  const zip = await textOf(await client.archive("marketplace", newest!.id, folder));
  expect(zip.startsWith("PK")).toBe(true);
  const found = await client.search("marketplace", "3.txt", 10);
  expect(found.map(({ entry }) => entry.path)).toContain(join(folder, "3.txt"));
  expect(await client.versions("marketplace", join(folder, "3.txt"))).toHaveLength(1);
  const changes = await client.diff("marketplace", oldest!.id, newest!.id, 100);
  expect(changes).toContainEqual({ path: strange, change: "added" });
  expect(changes).toContainEqual({ path: join(folder, "3.txt"), change: "removed" });

  await client.tag("marketplace", oldest!.id, { add: ["kept"], remove: ["first"] });
  const tagged = (await client.snapshots("marketplace", ["kept"]))[0]!;
  await client.pin("marketplace", tagged.id, true);
  const retention = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
  const simulated = await client.simulateRetention("marketplace", retention);
  expect(simulated.map(({ pinned }) => pinned)).toEqual([false, true]);

  const settings = await client.changeSettings({ everyHours: 12, retention });
  expect(settings).toMatchObject({ everyHours: 12, retention, notifications: { smtpPasswordSet: false } });

  const target = join(home, "back");
  const request = {
    place: "marketplace",
    snapshot: newest!.id,
    paths: [strange],
    target,
    existing: "keep",
  } as const;
  expect(await client.previewRestore(request)).toMatchObject({
    create: expect.any(Number) as number,
    replace: 0,
  });
  const restored = await mustEndWell(client, await client.restore(request));
  expect(restored).toMatchObject({ kind: "restore", state: "done" });
  expect(await client.log(restored.id)).not.toBe("");
  expect(await mustEndWell(client, await client.drill("marketplace"))).toMatchObject({ kind: "drill" });

  const runs = await client.runs({ limit: 2 });
  expect(runs).toHaveLength(2);
  expect((await client.runs({ limit: 50, before: runs[1]!.id })).length).toBeGreaterThan(0);
  const from = { place: "marketplace", name: "alice", password: "four words of mine" } as const;
  expect((await client.findRecoverable(from)).snapshots.length).toBeGreaterThan(1);
  await client.forget("marketplace", [newest!.id]);
  expect(await client.snapshots("marketplace")).toHaveLength(1);
  const status = await client.status();
  expect(status.places[0]!.copies.map(({ id }) => id)).toEqual(["marketplace-1", "marketplace-2"]);
  expect(status.sizes.length).toBeGreaterThan(0);
});

it("what is refused is said in words, and nothing goes to the error of a defect", async () => {
  const { client } = await threebotWithSite();
  const codes = await Promise.all([
    codeOf(client.snapshots("minio")),
    codeOf(client.backup({ place: "marketplace" })),
    codeOf(client.run("nothing")),
    codeOf(client.log("nothing")),
    codeOf(client.cancel("nothing")),
    codeOf(client.setUpMarketplace({ name: "no name!", password: "p" })),
    codeOf(client.setUpMarketplace({ name: "alice", password: "p", token: "wrong" })),
    codeOf(
      client.setUpMinio({ url: "http://169.254.169.254", accessKey: "a", secretKey: "s", password: "p" }),
    ),
    codeOf(client.testNotifications()),
    codeOf(client.read("marketplace", "latest", "/nothing")),
  ]);
  expect(codes).not.toContain("internal");
  expect(codes).not.toContain("none");
});

it("the original's routes and the seed's session on a real 3Bot", async () => {
  const { client, owner, home, url, clock } = await threebotWithSite();
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${apiToken}`, "content-type": "application/json" };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}/backup/actors/threebot_deployer/${path}`, {
      method,
      headers,
      ...given,
    });
    const answer: unknown = await response.json();
    return typeof answer === "string" ? (JSON.parse(answer) as { data: unknown }).data : answer;
  };
  expect(await ask("GET", "repos_exist")).toBe(false);
  const init = { password: "four words of mine", name: "alice", token };
  expect(await ask("POST", "init", init)).toBe("backup repos inited");
  expect(await ask("GET", "repos_exist")).toBe(true);
  expect(await ask("POST", "backup", { tags: "first,1600198426" })).toBe("backup done");
  const config = join(home, ".config/jumpscale/config.toml");
  await writeFile(config, "broken");
  clock.advance(minute);
  expect(await ask("POST", "restore", { tags: "first" })).toBe("data restored");
  expect(await readFile(config, "utf8")).toBe("round = 0\n");
  const rows = (await ask("GET", "snapshots")) as Record<string, unknown>[];
  // The newest is what there was before the restore.
  expect(rows.length).toBe(2);
  expect(rows.at(-1)).toMatchObject({
    hostname: "alice",
    tags: expect.arrayContaining(["first", "1600198426"]) as string[],
    id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    short_id: (rows.at(-1)!["id"] as string).slice(0, 8),
  });
  expect(await ask("GET", "check_auto_backup")).toBe(true);
  expect(await ask("POST", "disable_auto_backup")).toBe("auto backup disabled");
  expect(await ask("GET", "check_auto_backup")).toBe(false);

  // The same at the prompt, here and from afar.
  await writeFile(config, "broken again");
  for (const face of [owner, client]) {
    clock.advance(minute);
    const { terminal, printed } = createTerminal({
      typed: `restic = j.tools.restic.config_backup_1
        restic.list_snapshots(tags=['first'])[0]['short_id']
        restic.restore("/", snapshot_id=restic.list_snapshots(tags=['first'])[0]['id'])\n`,
    });
    await runPrompt({ owner: face, input: terminal.input, output: terminal.output, terminal: false });
    expect(printed.out).toBe(`'${rows.at(-1)!["short_id"] as string}'\n`);
    expect(await readFile(config, "utf8")).toBe("round = 0\n");
    await writeFile(config, "broken once more");
  }
  const repo = createResticRepo(client, "marketplace");
  await repo.forget({ keepLast: 1 });
  expect((await repo.listSnapshots()).length).toBe(1);
});

it("no secret that was ever entered comes back, is logged, or lies open in the state", async () => {
  const secrets = {
    page: "canary-of-the-page-1",
    backups: "canary-of-the-backups-2",
    smtp: "canary-of-smtp-3",
    minio: "canary-of-minio-4",
    minioPassword: "canary-of-minio-5",
  };
  const lines: string[] = [];
  const { client, owner, stateFolder } = await threebotWithSite(lines, secrets.page);
  await client.setUpMarketplace({ name: "alice", password: secrets.backups, token });
  const { notifications } = await client.settings();
  const smtp = { ...notifications, smtpUrl: "smtps://127.0.0.1:9", smtpUser: "alice", from: "a@example.org" };
  await client.changeSettings({
    notifications: { ...smtp, to: ["a@example.org"] },
    smtpPassword: secrets.smtp,
  });
  const minio = { url: "http://127.0.0.1:9", accessKey: "key", secretKey: secrets.minio };
  const told: string[] = [];
  for (const attempt of [
    () => client.testMinio({ ...minio, password: secrets.minioPassword }),
    () => client.setUpMinio({ ...minio, password: secrets.minioPassword }),
    () => client.testNotifications(),
    () => client.findRecoverable({ place: "marketplace", name: "alice", password: `${secrets.backups}!` }),
    () => client.session.login(`${secrets.page}!`),
  ])
    told.push(await attempt().then((answer) => JSON.stringify(answer), errorText));
  await mustEndWell(client, await client.backup({ place: "marketplace" }));
  for (const answer of [client.status(), client.settings(), client.snapshots("marketplace")])
    told.push(JSON.stringify(await answer));
  const runs = await client.runs({ limit: 100 });
  told.push(JSON.stringify(runs));
  for (const { id } of runs) told.push(await client.log(id));
  expect((await client.settings()).notifications.smtpPasswordSet).toBe(true);
  expect(told.join("\n") + lines.join("\n")).not.toContain("canary");
  await owner.stop();
  for (const secret of [...Object.values(secrets), apiToken])
    expect(await filesWith(stateFolder, secret)).toEqual([]);
});

function errorText(error: { code: string; message: string; guidance?: string }): string {
  expect(error.code).not.toBe("internal");
  return JSON.stringify([error, error.message, error.guidance]);
}

async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all).toString("utf8");
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => "none",
    (error: { code: string }) => error.code,
  );
}
