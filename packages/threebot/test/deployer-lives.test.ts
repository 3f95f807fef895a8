/** The deployer: ending 3Bots, what it refuses, what it keeps to itself, targets that are commands. */
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandTarget, parseName, ProcessTarget, type Handover } from "@tastic/threebot";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { processesWith } from "../dist/deployer/process-table.js";
import { strengthOf } from "../dist/deployer/strength.js";
import {
  backUp,
  goodPassword as password,
  processTarget,
  startSite,
  until,
  type Site,
} from "./support/deployer-site.js";
import { freeAddresses } from "./support/free-addresses.js";

// 3Bots are processes, each of which derives its keys slowly.
vi.setConfig({ testTimeout: 240_000 });

const day = 24 * 60 * 60_000;

async function created(site: Site, name = "alice"): Promise<string> {
  await site.login();
  await site.ask("POST", "deployer/create", { name, password });
  return String((await until(site, name, "running"))["address"]);
}

const isGone = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    () => true,
  );

it("threat 23: every route of the deployer needs a session, and the marketplace's do not give one", async () => {
  const site = await startSite();
  const routes = [
    ..."check strength find create recover deployments/alice/stop deployments/alice/start deployments/alice/move deployments/alice/destroy deployments/alice/undo"
      .split(" ")
      .map((path) => ["POST", path] as const),
    ...["deployments", "deployments/alice", "targets"].map((path) => ["GET", path] as const),
  ];
  for (const [method, path] of routes) {
    const body = method === "POST" ? { name: "alice", password } : undefined;
    expect([path, (await site.ask(method, `deployer/${path}`, body)).status]).toEqual([path, 401]);
  }
  const wrong = { setupCode: "AAAA-BBBB-CCCC-DDDD", password: "of an attacker on this machine" };
  expect((await site.ask("POST", "session/first", wrong)).status).toBe(403);
  await site.login();
  expect((await site.ask("GET", "deployer/deployments")).body).toEqual({ deployments: [] });
  expect((await site.ask("GET", "deployer/targets")).body).toEqual({ targets: ["here", "there"] });
});

it("threat 15: a password is long, and not what everybody would try", async () => {
  for (const [bad, about] of [
    ["short", /12 characters/],
    ["alice-alice1", /./],
    ["passwordpassword", /./],
    ["aaaaaaaaaaaaaaaa", /./],
    ["qwertyuiop123456", /./],
    ["summer2026beach", /another word/],
    ["P@ssw0rd12345!", /./],
    ["x".repeat(300), /at most/],
  ] as const) {
    const { enough, guidance } = await strengthOf(bad, ["alice"]);
    expect([bad, enough]).toEqual([bad, false]);
    expect(guidance).toMatch(about);
  }
  expect(await strengthOf(password)).toMatchObject({ score: 4, enough: true });
  const site = await startSite();
  await site.login();
  const refused = await site.ask("POST", "deployer/create", { name: "alice", password: "passwordpassword" });
  expect([refused.status, refused.body]).toMatchObject([400, { error: { code: "invalid-argument" } }]);
  expect((await site.ask("POST", "deployer/check", { name: "alice" })).body).toMatchObject({ known: false });
  const told = await site.ask("POST", "deployer/strength", { password: "a", name: "alice" });
  expect(told.body).toMatchObject({ score: 0, enough: false });
});

it("refuses names that are none, that are taken, and what is in the middle of something", async () => {
  const site = await startSite();
  await created(site);
  const codeOf = async (path: string, body: object): Promise<unknown> =>
    ((await site.ask("POST", `deployer/${path}`, body)).body["error"] as { code: string } | undefined)?.code;
  expect(await codeOf("create", { name: "../alice", password })).toBe("invalid-argument");
  expect(await codeOf("create", { name: "alice", password })).toBe("locked");
  expect(await codeOf("recover", { name: "alice", password })).toBe("locked");
  expect(await codeOf("recover", { name: "nobody", password })).toBe("wrong-password");
  expect(await codeOf("deployments/nobody/stop", {})).toBe("not-found");
  expect(await codeOf("deployments/alice/start", {})).toBe("locked");
  expect(await codeOf("deployments/alice/move", { password, target: "nowhere" })).toBe("not-found");
  expect(await codeOf("deployments/alice/move", { password, target: "here" })).toBe("invalid-argument");
  const checked = await site.ask("POST", "deployer/check", { name: "config" });
  expect(checked.body).toMatchObject({ allowed: false });
  // Registered from elsewhere, it is not made anew by whoever comes.
  const token = await site.running.issueToken("bob");
  await site.running.marketplace.register({ name: "bob", token, loginSecret: "secret of bob" }, "local");
  expect(await codeOf("create", { name: "bob", password })).toBe("already-exists");
  expect((await site.ask("POST", "deployer/check", { name: "bob" })).body).toMatchObject({
    known: true,
    running: false,
  });
});

