/** `-P`: what a profile does for commands, what comes before it, and what hooks learn. */
import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { runTasticHere } from "./support/run-here.js";
import {
  jsonLines,
  runTastic,
  startTastic,
  succeed,
  temporaryFolder,
  testPassword,
  type Outcome,
} from "./support/peers.js";
import { commandLinesOf } from "./support/process-list.js";
import { writeFiles } from "./support/trees.js";

const OTHER_PASSWORD = "canary of the other";

interface Snapshot {
  readonly id: string;
  readonly tags?: readonly string[];
  readonly paths: readonly string[];
}

describe("a profile", () => {
  let home: string;
  let file: string;
  const repositories = { first: "", second: "", third: "" };

  beforeAll(async () => {
    home = await temporaryFolder();
    file = join(home, "profiles.toml");
    await writeFiles(home, {
      "work/keep.txt": "kept",
      "work/big.iso": "left out",
      "else/b.txt": "b",
      pw: testPassword,
    });
  });

  beforeEach(async () => {
    const folder = await temporaryFolder();
    for (const name of ["first", "second", "third"] as const) {
      repositories[name] = join(folder, name);
      await makeCheapRepository(repositories[name], {
        password: name === "third" ? OTHER_PASSWORD : testPassword,
      });
    }
  });

  async function profiles(text: string, mode = 0o600): Promise<void> {
    await writeFile(file, text);
    await chmod(file, mode);
  }

  /** With a profile, and nothing else that says which repository. */
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    runTasticHere(["--no-cache", "-P", "home", ...args], {
      password: null,
      env: { TASTIC_PROFILES: file, HOME: home, ...env },
    });

  /** The same as a process of its own. */
  const runAlone = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    runTastic(["--no-cache", "-P", "home", ...args], {
      password: null,
      home,
      env: { TASTIC_PROFILES: file, ...env },
    });

  const snapshots = async (repo: string, password = testPassword): Promise<Snapshot[]> =>
    JSON.parse(
      succeed(await runTasticHere(["snapshots", "--json", "--no-cache"], { repo, password })).stdout,
    ) as Snapshot[];

  it("gives backup and forget what they need, and nothing to commands that it says nothing of", async () => {
    await profiles(`
      [home]
      repository = "${repositories.first}"
      password-file = "pw"
      [home.backup]
      paths = ["work"]
      exclude = ["*.iso"]
      tag = ["daily"]
      host = "laptop"
      [home.forget]
      keep-last = 1
      group-by = "host"
    `);
    for (const _ of [1, 2]) succeed(await run(["backup"]));
    const made = await snapshots(repositories.first);
    expect(made).toMatchObject([{ tags: ["daily"], paths: [join(home, "work")], hostname: "laptop" }, {}]);
    const { stdout } = succeed(await run(["ls", "-q", "latest"]));
    expect(stdout).toContain("/keep.txt\n");
    expect(stdout).not.toContain("big.iso");
    // What is said of backup alone is not meant for restore.
    succeed(await run(["rewrite", "--dry-run", "--exclude", "keep.txt"]));
    succeed(await run(["forget"]));
    expect(await snapshots(repositories.first)).toMatchObject([{ id: made[1]!.id }]);
  });

  it("comes after the command line and before variables, whichever way these say it", async () => {
    await profiles(`
      [home]
      repository = "${repositories.first}"
      password-file = "pw"
      [home.backup]
      paths = ["work"]
      files-from = ["not-there"]
      exclude = ["*.iso"]
      tag = ["of-profile"]
    `);
    const elsewhere = {
      RESTIC_REPOSITORY: "/nowhere",
      TASTIC_REPOSITORY_FILE: "/nowhere",
      RESTIC_PASSWORD_COMMAND: "false",
      RESTIC_PASSWORD: "wrong",
    };
    succeed(await run(["snapshots"], elsewhere));
    succeed(await run(["snapshots", "-r", repositories.second], { RESTIC_PASSWORD: "wrong" }));
    const third = ["--password-command", `printf '%s' '${OTHER_PASSWORD}'`, "-r", repositories.third];
    succeed(await run(["snapshots", ...third]));
    succeed(await run(["backup", join(home, "else"), "--tag", "given", "--exclude", "nothing"]));
    expect(await snapshots(repositories.first)).toMatchObject([
      { tags: ["given"], paths: [join(home, "else")] },
    ]);
    expect((await run(["backup"])).stderr).toContain("not-there");
    const off = await run(["snapshots", "--profiles-file", join(home, "none.toml")]);
    expect([off.code, off.stderr]).toEqual([1, expect.stringContaining("there is no file of profiles at")]);
  });

  it("copies to further repositories, each with what opens it; --also-to takes their place", async () => {
    await profiles(`
      [home]
      repository = "${repositories.first}"
      password = "${testPassword}"
      [home.backup]
      paths = ["work"]
      [[home.backup.also-to]]
      repository = "${repositories.second}"
      [[home.backup.also-to]]
      repository = "${repositories.third}"
      password = "${OTHER_PASSWORD}"
    `);
    succeed(await run(["backup"], { RESTIC_PASSWORD_FILE: "/nowhere", TASTIC_ALSO_TO_PASSWORD: "wrong" }));
    expect(await snapshots(repositories.second)).toHaveLength(1);
    expect(await snapshots(repositories.third, OTHER_PASSWORD)).toHaveLength(1);
    succeed(await run(["backup", "--also-to", repositories.second]));
    expect(await snapshots(repositories.second)).toHaveLength(2);
    expect(await snapshots(repositories.third, OTHER_PASSWORD)).toHaveLength(1);
  });

  it("tells hooks what goes on, and keeps standard output for the command", async () => {
    await profiles(`
      [home]
      repository = "${repositories.first}"
      password = "${testPassword}"
      [home.environment]
      OF_PROFILE = "there"
      [home.backup]
      paths = ["work"]
      [home.backup.hooks]
      before = ['echo printed', 'echo "before $TASTIC_HOOK_PROFILE $TASTIC_HOOK_COMMAND $OF_PROFILE" >> log']
      after = 'echo "$TASTIC_HOOK $TASTIC_HOOK_EXIT_CODE" >> log; env > variables'
      on-failure = 'echo "$TASTIC_HOOK $TASTIC_HOOK_EXIT_CODE $TASTIC_HOOK_ERROR" >> log'
    `);
    const log = async (): Promise<string[]> => (await readFile(join(home, "log"), "utf8")).trim().split("\n");
    const done = succeed(await runAlone(["backup", "--json"]));
    expect(jsonLines(done).length).toBeGreaterThan(0);
    expect(done.stderr).toBe("printed\n");
    expect(await log()).toEqual(["before home backup there", "after 0"]);
    expect(await readFile(join(home, "variables"), "utf8")).not.toContain(testPassword);

    // Some of it could not be read.
    const partly = await runAlone(["backup", "work", "not-there"]);
    expect(partly.code).toBe(3);
    expect((await log()).at(-1)).toMatch(/^on-failure 3 Warning: at least one source file/);
    // Of another command, nobody asked.
    succeed(await runAlone(["snapshots"]));
    expect(await log()).toHaveLength(4);
  });

  it("does not run the command if a hook before it fails, nor hides that one after it did", async () => {
    const hooks = (lines: string): Promise<void> =>
      profiles(`
        [home]
        repository = "${repositories.first}"
        password-file = "pw"
        [home.backup]
        paths = ["work"]
        [home.backup.hooks]
        ${lines}
      `);
    await hooks(`before = ["exit 7", "touch not-reached"]\non-failure = 'echo "$TASTIC_HOOK_ERROR"; exit 1'`);
    const before = await runAlone(["backup"]);
    expect([before.code, before.stdout]).toEqual([1, ""]);
    const told = "Fatal: the hook before of the profile home failed: exit status 7";
    expect(before.stderr.split("\n")).toEqual([
      told,
      "Fatal: the hook on-failure of the profile home failed: exit status 1",
      told,
      "",
    ]);
    expect(await snapshots(repositories.first)).toEqual([]);
    expect(await readdir(home)).not.toContain("not-reached");

    await hooks(`after = "kill -9 $$"`);
    const after = await runAlone(["backup"]);
    expect(after.code).toBe(1);
    expect(after.stderr).toContain(
      "Fatal: `backup` is done, but the hook after of the profile home failed: signal SIGKILL",
    );
    expect(await snapshots(repositories.first)).toHaveLength(1);
  });

  it.skipIf(process.platform === "win32")(
    "ends with a hook that is interrupted, and tells of it",
    async () => {
      await profiles(`
      [home]
      repository = "${repositories.first}"
      password-file = "pw"
      [home.backup]
      paths = ["work"]
      [home.backup.hooks]
      before = "echo waiting >&2; exec sleep 1000"
      on-failure = 'echo "failed with $TASTIC_HOOK_EXIT_CODE"'
    `);
      const options = { password: null, home, env: { TASTIC_PROFILES: file } };
      const { child, finished } = await startTastic(["-P", "home", "backup"], options);
      child.stderr!.on("data", (text: Buffer) => {
        if (text.toString().includes("waiting")) child.kill("SIGTERM");
      });
      const { code, stderr } = await finished;
      expect(code).toBe(130);
      expect(stderr).toContain("failed with 130");
      expect(await snapshots(repositories.first)).toEqual([]);
    },
  );

  it("keeps passwords out of the process list, of hooks and of everything that is printed", async () => {
    const canary = "canary of the profile";
    const repo = join(await temporaryFolder(), "repo");
    await makeCheapRepository(repo, { password: canary });
    await profiles(`
      [home]
      repository = "${repo}"
      password = "${canary}"
      [home.environment]
      AWS_SECRET_ACCESS_KEY = "canary of the store"
      [home.backup]
      paths = ["work"]
      [[home.backup.also-to]]
      repository = "${repositories.third}"
      password = "${OTHER_PASSWORD}"
      [home.backup.hooks]
      before = "true"
    `);
    const options = { password: null, home, env: { TASTIC_PROFILES: file } };
    for (const args of [
      ["-P", "home", "backup", "-vv"],
      ["profile", "show", "home"],
      ["profile", "list"],
    ]) {
      const { child, finished } = await startTastic(args, options);
      const lines = await commandLinesOf(child.pid, finished);
      const { code, stdout, stderr } = await finished;
      expect([...lines, stdout, stderr].join("\n")).not.toContain("canary");
      expect(code).toBe(0);
    }
    await chmod(file, 0o644);
    const refused = await runAlone(["snapshots"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("home.password: a secret in a file that others can read");
    expect(refused.stderr).not.toContain("canary");
  });

  it("is listed, shown and turned into schedules, for people and as JSON", async () => {
    await profiles(`
      [home]
      repository = "rest:https://me:geheim@nas/repo"
      [home.backup]
      schedule = "daily 03:00"
      [home.forget]
      keep-daily = 7
      schedule = "sun 04:00"
      [other]
    `);
    const env = { TASTIC_PROFILES: file };
    const say = async (...args: string[]): Promise<string> =>
      succeed(await runTasticHere(["profile", ...args], { password: null, env })).stdout;
    expect(await say("list")).toMatch(
      /^home {3}rest:https:\/\/me:\*\*\*@nas\/repo {2}backup: daily 03:00\n +forget: sun 04:00\nother$/m,
    );
    expect(JSON.parse(await say("list", "--json"))).toMatchObject([
      { name: "home", schedules: [{ command: "backup", schedule: "daily 03:00" }, {}] },
      { name: "other", schedules: [] },
    ]);
    expect(await say("show", "home")).toContain('[home.forget]\nkeep-daily = 7\nschedule = "sun 04:00"');
    expect(JSON.parse(await say("show", "-P", "home", "--json"))).toMatchObject({
      profile: { repository: "rest:https://me:***@nas/repo" },
    });
    expect(await say("schedule", "home")).toMatch(
      /^0 3 \* \* \* \S+.* -P home backup\n0 4 \* \* 0 \S+.* -P home forget\n$/,
    );
    expect(await say("schedule", "home", "--systemd")).toContain("OnCalendar=Sun *-*-* 04:00:00");
    expect(JSON.parse(await say("schedule", "home", "--json"))).toMatchObject([
      { command: "backup", cron: "0 3 * * *", on_calendar: "*-*-* 03:00:00" },
      { command: "forget" },
    ]);
    for (const [args, told] of [
      [["schedule", "other"], "the profile other has no schedule"],
      [["show"], "name one profile"],
      [["show", "home", "other"], "name one profile"],
      [["show", "hoem"], "hoem: unknown profile"],
    ] as const) {
      const { code, stderr } = await runTasticHere(["profile", ...args], { password: null, env });
      expect([code, stderr]).toEqual([1, expect.stringContaining(told)]);
    }
  });
});

describe("docs/profiles.md", () => {
  it("shows a file that is right, and commands that there are", async () => {
    const document = await readFile(join(import.meta.dirname, "../docs/profiles.md"), "utf8");
    const [, toml] = /```toml\n([^`]*)```/.exec(document)!;
    const folder = await temporaryFolder();
    const file = join(folder, "profiles.toml");
    await writeFile(file, toml!);
    const shell = [...document.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, lines]) =>
      lines!.trim().split("\n"),
    );
    expect(shell.length).toBeGreaterThan(5);
    for (const line of shell) {
      const [program, ...words] = line.replace(/#.*/, "").trim().split(/\s+/);
      expect(program).toBe("tastic");
      const isAboutProfiles = words[0] === "profile";
      // Its hooks reach for servers: that of the file is shown by another command.
      const hooked = words.includes("backup") ? ["--help"] : [];
      // What reaches for the repository finds none.
      const other = isAboutProfiles ? [] : ["-r", join(folder, "none"), "--password-command", "echo x"];
      const args = words.includes("init") ? [...words, "--help"] : [...words, ...other, ...hooked];
      const { code, stderr } = await runTasticHere([...args, "--profiles-file", file], {
        password: null,
        env: { HOME: folder, RESTIC_CACHE_DIR: folder },
      });
      if (isAboutProfiles || args.includes("--help")) expect([code, stderr]).toEqual([0, ""]);
      else expect([code, stderr]).toEqual([10, expect.stringContaining("repository does not exist")]);
    }
  });
});
