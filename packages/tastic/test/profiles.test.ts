/** Profiles as they are read: what is wrong is told by file, line and key, and no secret with it. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readProfile } from "../dist/profiles/profile.js";
import { readProfiles, usualPath, withoutSecrets } from "../dist/profiles/profiles-file.js";
import { cronLines, systemdUnits } from "../dist/profiles/schedule-texts.js";
import { parseSchedule } from "../dist/profiles/schedule.js";
import { guidanceOf } from "../dist/text-error.js";

const NOWHERE = { file: "profiles.toml", text: "", keys: ["home", "backup", "schedule"] };
const CANARY = "canary-password";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tastic-profiles-"));
  path = join(folder, "profiles.toml");
});
afterAll(() => rm(folder, { recursive: true }));

async function write(text: string, mode = 0o600): Promise<void> {
  await writeFile(path, text);
  await chmod(path, mode);
}

/** What is wrong with it, and the guidance. */
async function problem(text: string, name = "home", mode = 0o600): Promise<string> {
  await write(text, mode);
  try {
    await readProfile(readProfiles(path), name);
  } catch (error) {
    return `${(error as Error).message.replace(path, "FILE")} | ${guidanceOf(error) ?? ""}`;
  }
  return "nothing";
}

describe("a file of profiles", () => {
  test.each([
    ["[home]\nrepository = 3 4", /^Fatal: FILE:2:\d+: this is no TOML: /],
    ["[home]\nrepositry = 'x'", "Fatal: FILE:2: home.repositry: unknown key | Did you mean repository?"],
    ["[home.bakcup]\n", "Fatal: FILE:1: home.bakcup: unknown command | Did you mean backup?"],
    ["[home.key]\n", /^Fatal: FILE:1: home.key: this is no command \| Commands of it are: "key add", /],
    [
      "[home.backup]\npaths = ['a']\n\n[home.forget]\nkeep-daly = 3",
      "Fatal: FILE:5: home.forget.keep-daly: unknown key | Did you mean keep-daily?",
    ],
    ["[home.backup]\nexcludes = ['a']", /backup.excludes: unknown key \| Did you mean exclude\?$/],
    ["[home.backup]\nexclude-caches = 'yes'", /:2: home.backup.exclude-caches: this is true or false/],
    ["[home.backup]\nparent = ['a', 'b']", /:2: home.backup.parent: this takes a single value/],
    ["[home.backup]\ntag = [true]", /:2: home.backup.tag: this is a text \| Put it between double quotes./],
    ["[home.forget]\nkeep-last = 'x'", /:2: home.forget.keep-last: strconv.ParseInt: parsing "x"/],
    ["[home]\ncompression = 'most'", /:2: home.compression: invalid compression mode "most"/],
    [
      "[home.backup]\nschedule = 'sometimes'",
      /:2: home.backup.schedule: this is no schedule \| Write "hourly"/,
    ],
    [
      "[home.backup.hooks]\nbefor = 'x'",
      /:2: home.backup.hooks.befor: unknown hook \| Did you mean before\?/,
    ],
    ["[home.backup]\nhooks = 'x'", /:2: home.backup.hooks: hooks are a table/],
    ["[home]\nenvironment = 'x'", /:2: home.environment: the environment is a table/],
    ["[home.environment]\n'a b' = 'x'", /:2: home.environment."a b": this is no name of a variable/],
    ["[[home.backup.also-to]]\npassword-file = 'x'", /also-to: repository is missing/],
    [
      "[[home.backup.also-to]]\nrepository = '/x'\npasword = 'x'",
      /:3: home.backup.also-to.pasword: unknown key \| Did you mean password\?/,
    ],
    ["[home]\nrepo = 'x'\nrepository = 'x'", /:2: home.repo: repository is given, too/],
    ["[home]\npassword = 'x'\npassword-command = 'x'", /:3: home.password-command: password is given, too/],
    ["home = 'x'", /:1: home: a profile is a table/],
    ["['my home']\n", /"my home": the name of a profile has letters/],
    ["[home]\nprofile = 'other'", /:2: home.profile: unknown key/],
    ["[other]\n", "Fatal: FILE: home: unknown profile | Known are: other."],
    // A line that is not certain is not told.
    ["[home.backup]\ntag = '''\nx = 1\n'''\nx = 1", /^Fatal: FILE: home.backup.x: unknown key/],
  ])("%j", async (text, expected) => {
    const told = await problem(text);
    if (typeof expected === "string") expect(told).toBe(expected);
    else expect(told).toMatch(expected);
  });

  test("that is missing is told with where it would be", async () => {
    expect(() => readProfiles(join(folder, "none.toml"))).toThrow(
      /there is no file of profiles at .*none.toml/,
    );
    expect(usualPath({ HOME: "/home/me" }, "linux")).toBe("/home/me/.config/tastic/profiles.toml");
    expect(usualPath({ HOME: "/home/me", XDG_CONFIG_HOME: "/etc/me" }, "linux")).toBe(
      "/etc/me/tastic/profiles.toml",
    );
    await write("[home]\n");
    expect(Object.keys(readProfiles(path).profiles)).toEqual(["home"]);
  });

  test.skipIf(process.platform === "win32").each([
    [`[home]\npassword = "${CANARY}"`, "home.password"],
    [`[home.environment]\nAWS_SECRET_ACCESS_KEY = "${CANARY}"`, "home.environment.AWS_SECRET_ACCESS_KEY"],
    [`[home.environment]\nRESTIC_PASSWORD = "${CANARY}"`, "home.environment.RESTIC_PASSWORD"],
    [`[home]\nrepository = "rest:https://me:${CANARY}@host/"`, "home.repository"],
    [`[[home.backup.also-to]]\nrepository = "/x"\npassword = "${CANARY}"`, "home.backup.also-to.password"],
    [`[home.backup]\nalso-to = ["rest:https://me:${CANARY}@host/"]`, "home.backup.also-to"],
    [`[home.copy]\nfrom-repo = "rest:https://me:${CANARY}@host/"`, "home.copy.from-repo"],
  ])("%j is refused where others can read it", async (text, key) => {
    const told = await problem(text, "home", 0o640);
    expect(told).toContain(`${key}: a secret in a file that others can read | Take that away: chmod 600 `);
    expect(told).not.toContain(CANARY);
    expect(await problem(text)).toBe("nothing");
    const shown = JSON.stringify(withoutSecrets(readProfiles(path).profiles["home"]!));
    expect(shown).toContain("***");
    expect(shown).not.toContain(CANARY);
  });

  test.skipIf(process.platform === "win32")("that anybody can change is refused", async () => {
    expect(await problem("[home]\n", "home", 0o666)).toMatch(/everybody can change this file/);
    expect(await problem("[home]\npassword-file = 'x'", "home", 0o644)).toBe("nothing");
  });

  test("no error of TOML shows what is in the file", async () => {
    for (const broken of [`password = "${CANARY}`, `password = ${CANARY}`, CANARY, `a = 1\n= "${CANARY}"`]) {
      const told = await problem(`[home]\n${broken}\n`);
      expect(told).toMatch(/this is no TOML/);
      expect(told).not.toContain(CANARY);
    }
  });

  test("gives flags the values that the command line would give them, files as seen from it", async () => {
    await write(`
      [home]
      repository = "repo"
      password-file = "~/pw"
      verbose = 2
      [home.backup]
      paths = ["work", "/etc", "~"]
      exclude = ["*.iso", "/tmp"]
      exclude-file = "list"
      exclude-larger-than = "2M"
      one-file-system = true
      also-to = ["other", {repository = "sftp:nas:/b", password-file = "pw"}]
      [home.forget]
      keep-daily = 7
      keep-weekly = "unlimited"
      keep-tag = ["a", "b"]
      ["home"."repair index"]
      read-all-packs = true
    `);
    const profile = await readProfile(readProfiles(path), "home");
    const home = (await import("node:os")).homedir();
    expect(Object.fromEntries(profile.flags)).toEqual({
      repo: join(folder, "repo"),
      passwordFile: join(home, "pw"),
      verbose: 2,
    });
    const backup = profile.commands.get("backup")!;
    expect(backup.paths).toEqual([join(folder, "work"), "/etc", home]);
    expect(Object.fromEntries(backup.flags)).toEqual({
      exclude: ["*.iso", "/tmp"],
      excludeFile: [join(folder, "list")],
      excludeLargerThan: "2M",
      oneFileSystem: true,
      alsoTo: [join(folder, "other"), "sftp:nas:/b"],
      alsoToPasswordFile: ["", join(folder, "pw")],
    });
    expect(Object.fromEntries(profile.commands.get("forget")!.flags)).toEqual({
      keepDaily: 7,
      keepWeekly: "unlimited",
      keepTag: ["a", "b"],
    });
    expect(profile.commands.has("repair index")).toBe(true);
  });
});