it("threat 38: a 3Bot is destroyed with its name typed again, comes back until the time is over, and then is gone", async () => {
  const [listen, one, two] = (await freeAddresses(3)) as [string, string, string];
  let site = await startSite({ listen, listenOn: [one, two] });
  await created(site);
  const home = join(site.folder, "here", "alice");
  const destroy = (confirm: string, given = password) =>
    site.ask("POST", "deployer/deployments/alice/destroy", { confirm, password: given });
  expect((await destroy("alicia")).status).toBe(400);
  expect((await destroy("alice", "wrong password")).status).toBe(400);
  await until(site, "alice", "running");
  expect((await destroy("alice")).body).toMatchObject({ state: "destroying" });
  await expect.poll(() => site.targets[0]!.status("alice")).toBe("stopped");
  site.clock.now += 6 * day;
  await site.running.deployer!.work();
  site = await site.restart();
  await site.login();
  expect((await site.ask("POST", "deployer/deployments/alice/undo", {})).body).toMatchObject({
    state: "stopped",
  });
  await site.ask("POST", "deployer/deployments/alice/start", {});
  await until(site, "alice", "running");
  site.clock.now += 10 * day;
  await site.running.deployer!.work();
  await site.login();
  await until(site, "alice", "running");
  await destroy("alice");
  site.clock.now += 8 * day;
  await site.login();
  await site.running.marketplace.work();
  await site.running.deployer!.work();
  await until(site, "alice", "destroyed");
  for (const path of [
    home,
    join(site.folder, "servers", "1", "alice"),
    join(site.folder, "servers", "2", "alice"),
  ])
    expect(await isGone(path)).toBe(true);
  expect((await site.ask("POST", "deployer/deployments/alice/undo", {})).status).toBe(403);
  expect((await site.ask("POST", "deployer/check", { name: "alice" })).body).toMatchObject({
    known: false,
    allowed: true,
  });
});

it("a recovery that failed is not taken for the one after the restart", async () => {
  const site = await startSite();
  const address = await created(site);
  await backUp(address, join(site.folder, "here", "alice"));
  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  await rm(join(site.folder, "here", "alice"), { recursive: true });
  await writeFile(join(site.folder, "here", "recoveries-fail"), "");
  await site.ask("POST", "deployer/recover", { name: "alice", password });
  await expect(until(site, "alice", "running")).rejects.toThrow(/the recovery was to fail/);
  // Once more for the same reason, which is a run of its own, then well.
  const start = () => site.ask("POST", "deployer/deployments/alice/start", {});
  await start();
  await expect(until(site, "alice", "running")).rejects.toThrow(/the recovery was to fail/);
  const runs = JSON.parse(
    await readFile(join(site.folder, "here", "alice", "state", "runs.json"), "utf8"),
  ) as object[];
  expect(runs).toMatchObject([{ state: "failed" }, { state: "failed" }]);
  await rm(join(site.folder, "here", "recoveries-fail"));
  await start();
  await until(site, "alice", "running");
});

it("defect 17: it never begins with nothing while there may be backups that cannot be seen", async () => {
  const site = await startSite();
  const address = await created(site);
  await backUp(address, join(site.folder, "here", "alice"));
  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  await rm(join(site.folder, "here", "alice"), { recursive: true });
  // One has lost everything, and of the other the key is damaged.
  await rm(join(site.folder, "servers", "1", "alice"), { recursive: true });
  const keys = join(site.folder, "servers", "2", "alice", "keys");
  for (const key of await readdir(keys)) await writeFile(join(keys, key), "damaged");
  const { status, body } = await site.ask("POST", "deployer/recover", { name: "alice", password });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify(body)).toContain("Nothing is lost");
  expect(await isGone(join(site.folder, "here", "alice", "setup.json"))).toBe(true);
});

