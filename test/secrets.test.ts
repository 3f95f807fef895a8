/**
 * No secret leaves the program: every command, on every kind of store, when all goes well and when it does not, and
 * however much it is asked to say. Searched are all that is printed, the process list while it runs, and the names of
 * files and folders that are left.
 */
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Repository } from "@tastic/repository";
import type { Storage } from "@tastic/storage";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { createS3Storage } from "@tastic/storage-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../packages/tastic/dist/commands.js";
import { run } from "../packages/tastic/dist/run.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { HASTY, hastily } from "./support/hastily.js";
import {
  cephAccess,
  describeWithCeph,
  describeWithRestServer,
  newBucketName,
  startTastic,
  temporaryFolder,
} from "./support/peers.js";
import { commandLinesOf } from "./support/process-list.js";
import { startRestServer, type RestServer } from "./support/rest-server.js";
import { writeFiles } from "./support/trees.js";

/** With characters that get escaped in URLs, in JSON and in shells, so that what is printed half escaped is found, too. */
const CANARIES = {
  password: "canary pw/1+&\"é%41'",
  fromPassword: "canary from-pw/2+&\"é%41'",
  newPassword: "canary new-pw/3+&\"é%41'",
  wrongPassword: "canary wrong-pw/4+&\"é%41'",
  urlPassword: "canary url-pw/5+&\"é%41'",
  restPassword: "canary rest-pw/6+&\"é%41'",
  wrongUrlPassword: "canary wrong-url-pw/7+&\"é%41'",
  wrongSecretKey: "canary/secret+key/8",
  sessionToken: "canary/session+token/9==",
} as const;

/** Everything that must not be found: the canaries, each also as URLs, JSON and HTTP's Basic write it. */
const needles = new Set<string>();
function guard(secret: string): void {
  needles.add(secret);
  needles.add(encodeURIComponent(secret));
  needles.add(encodeURI(secret));
  needles.add(JSON.stringify(secret).slice(1, -1));
  for (const user of ["", "anna"]) needles.add(Buffer.from(`${user}:${secret}`).toString("base64"));
}
for (const canary of Object.values(CANARIES)) guard(canary);

function search(where: string, text: string): void {
  // However they are escaped, this much of a canary stays as it is.
  const found = [...needles, "canary"].filter((needle) => text.includes(needle));
  if (found.length > 0) throw new Error(`${where} tells ${JSON.stringify(found)}:\n${text}`);
}

/** What each command is called with: as it makes sense, so that it gets far. `$…` stands for what is made for the test. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  backup: ["$source", "--tag", "more", "--also-to", "$other"],
  cache: [],
  cat: ["config"],
  check: ["--read-data", "--repair-from", "$other"],
  copy: ["--from-repo", "$other"],
  diff: ["latest", "latest"],
  dump: ["latest", "/"],
  features: [],
  find: ["a"],
  forget: ["--keep-last", "1", "--prune"],
  generate: ["--bash-completion", "-"],
  init: ["--copy-chunker-params", "--from-repo", "$other"],
  "key add": ["--new-password-file", "$newPasswordFile"],
  "key list": [],
  "key passwd": ["--new-password-file", "$newPasswordFile"],
  "key remove": ["0123456789abcdef"],
  list: ["snapshots"],
  ls: ["latest"],
  migrate: [],
  mount: ["$target"],
  options: [],
  "profile list": ["--profiles-file", "$profiles"],
  "profile schedule": ["--profiles-file", "$profiles", "home"],
  "profile show": ["--profiles-file", "$profiles", "home"],
  prune: ["--max-unused", "0"],
  "rebuild-index": [],
  recover: [],
  "repair index": [],
  "repair packs": ["00".repeat(32)],
  "repair snapshots": [],
  restore: ["latest", "--target", "$target"],
  rewrite: ["--exclude", "nothing"],
  "serve http": ["--listen", "127.0.0.1:port", "--user-password-file", "$newPasswordFile"],
  "serve rest": ["--listen", "nowhere:port", "--path", "$target"],
  "serve webdav": ["--listen", "127.0.0.1:port", "--user-password-file", "$newPasswordFile"],
  snapshots: [],
  stats: [],
  tag: ["--add", "tagged"],
  unlock: [],
  version: [],
};
/** Ends with an error by design. */
const FAILS = [
  "diff",
  "init",
  "key remove",
  "mount",
  "repair packs",
  "serve http",
  "serve rest",
  "serve webdav",
];
/** Else most of the time would go to keys that cost much to try. */
const makesKey = ([command, what]: readonly string[]): boolean =>
  command === "key" && (what === "add" || what === "passwd");
