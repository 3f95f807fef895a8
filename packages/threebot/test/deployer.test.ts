/** The deployer over HTTP: from a name and a password to a running 3Bot, and back again after everything is lost. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { backUp, goodPassword as password, startSite, until } from "./support/deployer-site.js";

// 3Bots are processes, each of which derives its keys slowly.
vi.setConfig({ testTimeout: 240_000 });

it("creates, loses, and recovers a 3Bot, with name and password alone", async () => {
  const site = await startSite();
  await site.login();
  expect((await site.ask("POST", "deployer/check", { name: "Alice" })).body).toMatchObject({
    known: false,
    allowed: true,
  });
  const { status, body } = await site.ask("POST", "deployer/create", { name: "Alice", password });
  expect([status, body]).toMatchObject([200, { name: "alice", state: "starting" }]);
  const { address } = await until(site, "alice", "running");
  expect((await fetch(`${String(address)}api/v1/session`)).status).toBe(200);
  expect((await site.ask("POST", "deployer/check", { name: "alice" })).body).toMatchObject({
    known: true,
    running: true,
    allowed: false,
  });
  // What it has is backed up; then the machine is gone, and one of the servers.
  const home = join(site.folder, "here", "alice", "home");
  await mkdir(join(home, "wallet"));
  await writeFile(join(home, "wallet", "key"), "worth a lot");
  await backUp(String(address), join(site.folder, "here", "alice"));
  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  await rm(join(site.folder, "here", "alice"), { recursive: true });
  await rm(join(site.folder, "servers", "1", "alice"), { recursive: true });
  const wrong = await site.ask("POST", "deployer/recover", { name: "alice", password: `${password}x` });
  expect([wrong.status, wrong.body]).toMatchObject([400, { error: { code: "wrong-password" } }]);
  const found = await site.ask("POST", "deployer/find", { name: "alice", password });
  const counts = (found.body["copies"] as { snapshots: number }[]).map(({ snapshots }) => snapshots);
  expect(new Set(counts)).toEqual(new Set([0, 2]));
  expect((await site.ask("POST", "deployer/recover", { name: "alice", password })).status).toBe(200);
  await until(site, "alice", "running");
  expect(await readFile(join(home, "wallet", "key"), "utf8")).toBe("worth a lot");
  // The handover is gone, and in nothing that the deployer keeps is the password.
  await expect(stat(join(site.folder, "here", "alice", "setup.json"))).rejects.toThrow(/ENOENT/);
  const files = await readdir(join(site.folder, "deployer"), { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile()))
    expect(await readFile(join(file.parentPath, file.name), "utf8")).not.toContain(password);
});

it("moves a 3Bot: a backup is taken before, and it comes back elsewhere with what it had last", async () => {
  const site = await startSite();
  await site.login();
  await site.ask("POST", "deployer/create", { name: "alice", password });
  await until(site, "alice", "running");
  await writeFile(join(site.folder, "here", "alice", "home", "last"), "written just now");
  const move = { target: "there", password };
  expect(
    (await site.ask("POST", "deployer/deployments/alice/move", { ...move, password: "wrong password" }))
      .status,
  ).toBe(400);
  expect((await site.ask("POST", "deployer/deployments/alice/move", move)).status).toBe(200);
  expect(await until(site, "alice", "running")).toMatchObject({ target: "there" });
  expect(await readFile(join(site.folder, "there", "alice", "home", "last"), "utf8")).toBe(
    "written just now",
  );
  await expect(stat(join(site.folder, "here", "alice"))).rejects.toThrow(/ENOENT/);
  // One that is stopped is started for that, so that what it has is backed up.
  await writeFile(join(site.folder, "there", "alice", "home", "last"), "and then this");
  expect((await site.ask("POST", "deployer/deployments/alice/stop", {})).body).toMatchObject({
    state: "stopped",
  });
  await site.ask("POST", "deployer/deployments/alice/move", { target: "here", password });
  expect(await until(site, "alice", "running")).toMatchObject({ target: "here" });
  expect(await readFile(join(site.folder, "here", "alice", "home", "last"), "utf8")).toBe("and then this");
  await expect(stat(join(site.folder, "there", "alice"))).rejects.toThrow(/ENOENT/);
});
