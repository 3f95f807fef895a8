/** `ls` in all its forms, `cat`, `list`, `key`, and what else reads little or nothing, beside restic's. */
import { readFile, readdir } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { expectSame, itComparedEnough } from "./cli-side-by-side.js";
import type { CompareOptions, Said } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { comparedPassword, makeComparedRepository, runOn } from "./support/compared-repository.js";
import type { ComparedRepository } from "./support/compared-repository.js";
import {
  describeWithRestic,
  runRestic,
  runTastic,
  succeed,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";

describeWithRestic("on a repository with everything in it", () => {
  let made: ComparedRepository;
  const run = (args: readonly string[], options: CompareOptions = {}): Promise<Said> =>
    expectSame(args, { ...runOn(made), ...options });
  const ls = (args: readonly string[]): Promise<Said> => run(["ls", "--no-lock", ...args]);

  beforeAll(async () => {
    made = await makeComparedRepository(`${await temporaryFolder()}/repo`);
  });

  /** restic's own TestRunLsSort has names, sizes, times and extensions. */
  it.each(["name", "size", "time", "mtime", "atime", "ctime", "extension"])("ls --sort %s", async (mode) => {
    await ls([made.snapshots[0], "--sort", mode, "-l"]);
    await ls(["latest", "--sort", mode, "--reverse", "--json"]);
  });

  /** restic's own TestLsNcdu and TestRunLsJson, and the flags that they lack. */
  it("ls", async () => {
    for (const args of [
      ["latest"],
      ["latest", "-l"],
      ["latest", "--long", "--human-readable"],
      ["latest", "--human-readable"],
      ["latest", "--json"],
      ["latest", "--ncdu"],
      ["latest", "--ncdu", "/kept/deep"],
      ["latest", "--ncdu", "/kept", "/new/kept/deep"],
      ["latest", "--ncdu", "--recursive", "/new"],
      ["latest", "--reverse"],
      ["latest", "--recursive", "/kept", "/A-folder/"],
      ["latest", "/kept/../new/./kept", "//A-folder"],
      ["latest", "/"],
      ["latest:kept", "/deep", "--json"],
      ["latest", "--sort=size", "--recursive", "/kept", "-q"],
      ["latest", "-ssize", "--reverse", "/kept", "-l"],
      [made.snapshots[0], "--host", "nobody"],
      ["latest", "--host", "h", "--tag", "a,b", "--path", "/home/x", "/kept"],
    ]) {
      expect((await ls(args)).code, args.join(" ")).toBe(0);
    }
  });

  it("ls the wrong way", async () => {
    for (const args of [
      [],
      ["--json"],
      ["latest", "kept"],
      ["latest", ""],
      ["latest", "--ncdu", "--json"],
      ["latest", "--ncdu", "--reverse"],
      ["latest", "--ncdu", "--sort", "size", "--reverse"],
      ["latest", "--sort", "colour"],
      ["latest", "--sort", "colour", "--json"],
      ["--json", "latest", "--sort", "colour"],
      ["latest", "-s"],
      ["latest:nosuch"],
      ["latest:a"],
      ["nosuch", "--json"],
      ["latest", "--host", "nobody"],
    ]) {
      expect((await ls(args)).code, args.join(" ")).toBe(1);
    }
  });

  it("cat", async () => {
    const [first] = made.snapshots;
    const nonsense = "x".repeat(64);
    for (const args of [
      ["snapshot", first],
      ["snapshot", `${first}:kept`],
      ["snapshot", first.slice(0, 8), "--json"],
      ["tree", `${first}:kept/deep`],
      ["tree", `${first}:`],
      ["tree", `${first}:a`],
      ["tree", first.slice(0, 8), "-q"],
      ["blob", made.shared],
      ["blob", made.keptTree],
      ["blob", made.shared.slice(0, 8)],
      ["blob", nonsense],
      ["key", nonsense, "--json"],
      ["index", "zz"],
      ["pack", ""],
      ["pack", made.treePack],
      ["masterkey", "more"],
      ["config", "--json"],
      [],
      ["--json"],
      ["nonsense"],
      ["snapshot"],
      ["tree"],
    ]) {
      await run(["cat", "--no-lock", ...args]);
    }
  });

  /** restic's own TestListBlobs counts what `list blobs` says. */
  it("list", async () => {
    const { stdout } = await run(["list", "blobs", "--no-lock"], { sorted: true });
    expect(new Set(stdout.trim().split("\n")).size).toBeGreaterThan(20);
    for (const args of [["packs"], ["snapshots", "-q"], ["index", "--json"], ["keys"]]) {
      await run(["list", "--no-lock", ...args], { sorted: true });
    }
    for (const args of [[], ["--json"], ["nonsense"], ["blob", "--json"], ["blobs", "packs"], ["--nosuch"]]) {
      expect((await run(["list", ...args])).code, args.join(" ")).toBe(1);
    }
  });

  /** restic's own TestKeyCommandInvalidArguments and TestKeyAddInvalid, and more. */
  it("key", async () => {
    for (const args of [
      ["list", "--json", "-q"],
      ["list", "more"],
      ["add", "more"],
      ["add", "--new-password-file", "/nonexistent"],
      ["add", "--new-password-file", "x", "--new-insecure-no-password"],
      ["add", "--user", "u", "--host"],
      ["passwd", "more", "--json"],
      ["passwd", "--new-password-file", "/nonexistent"],
      ["remove"],
      ["remove", "a", "b"],
      ["remove", "nosuch"],
      ["remove", made.snapshots[0]],
      ["list", "--nosuch"],
    ]) {
      // Some of these lock everybody else out.
      await run(["key", ...args], { alone: true });
    }
    const { stdout } = succeed(await runRestic(["list", "keys"], runOn(made)));
    await run(["key", "remove", stdout.trim()], { alone: true });
  });

  it("mount (difference 9)", async () => {
    for (const args of [
      [],
      ["--json"],
      ["/nonexistent"],
      ["/nonexistent", "--allow-other", "--owner-root", "--path-template", "%i", "--time-template=x"],
      ["/nonexistent", "--snapshot-template", "x", "--no-default-permissions", "--host", "h"],
      ["--nosuch"],
    ]) {
      await run(["mount", ...args]);
    }
    const { code, stderr } = await runTastic(["mount", made.path], runOn(made));
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 2]);
  });
});