const PROFILES = ["profile list", "profile schedule", "profile show"];
/** What no repository is needed for. */
const ALONE = ["cache", "features", "generate", "mount", "options", ...PROFILES, "serve rest", "version"];

interface Place {
  readonly repo: string;
  readonly env: Readonly<Record<string, string>>;
}

describe("a secret", () => {
  let home: string;
  const made: Record<string, string> = {};

  beforeAll(async () => {
    home = await temporaryFolder();
    for (const name of [
      "source",
      "other",
      "newPasswordFile",
      "passwordFile",
      "passwordProgram",
      "target",
      "profiles",
    ]) {
      made[`$${name}`] = join(home, name);
    }
    await writeFiles(made["$source"]!, { "a/b": "content", c: "more" });
    await writeFile(made["$newPasswordFile"]!, CANARIES.newPassword);
    await writeFile(made["$passwordFile"]!, CANARIES.password);
    await writeFile(made["$passwordProgram"]!, `#!/bin/sh\nexec cat ${made["$passwordFile"]}\n`);
    await chmod(made["$passwordProgram"]!, 0o755);
    const profile = `[home]\npassword = '''${CANARIES.password}'''\n[home.backup]\nschedule = "hourly"\n`;
    await writeFile(made["$profiles"]!, profile, { mode: 0o600 });
    await makeCheapRepository(made["$other"]!, { password: CANARIES.fromPassword });
  });

  const argumentsOf = (name: string): string[] => [
    ...name.split(" "),
    ...(ARGUMENTS[name] ?? []).map((argument) => made[argument] ?? argument),
  ];

  function variables({ repo, env }: Place): Record<string, string> {
    return {
      RESTIC_PASSWORD: CANARIES.password,
      RESTIC_FROM_PASSWORD: CANARIES.fromPassword,
      RESTIC_ALSO_TO_PASSWORD: CANARIES.fromPassword,
      RESTIC_REPOSITORY: repo,
      RESTIC_CACHE_DIR: join(home, "cache"),
      PATH: process.env["PATH"] ?? "",
      TMPDIR: home,
      HOME: home,
      ...env,
    };
  }

  /** One command as a process of its own, which is watched. */
  async function asProcess(args: readonly string[], place: Place): Promise<void> {
    const { child, finished } = await startTastic(args, {
      home,
      env: { ...variables(place), ...(makesKey(args) && HASTY) },
    });
    const lines = await commandLinesOf(child.pid, finished);
    const { code, stdout, stderr, command } = await finished;
    search(`the process list of ${command}`, [...lines].join("\n"));
    if (process.platform === "linux") expect(lines.size).toBeGreaterThan(0);
    search(command, stdout + stderr);
    mustSucceed(args, code, stdout + stderr);
  }

  function mustSucceed(args: readonly string[], code: number | null, said: string): void {
    if (code === 0 || FAILS.includes(args.slice(0, 2).join(" ")) || FAILS.includes(args[0] ?? "")) return;
    throw new Error(`${args.join(" ")} ended with ${code}\n${said}`);
  }

  /** One command in this process, which is interrupted once it says that it will try again. */
  async function inProcess(args: readonly string[], place: Place): Promise<{ code: number; said: string }> {
    const controller = new AbortController();
    let said = "";
    const sink = {
      write(data: string | Uint8Array): boolean {
        said += typeof data === "string" ? data : Buffer.from(data).toString();
        if (said.includes("retrying after")) controller.abort();
        return true;
      },
    };
    const running = () =>
      run({
        argv: args,
        variables: { ...variables(place), TASTIC_DEBUG: "1" },
        stdout: sink,
        stderr: sink,
        signal: controller.signal,
      });
    const code = await (makesKey(args) ? hastily(running) : running());
    search(args.join(" "), said);
    return { code, said };
  }

  /**
   * Every command where all is well: with much to say and with the password of a program, then as JSON. The first is a
   * process, which is watched, unless `here`: then only what prints past `Output`, which would print among the tests.
   */
  async function everyCommand(place: Place, how: "watched" | "here" = "watched"): Promise<void> {
    // Those that make a key last, since it costs time to open a repository with one.
    const isKey = (name: string): boolean => name.startsWith("key ");
    const names = Object.keys(commands).sort((a, b) => Number(isKey(a)) - Number(isKey(b)));
    for (const name of names) {
      const args = argumentsOf(name);
      // As a process, those that know of no store are the same at each place.
      if (!ALONE.includes(name) || place.repo.startsWith("/")) {
        const wordy = [...args, "-v", "-v", "--password-command", made["$passwordProgram"]!];
        const withProgram = { ...place, env: { ...place.env, RESTIC_PASSWORD: "", TASTIC_DEBUG: "1" } };
        if (how === "watched" || name === "dump") await asProcess(wordy, withProgram);
        else {
          const { code, said } = await inProcess(wordy, withProgram);
          mustSucceed(args, code, said);
        }
      }
      if (name === "key passwd") await restorePassword(place);
      if (name !== "dump") await inProcess([...args, "--json"], place);
      if (name === "key passwd") await restorePassword(place);
    }
  }

  /** `key passwd` has changed it; the repository is to be opened by the others. */
  async function restorePassword(place: Place): Promise<void> {
    const args = ["key", "passwd", "--new-password-file", made["$passwordFile"]!];
    const env = { ...place.env, RESTIC_PASSWORD: CANARIES.newPassword };
    const { code, said } = await inProcess(args, { ...place, env });
    if (code !== 0) throw new Error(said);
  }

  /** Every command where something is wrong, which each that needs a repository has to say. */
  async function everyCommandFails(place: Place, pattern: RegExp): Promise<void> {
    for (const name of Object.keys(commands)) {
      for (const more of [["-v", "-v"], ["--json"]]) {
        const { code, said } = await inProcess([...argumentsOf(name), ...more], place);
        if (ALONE.includes(name)) continue;
        expect(code, `${name} ${said}`).not.toBe(0);
        if (name !== "init") expect(said, name).toMatch(pattern);
      }
    }
  }

  async function searchNames(folder: string): Promise<void> {
    search(`the names in ${folder}`, (await readdir(folder, { recursive: true })).join("\n"));
  }

  const WRONG_PASSWORD = /wrong password or no key found/;

  it("of each command is looked for", () => {
    expect(Object.keys(ARGUMENTS).sort()).toEqual(Object.keys(commands).sort());
  });

  it("of a local repository stays one", { timeout: 240_000 }, async () => {
    const place = { repo: join(home, "local"), env: {} };
    await makeCheapRepository(place.repo, { password: CANARIES.password });
    await everyCommandFails({ ...place, env: { RESTIC_PASSWORD: CANARIES.wrongPassword } }, WRONG_PASSWORD);
    await everyCommand(place);
    await searchNames(home);
  });

  it.each([
    ["rest:http://anna:$pw@127.0.0.1:1/r/", /retrying after/],
    ["rest:http://anna:$pw@127.0.0.1:port/r/", /it is no URL/],
    ["rest:http://anna:canary/slash@127.0.0.1:1/r/", /it is no URL/],
    ["rest:http://anna:canary#number/sign?@127.0.0.1:1/r/", /it is no URL/],
    ["rest:anna:$pw@127.0.0.1/r/", /begins with neither/],
    ["rest:ftp://anna:$pw@127.0.0.1/r/", /begins with neither/],
    ["s3:http://anna:$pw@127.0.0.1:1/bucket", /user name or password/],
    ["s3:anna:canary/slash@127.0.0.1:1/bucket", /./],
    ["sftp://anna:$pw@127.0.0.1:1/r", /password has no place/],
    ["b2:anna:$pw@bucket", /is not supported/],
    ["nothing:anna:$pw@bucket", /invalid backend/],
  ])("in the location %s stays one", async (location, pattern) => {
    const repo = location.replace("$pw", encodeURIComponent(CANARIES.urlPassword));
    await everyCommandFails({ repo, env: {} }, pattern);
  });

  describeWithRestServer("of a REST server", () => {
    let server: RestServer;
    const user = { name: "anna", password: CANARIES.urlPassword };
    const at = (password: string | undefined, path: string): string =>
      `rest:${password === undefined ? server.url : server.url.replace("//", `//anna:${encodeURIComponent(password)}@`)}${path}/`;
    beforeAll(async () => {
      server = await startRestServer({ user });
    });
    afterAll(() => server.stop());

    it("in the URL stays one", { timeout: 120_000 }, async () => {
      const repo = at(CANARIES.urlPassword, "one");
      await makeCheap(createRestStorage({ location: parseRestLocation(repo) }));
      await everyCommandFails({ repo, env: { RESTIC_PASSWORD: CANARIES.wrongPassword } }, WRONG_PASSWORD);
      await everyCommandFails({ repo: at(CANARIES.wrongUrlPassword, "one"), env: {} }, /401|refuse|login/i);
      await everyCommand({ repo, env: {} });
      await searchNames(server.folder);
      await searchNames(home);
    });

    it("in a variable stays one", { timeout: 120_000 }, async () => {
      const env = { RESTIC_REST_USERNAME: "anna", RESTIC_REST_PASSWORD: CANARIES.urlPassword };
      await makeCheap(createRestStorage({ location: parseRestLocation(at(CANARIES.urlPassword, "two")) }));
      const repo = at(undefined, "two");
      await everyCommandFails(
        { repo, env: { ...env, RESTIC_REST_PASSWORD: CANARIES.restPassword } },
        /401|refuse|login/i,
      );
      // The command lines are those of a repository without a password in its URL.
      await everyCommand({ repo, env }, "here");
      await searchNames(server.folder);
    });
  });

  describeWithCeph("of an S3 server", () => {
    it("stays one", { timeout: 180_000 }, async () => {
      const { endpoint, accessKeyId, secretAccessKey } = await cephAccess();
      guard(secretAccessKey);
      const bucket = newBucketName();
      const repo = `s3:http://${endpoint}/${bucket}/a`;
      const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
      const location = { endpoint, useHttps: false, bucket, prefix: "a" };
      const credentials = { kind: "keys", accessKeyId, secretAccessKey } as const;
      await makeCheap(createS3Storage({ location, credentials }));
      await everyCommandFails(
        { repo, env: { ...env, RESTIC_PASSWORD: CANARIES.wrongPassword } },
        WRONG_PASSWORD,
      );
      const withToken = { ...env, AWS_SESSION_TOKEN: CANARIES.sessionToken };
      const wrong = { ...withToken, AWS_SECRET_ACCESS_KEY: CANARIES.wrongSecretKey };
      await everyCommandFails({ repo, env: wrong }, /signature|secret|access/i);
      const nowhere = `s3:http://127.0.0.1:1/${bucket}/a`;
      await everyCommandFails({ repo: nowhere, env: withToken }, /connection refused/);
      await everyCommand({ repo, env });
      await searchNames(home);
    });
  });
});

async function makeCheap(storage: Storage): Promise<void> {
  await Repository.init(storage, { password: CANARIES.password, scrypt: { N: 16, r: 1, p: 1 } });
  await storage.close();
}
