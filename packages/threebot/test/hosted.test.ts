/** The command as processes: a demonstration from nothing, and 3Bots that a deployer starts, loses, moves and recovers. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, type Client } from "@tastic/threebot";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { commandLinesOf } from "../../../test/support/process-list.js";
import { startProgram } from "../../../test/support/programs.js";
import { threebotCommand } from "../dist/command/threebot-command.js";
import { mustEndWell } from "../dist/owner-api/until-ended.js";
import { filesWith } from "./support/files-with.js";
import { goodPassword as password, processTarget, startSite, until } from "./support/deployer-site.js";

vi.setConfig({ testTimeout: 240_000 });

const program = fileURLToPath(new URL("../bin/3bot-backup.js", import.meta.url));

it("the demonstration makes everything, proves its first snapshot, and goes on from there when started again", async () => {
  const folder = join(await temporaryFolder(), "demo");
  const start = () =>
    startProgram(process.execPath, [program, "demo", "--folder", folder, "--once"], { timeout: 200_000 });
  const first = await start();
  const lines = await commandLinesOf(first.child.pid, first.finished);
  const { code, stdout, stderr } = await first.finished;
  expect([code, stderr]).toEqual([0, expect.not.stringMatching(/error/i)]);
  const [, shown = ""] = /password of both: +(\S+)/.exec(stdout) ?? [];
  expect(shown).toMatch(/^(?:[2-9a-z]{4}-){4}[2-9a-z]{4}$/);
  expect(stdout).toContain("brought back from both servers and compared");
  expect(stdout).toMatch(/page of your 3Bot: +http:\/\/127\.0\.0\.1:\d+\/\n/);
  // It is in its own file, and nowhere else: no record, no log, no command line.
  expect([...lines].join("\n")).not.toContain(shown);
  expect(await filesWith(folder, shown)).toEqual([join(folder, "password")]);
  expect((await stat(join(folder, "password"))).mode & 0o077).toBe(0);
  const again = await (await start()).finished;
  expect([again.code, again.stdout]).toEqual([0, expect.not.stringContaining(shown)]);
});

it("a real 3Bot is created, lost with one of the servers, and recovered with name and password", async () => {
  const folder = await temporaryFolder();
  const site = await startSite({ folder, targets: [processTarget(folder, "here", threebotCommand())] });
  await site.login();
  await site.ask("POST", "deployer/create", { name: "alice", password });
  const { address } = await until(site, "alice", "running");
  const place = join(folder, "here", "alice");
  const key = join(place, "home", ".config", "jumpscale", "wallet", "key");
  await mkdir(join(key, ".."), { recursive: true });
  await writeFile(key, "worth a lot");
  const page = await pageOf(String(address));
  await expect
    .poll(async () => (await page.runs({ limit: 10 })).length, { timeout: 60_000 })
    .toBeGreaterThan(0);
  await expect
    .poll(async () => (await page.status()).places[0]?.running, { timeout: 60_000 })
    .toBeUndefined();
  await mustEndWell(page, await page.backup({ place: "marketplace" }));
  expect((await page.status()).verdict).toBe("safe");
  // What it was handed over is gone; it starts again without.
  await expect(stat(join(place, "setup.json"))).rejects.toThrow("ENOENT");
  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  await site.ask("POST", "deployer/deployments/alice/start", {});
  const started = await until(site, "alice", "running");
  expect((await (await pageOf(String(started["address"]))).status()).name).toBe("alice");
  expect(await filesWith(place, password)).toEqual([]);

  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  await rm(place, { recursive: true });
  await rm(join(folder, "servers", "1", "alice"), { recursive: true });
  expect((await site.ask("POST", "deployer/recover", { name: "alice", password })).status).toBe(200);
  const back = await until(site, "alice", "running");
  expect(await readFile(key, "utf8")).toBe("worth a lot");
  const owner = await pageOf(String(back["address"]));
  const status = await owner.status();
  expect(status.places[0]).toMatchObject({ state: "ready", copies: [{ behind: 0 }, { behind: 0 }] });
  // The lost copy was made anew from the other.
  expect((await owner.snapshots("marketplace"))[0]?.copies).toEqual(["marketplace-1", "marketplace-2"]);
  await expect
    .poll(() =>
      stat(join(place, "setup.json")).then(
        () => true,
        () => false,
      ),
    )
    .toBe(false);
  expect(await filesWith(place, password)).toEqual([]);
});

/** The page of a 3Bot, as somebody sees it who has logged in with the password of the handover. */
async function pageOf(address: string): Promise<Client> {
  let cookie = "";
  const client = createClient(address, {
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      if (cookie !== "") headers.set("cookie", cookie);
      const response = await fetch(url, { ...init, headers });
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      return response;
    },
  });
  await client.session.login(password);
  return client;
}
