/** rest-server's start lines: the same flags, words and exit codes; and what the command does beside serving. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithRestServer, restServer, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { runProgram } from "./support/programs.js";
import { call, serveRest, sha256 } from "./support/serve-rest.js";

it("tastic serve rest begins without accounts where an operator can make some", async () => {
  const folder = await temporaryFolder();
  const token = "a token of the operator";
  await writeFile(join(folder, "token"), token);
  const server = await serveRest({
    noAuth: false,
    args: [
      "--private-repos",
      "--operator-listen",
      "127.0.0.1:0",
      "--operator-token-file",
      join(folder, "token"),
    ],
  });
  const [, operator = ""] = /operator's API on (\S+)\n/.exec(server.said()) ?? [];
  expect(
    (await call(server.url, "GET", "/alice/config", { user: "alice", password: "secret one" })).status,
  ).toBe(401);
  const made = await call(`http://${operator}/`, "POST", "/v1/accounts", {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "alice", password: "secret one" }),
  });
  expect(made.status).toBe(200);
  expect(
    (await call(server.url, "GET", "/alice/config", { user: "alice", password: "secret one" })).status,
  ).toBe(404);
});

describeWithRestServer("how rest-server and tastic serve rest start", () => {
  it("refuse what makes no sense, with the same exit code", async () => {
    const data = join(await temporaryFolder(), "data");
    await mkdir(data);
    const lines: [string[], RegExp][] = [
      [["--path", data], /cannot load .*\.htpasswd \(use --no-auth to disable\)/],
      [["--path", data, "--htpasswd-file", "/nowhere/file"], /cannot load \/nowhere\/file/],
      [["--path", data, "--no-auth", "surplus"], /unknown argument: surplus/],
      [["--path", data, "--no-auth", "--tls-min-ver", "1.1", "--tls"], /1\.1/],
      [["--path", data, "--no-auth", "--tls-key", "x"], /requires enabled TLS/],
      [["--path", data, "--no-auth", "--tls", "--tls-cert", "/nowhere/cert"], /nowhere\/cert/],
      [["--path", data, "--no-auth", "--listen", "127.0.0.1:x"], /127\.0\.0\.1:x|unknown port/],
      [["--path", data, "--no-auth", "--unheard-of"], /unknown flag: --unheard-of/],
      [["--path", data, "--no-auth", "--max-size", "x"], /invalid argument "x" for "--max-size" flag/],
    ];
    for (const [args, text] of lines) {
      const [theirs, ours] = await Promise.all([
        runProgram(restServer!, args),
        runTastic(["serve", "rest", ...args]),
      ]);
      expect([args, ours.code]).toEqual([args, theirs.code]);
      expect(ours.stderr).toMatch(text);
    }
    console.log(`${lines.length} start lines that are refused`);
  });

  it("take all of rest-server's flags, and answer within two seconds", async () => {
    const folder = await temporaryFolder();
    const data = join(folder, "data");
    await mkdir(data);
    await writeFile(
      join(data, ".htpasswd"),
      "restic:$2y$05$z/OEmNQamd6m6LSegUErh.r/Owk9Xwmc5lxDheIuHY2Z7XiS6FtJm\n",
    );
    const help = await runProgram(restServer!, ["--help"]);
    const flags = [...help.stdout.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, flag]) => flag!);
    const ours = succeed(await runTastic(["serve", "rest", "--help"])).stdout;
    for (const flag of flags.filter((name) => name !== "version")) expect(ours).toContain(`--${flag}`);
    const args = [
      "--append-only",
      "--private-repos",
      "--group-accessible-repos",
      "--prometheus",
      "--prometheus-no-auth",
    ];
    const files = ["--log", join(folder, "access.log"), "--max-size", "1000000", "--debug"];
    const server = await serveRest({ folder: data, noAuth: false, args: [...args, ...files] });
    expect(server.startedIn).toBeLessThan(30_000);
    for (const line of [
      "Authentication enabled",
      "Append only mode enabled",
      "Private repositories enabled",
    ]) {
      expect(server.said()).toContain(`${line}\n`);
    }
    const login = { user: "restic", password: "test" };
    expect((await call(server.url, "POST", "/restic/?create=true", login)).status).toBe(200);
    expect((await call(server.url, "GET", "/metrics")).status).toBe(200);
    await server.stop();
    const { code } = await server.running.finished;
    expect(code).toBe(0);
  });
});

it("scrubs and lists what was deleted without a running server", async () => {
  const server = await serveRest();
  const body = "an object";
  const path = `/r/data/${sha256(body)}`;
  await call(server.url, "POST", path, { body });
  const run = (...args: string[]) => runTastic(["serve", "rest", "--path", server.folder, ...args]);
  expect((await run("--scrub")).code).toBe(0);
  await writeFile(join(server.folder, "r", "data", sha256(body).slice(0, 2), sha256(body)), "spoiled");
  const scrub = await run("--scrub");
  expect([scrub.code, scrub.stderr.includes("DAMAGED OBJECT")]).toEqual([1, true]);
  await call(server.url, "DELETE", path);
  expect(succeed(await run("--undelete")).stdout).toMatch(/r {2}pack [0-9a-f]{16}/);
  expect((await run("--undelete", "--scrub")).code).toBe(1);
  expect((await run("--undelete", "--since", "yesterday")).stderr).toMatch(/it has to be a time/);
  const made = await run("--account", "create", "bob", "--account-password-file", "/nowhere");
  expect([made.code, made.stderr.includes("/nowhere")]).toEqual([1, true]);
});