describe("a schedule", () => {
  test.each([
    ["hourly", "0 * * * *", "*-*-* *:00:00"],
    ["every 4 hours", "0 */4 * * *", "*-*-* 00/4:00:00"],
    ["daily 03:00", "0 3 * * *", "*-*-* 03:00:00"],
    ["Daily  at 3:05", "5 3 * * *", "*-*-* 03:05:00"],
    ["mon-fri 18:30", "30 18 * * 1,2,3,4,5", "Mon,Tue,Wed,Thu,Fri *-*-* 18:30:00"],
    ["sat-mon 00:00", "0 0 * * 0,1,6", "Sun,Mon,Sat *-*-* 00:00:00"],
    ["sun, wed 04:00", "0 4 * * 0,3", "Sun,Wed *-*-* 04:00:00"],
    ["monthly 1 05:00", "0 5 1 * *", "*-*-01 05:00:00"],
  ])("%j", (words, cron, calendar) => {
    expect(parseSchedule(NOWHERE, words)).toMatchObject({ cron, calendar });
  });

  test.each([
    ...["", "daily", "daily 24:00", "daily 12:60", "every 5 hours", "every 0 hours", "monthly 29 05:00"],
    ...["monthly 05:00", "someday 05:00", "mon-tue-wed 05:00", "mon-x 05:00", "0 3 * * *", "daily 03:00 x"],
  ])("%j is none", (words) => {
    expect(() => parseSchedule(NOWHERE, words)).toThrow("home.backup.schedule: this is no schedule");
  });

  test("is told to cron and to systemd with words that stay words", () => {
    const schedule = parseSchedule(NOWHERE, "daily 03:00");
    const job = {
      name: "repair index",
      profile: "home",
      schedule,
      words: ["/a b/t'c", "-x", "50%", "$HOME"],
    };
    expect(cronLines([job])).toEqual([`0 3 * * * '/a b/t'\\''c' -x 50\\% '$HOME'`]);
    const units = systemdUnits([job]).join("\n");
    expect(units).toContain(`ExecStart="/a b/t'c" -x 50%% $$HOME`);
    expect(units).toContain("OnCalendar=*-*-* 03:00:00");
    expect(units).toContain("# ~/.config/systemd/user/tastic-home-repair-index.timer");
  });
});