describeWithRestic("without a repository", () => {
  it("features", async () => {
    const mask = (text: string): string =>
      text.replace(/^(\S+ +\S+ +(?:true|false|Default)) .*$/gm, "$1").replace(/^-+$/gm, "---");
    await expectSame(["features"], { mask });
    await expectSame(["features", "--json", "-q"], { mask });
    await expectSame(["features", "more"]);
    for (const RESTIC_FEATURES of [
      "s3-restore",
      "s3-restore=true,device-id-for-hardlinks=0",
      "backend-error-redesign=false",
      "safe-forget-keep-tags=true,explicit-s3-anonymous-auth=false",
      "nosuch",
      "s3-restore=true,nosuch=1",
      "s3-restore=maybe",
      ",",
      "s3-restore=true, s3-restore=true",
    ]) {
      await expectSame(["features"], { env: { RESTIC_FEATURES }, mask, sorted: true });
    }
  });

  it("the flags of old for a second repository", async () => {
    for (const args of [
      ["--repo2", "/nonexistent"],
      ["--repo2", "/nonexistent", "--repository-file2", "/nonexistent"],
      ["--password-file2", "/nonexistent", "--from-repo", "/nonexistent"],
      ["--repo2", "/nonexistent", "--from-key-hint", "x"],
      ["--key-hint2", "x"],
      ["--password-command2", "x"],
      [],
    ]) {
      await expectSame(["copy", ...args], { repo: "/nonexistent", env: { RESTIC_PASSWORD2: "x" } });
    }
    await expectSame(["copy"], {
      repo: "/nonexistent",
      env: { RESTIC_REPOSITORY2: "/x", RESTIC_PASSWORD2: "x" },
    });
    await expectSame(["init", "--repo2", "/nonexistent"], { repo: "/nonexistent" });
  });

  it("copy --repo2 writes to that repository", async () => {
    const home = await temporaryFolder();
    const [repo, other] = [`${home}/repo`, `${home}/other`];
    await makeCheapRepository(other);
    const { snapshots } = await makeComparedRepository(repo);
    const env = { RESTIC_REPOSITORY2: other, RESTIC_PASSWORD2: testPassword };
    succeed(await runTastic(["copy", snapshots[0]], { repo, password: comparedPassword, env }));
    const { stdout } = succeed(await runRestic(["snapshots", "--json"], { repo: other }));
    expect(JSON.parse(stdout)).toMatchObject([{ original: snapshots[0] }]);
  });

  it("commands that do not exist", async () => {
    for (const args of [
      ["stat"],
      ["tags", "--json"],
      ["--json", "nosuch"],
      ["cop"],
      ["completion", "bash"],
    ]) {
      await expectSame(args);
    }
    await expectSame(["--json", "--nosuch", "ls"]);
    await expectSame(["ls", "--nosuch", "--json"]);
  });

  describe("generate", () => {
    const SHELLS = ["bash", "fish", "powershell", "zsh"];

    it("the wrong way", async () => {
      for (const args of [
        [],
        ["--json"],
        ["more"],
        ["--bash-completion"],
        ["--bash-completion", "/nonexistent/x"],
        ["--bash-completion=-", "--zsh-completion", "-"],
        ["--nosuch"],
      ]) {
        expect((await expectSame(["generate", ...args])).code, args.join(" ")).toBe(1);
      }
    });

    /** restic's own TestGenerateStdout. */
    it.each(SHELLS)("a completion for %s, with every command and flag", async (shell) => {
      const { stdout } = succeed(await runTastic(["generate", `--${shell}-completion`, "-"]));
      expect(stdout.split("\n")[0]).toMatch(/^#.*tastic/);
      for (const word of ["snapshots", "passwd", "show-pack-id", "keep-within-daily", "retry-lock"]) {
        expect(stdout).toContain(word);
      }
    });

    it("files, and a manual for each command", async () => {
      const folder = await temporaryFolder();
      const files = SHELLS.map((shell) => [`--${shell}-completion`, `${folder}/${shell}`]).flat();
      const { stdout } = succeed(await runTastic(["generate", ...files, "--man", folder]));
      expect(stdout).toBe(`writing man pages to directory ${folder}\n`);
      const names = await readdir(folder);
      expect(names).toEqual(
        expect.arrayContaining([...SHELLS, "tastic.1", "tastic-diff.1", "tastic-key-add.1"]),
      );
      const page = await readFile(`${folder}/tastic-diff.1`, "utf8");
      expect(page).toMatch(/^\.TH "TASTIC\\-DIFF" "1"\n\.SH NAME\ntastic\\-diff \\- /);
      expect(page).toContain("\\fB\\-\\-metadata\\fP");
      // No line of text begins like a request.
      expect(
        page.split("\n").filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|TP|B|nf|fi)\b/.test(line)),
      ).toEqual([]);
    });

    it("a completion that bash follows", async () => {
      const { stdout } = succeed(await runTastic(["generate", "--bash-completion", "-"]));
      const complete = (...words: string[]): string[] => {
        const script = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tastic; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const { stdout: replies, stderr } = spawnSync("bash", ["-c", script, "bash", ...words], {
          encoding: "utf8",
        });
        expect(stderr).toBe("");
        return replies.trim().split("\n");
      };
      expect(complete("tastic", "sna")).toEqual(["snapshots"]);
      expect(complete("tastic", "--json", "key", "")).toEqual(["add", "list", "passwd", "remove"]);
      expect(complete("tastic", "key", "add", "--new-p")).toEqual(["--new-password-file"]);
      expect(complete("tastic", "diff", "--m")).toEqual(["--metadata"]);
      expect(complete("tastic", "find", "--pa")).toEqual([
        "--pack",
        "--path",
        "--pack-size",
        "--password-command",
        "--password-file",
      ]);
      expect(complete("tastic", "ls", "nothing-like-it")).toEqual([""]);
    });
  });
});

itComparedEnough("cli-ls-and-objects");