it("threat 29: what a 3Bot is given is in no argument, no variable, no log, and in a file of its owner alone", async () => {
  const site = await startSite();
  await created(site);
  const { port } = new URL(String((await site.ask("GET", "deployer/deployments/alice")).body["address"]));
  const args = ["state", "home", "setup.json"].map((name) => join(site.folder, "here", "alice", name));
  const [id, ...others] = await processesWith([
    "--state",
    args[0]!,
    "--home",
    args[1]!,
    "--setup",
    args[2]!,
    "--port",
    port,
  ]);
  expect(others).toEqual([]);
  const me = await readFile(join(args[0]!, "me.json"), "utf8");
  const { apiToken } = JSON.parse(me) as Handover;
  for (const file of ["cmdline", "environ"]) {
    const text = await readFile(`/proc/${id}/${file}`, "utf8");
    for (const secret of [password, apiToken]) expect(text).not.toContain(secret);
  }
  expect(await readFile(`/proc/${id}/environ`, "utf8")).toContain(`HOME=${args[1]}`);
  expect(execFileSync("ps", ["-ewwo", "args"], { encoding: "utf8" })).not.toContain(password);
  const target = site.targets[1]! as ProcessTarget;
  const given: Handover = {
    name: parseName("bob"),
    password,
    marketplace: "http://x/",
    intent: "create",
    apiToken,
  };
  await target.prepare(given);
  expect((await stat(join(site.folder, "there", "bob", "setup.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(site.folder, "there", "bob", "home"))).mode & 0o777).toBe(0o700);
  const files = await readdir(site.folder, { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile() && !/\/(?:here|there)(?:\/|$)/.test(file.parentPath));
  for (const file of kept) {
    const text = await readFile(join(file.parentPath, file.name), "latin1");
    for (const secret of [password, apiToken])
      expect([file.name, text.includes(secret)]).toEqual([file.name, false]);
  }
});

it("says what is wrong with a 3Bot that does not start, and starts it again when it can", async () => {
  const folder = await temporaryFolder();
  const script = join(folder, "threebot.mjs");
  await writeFile(script, "process.exit(1)");
  const command = [process.execPath, script, "{state}", "{port}"];
  const target = new ProcessTarget({ id: "here", folder: join(folder, "here"), command });
  const site = await startSite({ folder, targets: [target] });
  await site.login();
  await site.ask("POST", "deployer/create", { name: "alice", password });
  await expect
    .poll(async () => (await site.ask("GET", "deployer/deployments/alice")).body, { timeout: 60_000 })
    .toMatchObject({
      state: "failed",
      problem: { message: expect.stringMatching(/ended by itself/) as string },
    });
  await writeFile(
    script,
    `import { createServer } from "node:http";
     createServer((request, response) => response.end("{}")).listen(Number(process.argv[3]), "127.0.0.1");`,
  );
  await site.ask("POST", "deployer/deployments/alice/start", {});
  await until(site, "alice", "running");
  // It is killed behind the deployer's back.
  await target.stop("alice");
  await site.running.deployer!.work();
  expect((await site.ask("GET", "deployer/deployments/alice")).body).toMatchObject({ state: "failed" });
});

it("refuses to move a 3Bot that cannot be backed up before, and leaves it as it is", async () => {
  const site = await startSite();
  await created(site);
  const record = join(site.folder, "here", "alice", "state", "me.json");
  const me = JSON.parse(await readFile(record, "utf8")) as Handover;
  await site.ask("POST", "deployer/deployments/alice/stop", {});
  await until(site, "alice", "stopped");
  // The 3Bot does not know the deployer any more: it cannot be backed up for a backup.
  await writeFile(record, JSON.stringify({ ...me, apiToken: "another" }));
  await site.ask("POST", "deployer/deployments/alice/start", {});
  await until(site, "alice", "running");
  await site.ask("POST", "deployer/deployments/alice/move", { password, target: "there" });
  await expect
    .poll(async () => (await site.ask("GET", "deployer/deployments/alice")).body)
    .toMatchObject({
      state: "running",
      target: "here",
      problem: { message: expect.stringMatching(/cannot be backed up/) as string },
    });
  expect(await isGone(join(site.folder, "there", "alice"))).toBe(true);
  expect(await site.targets[0]!.status("alice")).toBe("running");
});

it("goes on with a move that failed on its way: the old place is kept until all of it is at the new one", async () => {
  const folder = await temporaryFolder();
  const script = join(folder, "broken.mjs");
  await writeFile(script, "process.exit(1)");
  const far = processTarget(folder, "far", [
    process.execPath,
    script,
    "{state}",
    "{home}",
    "{setup}",
    "{port}",
  ]);
  const site = await startSite({ folder, targets: [processTarget(folder, "here"), far] });
  await created(site);
  await writeFile(join(folder, "here", "alice", "home", "last"), "written just now");
  await site.ask("POST", "deployer/deployments/alice/move", { password, target: "far" });
  await expect
    .poll(async () => (await site.ask("GET", "deployer/deployments/alice")).body, { timeout: 60_000 })
    .toMatchObject({ state: "failed", target: "far" });
  expect(await readFile(join(folder, "here", "alice", "home", "last"), "utf8")).toBe("written just now");
  const standIn = new URL("support/stand-in-threebot.mjs", import.meta.url).href;
  await writeFile(
    script,
    `const [state, home, setup, port] = process.argv.slice(2);
     process.argv.push("--state", state, "--home", home, "--setup", setup, "--port", port);
     await import(${JSON.stringify(standIn)});`,
  );
  await site.ask("POST", "deployer/deployments/alice/start", {});
  expect(await until(site, "alice", "running")).toMatchObject({ target: "far" });
  expect(await readFile(join(folder, "far", "alice", "home", "last"), "utf8")).toBe("written just now");
  expect(await isGone(join(folder, "here", "alice"))).toBe(true);
});

it("a target of commands: arguments without a shell, the handover by a pipe, nothing secret in what is said", async () => {
  const folder = await temporaryFolder();
  const script = join(folder, "target.mjs");
  await writeFile(
    script,
    `import { appendFileSync, readFileSync, writeFileSync, existsSync, rmSync } from "node:fs";
     const [what, name, folder] = process.argv.slice(2);
     const file = folder + "/" + name;
     appendFileSync(folder + "/calls", JSON.stringify(process.argv.slice(2)) + "\\n");
     if (what === "prepare") writeFileSync(file, readFileSync(0));
     if (what === "start") console.log("starting\\nhttps://" + name + ".example/");
     if (what === "status") process.exit(existsSync(file) ? 3 : 4);
     if (what === "remove") rmSync(file);
     if (what === "stop") { console.error("it says " + JSON.parse(readFileSync(file, "utf8")).name); process.exit(7); }`,
  );
  const words = (what: string): string[] => [process.execPath, script, what, "{name}", folder];
  const target = new CommandTarget({
    id: "far",
    prepare: words("prepare"),
    start: words("start"),
    stop: words("stop"),
    status: words("status"),
    remove: words("remove"),
  });
  const given: Handover = {
    name: "a.b-c",
    password: "$(touch x); `id`",
    marketplace: "https://m.example/",
    intent: "create",
    apiToken: "3bot_token",
  };
  expect(await target.status("a.b-c")).toBe("absent");
  await target.prepare(given);
  expect(JSON.parse(await readFile(join(folder, "a.b-c"), "utf8"))).toEqual(given);
  expect(await target.status("a.b-c")).toBe("stopped");
  expect(await target.start("a.b-c")).toEqual({ address: "https://a.b-c.example/" });
  await expect(target.stop("a.b-c")).rejects.toThrow(/stop a\.b-c at far ended with 7: it says a\.b-c$/);
  await target.remove("a.b-c");
  const calls = await readFile(join(folder, "calls"), "utf8");
  expect(calls).not.toContain("touch");
  expect(calls.split("\n")[0]).toBe(JSON.stringify(["status", "a.b-c", folder]));
  const rest = { start: ["x"], stop: ["x"], status: ["x"], remove: ["x"] };
  const echo = [process.execPath, "-e", "process.stdin.pipe(process.stderr); process.exitCode = 1"];
  const leaky = new CommandTarget({ id: "leaky", prepare: echo, ...rest });
  const said = await leaky.prepare(given).catch((error: unknown) => String(error));
  expect(said).toContain("ended with 1");
  for (const secret of [given.password, given.apiToken]) expect(said).not.toContain(secret);
  const none = new CommandTarget({ id: "none", prepare: ["/no/such/program"], ...rest });
  await expect(none.prepare(given)).rejects.toMatchObject({ code: "not-found" });
});
