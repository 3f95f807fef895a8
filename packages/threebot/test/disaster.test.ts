/**
 * The disaster, with every program a process of its own: the machine of the 3Bot is gone, one of the two backup servers is
 * gone with its disk, and a name and a password bring everything back. Then the same once more with the other server.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deriveCredentials, parseName, ProcessTarget, serverSecret, type Client } from "@tastic/threebot";
import { beforeAll, expect, it, vi } from "vitest";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "../../../test/support/peers.js";
import { runProgram } from "../../../test/support/programs.js";
import { threebotCommand } from "../dist/command/threebot-command.js";
import { fourPaths, liveOn, moveIn, stateOfHome } from "./support/lived-in-home.js";
import { pageOf } from "./support/page-of.js";
import { command, commandWithClock, startService } from "./support/service-process.js";
import { startServerProcess, type ServerProcess } from "./support/server-process.js";
import { whenOver } from "./support/when-over.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const day = 24 * 3_600_000;
const days = 3;
const [name, password] = ["alice", "orbital-lantern-mustard-quilt"];
const credentials = deriveCredentials(parseName(name), password);
const patience = { timeout: 240_000, interval: 50 };

describeWithRestic("the disaster", () => {
  let folder: string;
  let servers: readonly [ServerProcess, ServerProcess];
  let marketplace: string;
  let setupCode: string;
  /** What was there when the last backup began. */
  let newest: ReturnType<typeof stateOfHome>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder, "password"), password, { mode: 0o600 });
    servers = await Promise.all([startServerProcess(folder, "north"), startServerProcess(folder, "south")]);
    ({ marketplace, setupCode } = await startMarketplace(folder, servers));
    newest = await liveThreeDays(folder, marketplace);
    await rm(join(folder, "home"), { recursive: true });
    await rm(join(folder, "state"), { recursive: true });
  });

  it("the 3Bot and one server gone: name and password bring all four paths back, and the lost copy is rebuilt", async () => {
    const [lost] = servers;
    await lost.lose();
    await lost.start();
    const [state, home] = [join(folder, "new state"), join(folder, "new home")];
    await mkdir(home);
    const recovered = await runProgram(
      process.execPath,
      [
        ...[command, "recover", "--yes", "--name", name, "--password-file", join(folder, "password")],
        ...["--marketplace", marketplace, "--state", state, "--home", home],
      ],
      { timeout: 240_000 },
    );
    expect(succeed(recovered).stdout).toContain("Everything is back.");
    expect(stateOfHome(home)).toEqual(newest);
    await judge(lost);
    await rm(home, { recursive: true });
    await rm(state, { recursive: true });
  });

  it("once more through the deployer: what was rebuilt brings everything back while the other server is gone", async () => {
    const [kept, lost] = servers;
    await lost.lose();
    const deployer = await deployerAt(marketplace, setupCode);
    expect(await deployer("POST", "check", { name })).toMatchObject({ known: true, running: false });
    const find = async (): Promise<Map<string, object>> => {
      const { copies } = await deployer("POST", "find", { name, password });
      return new Map((copies as { readonly url: string }[]).map((copy) => [copy.url, copy]));
    };
    const before = await find();
    expect(before.get(`${kept.url}${name}/`)).toMatchObject({ snapshots: 1 + days });
    expect(before.get(`${lost.url}${name}/`)).toMatchObject({ problem: { code: "storage-failed" } });
    whenOver(() =>
      new ProcessTarget({ folder: join(folder, "marketplace", "3bots"), command: threebotCommand() }).stop(
        name,
      ),
    );
    await deployer("POST", "recover", { name, password });
    const { address } = await vi.waitFor(async () => {
      const deployment = await deployer("GET", `deployments/${name}`);
      expect(deployment).toMatchObject({ state: "running", step: "running" });
      return deployment;
    }, patience);
    const home = join(folder, "marketplace", "3bots", name, "home");
    expect(stateOfHome(home)).toEqual(newest);
    // The lost server is replaced by an empty one, and somebody looks what is there.
    await lost.start();
    expect((await find()).get(`${lost.url}${name}/`)).toEqual({ url: `${lost.url}${name}/`, snapshots: 0 });
    const page = await pageOf(String(address), password);
    await settled(page);
    const { id } = await page.backup({ place: "marketplace" });
    await vi.waitFor(async () => expect(await page.run(id)).toMatchObject({ state: "done" }), patience);
    await settled(page);
    await inStep(page);
    await judge(lost);
  });
});

async function startMarketplace(
  folder: string,
  servers: readonly ServerProcess[],
): Promise<{ marketplace: string; setupCode: string }> {
  const config = join(folder, "marketplace.json");
  const entries = servers.map(({ id, url, operatorUrl, operatorTokenFile }) => ({
    ...{ id, url, operatorUrl, operatorTokenFile },
    privateNetwork: true,
  }));
  await writeFile(config, JSON.stringify({ servers: entries }));
  const service = await startService([
    ...[command, "marketplace", "--config", config, "--folder", join(folder, "marketplace")],
    ...["--listen", "127.0.0.1:0", "--deploy-here"],
  ]);
  const [, marketplace] = await service.printed(/The marketplace is at (\S+)\n/);
  const [, setupCode] = await service.printed(/with this code: (\S+)\n/);
  return { marketplace: marketplace!, setupCode: setupCode! };
}

/** A 3Bot begins, backs up by itself for three days, and is killed. Returns what was there at the last backup. */
async function liveThreeDays(folder: string, marketplace: string): Promise<ReturnType<typeof stateOfHome>> {
  const home = join(folder, "home");
  await mkdir(home);
  moveIn(home);
  const token = await runProgram(process.execPath, [
    ...[command, "token", "--folder", join(folder, "marketplace"), "--name", name],
  ]);
  await writeFile(join(folder, "token"), succeed(token).stdout, { mode: 0o600 });
  const threebot = await startService([
    ...[commandWithClock, `${Date.now() - (days + 1) * day}`, "serve", "--listen", "127.0.0.1:0"],
    ...["--home", home, "--state", join(folder, "state"), "--marketplace", marketplace, "--name", name],
    ...["--password-file", join(folder, "password"), "--token-file", join(folder, "token")],
    ...["--page-password-file", join(folder, "password")],
  ]);
  const [, address] = await threebot.printed(/3Bot Backup is at (\S+)\n/);
  const page = await pageOf(address!, password);
  const backups = async (): Promise<unknown[]> =>
    (await page.runs({ limit: 100 })).flatMap(({ kind, by, state }) =>
      kind === "backup" ? [`${by}: ${state}`] : [],
    );
  for (let today = 0; ; today++) {
    const expected = Array.from({ length: 1 + today }, () => "schedule: done");
    await vi.waitFor(async () => expect(await backups()).toEqual(expected), patience);
    await settled(page);
    if (today === days) break;
    liveOn(home, today);
    threebot.write(`${day}`);
    await threebot.printed(new RegExp(`(?:it is .*\\n[^]*){${1 + today}}`));
  }
  const snapshots = await page.snapshots("marketplace");
  expect(snapshots.map(({ snapshot }) => snapshot.tags ?? [])).toEqual([[], [], [], ["init"]]);
  for (const { snapshot, complete } of snapshots) {
    expect(complete).toBe(true);
    expect(snapshot.paths.toSorted()).toEqual(fourPaths.map((path) => join(home, path)).toSorted());
  }
  await inStep(page);
  await threebot.kill();
  return stateOfHome(home);
}

/** Waits until no run goes on. */
async function settled(page: Client): Promise<void> {
  await vi.waitFor(async () => expect((await page.status()).places[0]?.running).toBeUndefined(), patience);
}

/** Both copies hold the same. */
async function inStep(page: Client): Promise<void> {
  const [place] = (await page.status()).places;
  expect(place).toMatchObject({
    state: "ready",
    copies: [
      { state: "in-step", behind: 0 },
      { state: "in-step", behind: 0 },
    ],
  });
  for (const { copies } of await page.snapshots("marketplace"))
    expect(copies).toEqual(["marketplace-1", "marketplace-2"]);
}

/** What restic says of the copy on this server. */
async function judge({ id, url }: ServerProcess): Promise<void> {
  const { loginSecret, repositoryPassword } = await credentials;
  const secret = serverSecret(loginSecret, name, id);
  const repo = `rest:${url.replace("://", `://${name}:${secret}@`)}${name}/`;
  const options = { repo, password: repositoryPassword, timeout: 240_000 };
  expect(succeed(await runRestic(["check", "--read-data"], options)).stdout).toContain(
    "no errors were found",
  );
  const listed = succeed(await runRestic(["snapshots", "--json"], options));
  expect((JSON.parse(listed.stdout) as unknown[]).length).toBeGreaterThanOrEqual(1 + days);
}

/** Somebody at the page of the deployer. */
async function deployerAt(marketplace: string, setupCode: string) {
  let cookie = "";
  const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(new URL(`api/v1/${path}`, marketplace), {
      method,
      headers: { "content-type": "application/json", cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    const said = (await answer.json()) as Record<string, unknown>;
    expect([path, answer.status, said]).toEqual([path, 200, said]);
    return said;
  };
  await ask("POST", "session/first", { setupCode, password: "the page of the deployer" });
  return (method: string, path: string, body?: object) => ask(method, `deployer/${path}`, body);
}
